#include "train/settings/earlier_settings.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace charrnn {
namespace {

TEST(EarlierSettings, HoldBeforeTheirStep) {
  TrainingSettings last;
  last.learning_rate = 0.001;
  last.earlier_settings = {"200:lr=0.002", "100:learning-rate=0.004", "150:sample-prompt=a=b:c"};
  const auto rate = [&last](int64_t step) { return settings_at(step, last).learning_rate; };
  EXPECT_EQ(rate(0), 0.004);
  EXPECT_EQ(rate(99), 0.004);
  EXPECT_EQ(rate(100), 0.002);
  EXPECT_EQ(rate(199), 0.002);
  EXPECT_EQ(rate(200), 0.001);
  EXPECT_EQ(settings_at(149, last).sample_prompt, "a=b:c");
  EXPECT_EQ(settings_at(150, last).sample_prompt, "");
  const auto earlier = read_earlier_settings(last.earlier_settings);
  EXPECT_EQ(next_change(0, earlier), 100);
  EXPECT_EQ(next_change(100, earlier), 150);
  EXPECT_EQ(next_change(200, earlier), INT64_MAX);
  EXPECT_EQ(earlier_settings_text(earlier),
            (std::vector<std::string>{"100:learning-rate=0.004", "150:sample-prompt=a=b:c",
                                      "200:learning-rate=0.002"}));
}

TEST(EarlierSettings, AChangeTakesThePlaceOfLaterOnes) {
  std::vector<EarlierSetting> earlier = read_earlier_settings(
      {"100:learning-rate=0.004", "200:learning-rate=0.002", "300:dropout=0.5"});
  add_earlier(earlier, {150, "learning-rate", "0.002"});
  EXPECT_EQ(earlier_settings_text(earlier),
            (std::vector<std::string>{"100:learning-rate=0.004", "150:learning-rate=0.002",
                                      "300:dropout=0.5"}));
  add_earlier(earlier, {150, "learning-rate", "0.7"});  // which no step had
  EXPECT_EQ(earlier[1].value, "0.002");
  add_earlier(earlier, {0, "dropout", "0.5"});
  EXPECT_EQ(earlier.size(), 2u);
}

TEST(EarlierSettings, RefusesWhatIsNone) {
  for (const char* text :
       {"", "learning-rate=1", "5:learning-rate", "x:learning-rate=1", "0:learning-rate=1",
        "-3:learning-rate=1", "5x:learning-rate=1", "5:learning-rate=fast", "5:hidden-size=3",
        "5:steps=3", "5:text=a.txt", "5:nonsense=1", "99999999999999999999:dropout=0.1",
        "5:earlier-settings=1:dropout=0.1"}) {
    try {
      read_earlier_settings({text});
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << text;
    }
  }
}

}  // namespace
}  // namespace charrnn
