#include "app/terminal/progress_line.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace charrnn {
namespace {

ProgressState some_state() {
  ProgressState state;
  state.done = 7800;
  state.total = 21000;
  state.elapsed = 131;
  state.units_per_second = 412345;
  state.details = "loss 1.532 val 1.487 bpc 2.15 lr 2.0e-03";
  return state;
}

int columns(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

TEST(ProgressLine, ShowsPartBarCountTimesPaceAndDetails) {
  EXPECT_EQ(
      progress_text("train", some_state(), 224, 116, true, nullptr),
      "train  37% ━━━━━━━━━━───────────────── 7.8k/21k [02:11<03:44, 412k chars/s] loss 1.532 "
      "val 1.487 bpc 2.15 lr 2.0e-03");
}

TEST(ProgressLine, FitsIntoAnyWidth) {
  for (int width = 19; width < 200; ++width) {
    const std::string text = progress_text("train", some_state(), 224, width, true, nullptr);
    EXPECT_LE(columns(text), width) << text;
    const bool has_loss = text.find(" loss 1.532") != std::string::npos;
    EXPECT_TRUE(has_loss || width < 22) << width << ": " << text;
    EXPECT_EQ(text.find("━") != std::string::npos, width >= 65) << width << ": " << text;
  }
  EXPECT_EQ(progress_text("train", some_state(), 224, 59, true, nullptr),
            "train  37% 7.8k/21k [02:11<03:44, 412k chars/s] loss 1.532");
  EXPECT_EQ(progress_text("train", some_state(), 224, 40, true, nullptr),
            "train  37% 7.8k/21k loss 1.532 val 1.487");
  EXPECT_EQ(progress_text("train", some_state(), 224, 22, true, nullptr), "train  37% loss 1.532");
}

TEST(ProgressLine, LeavesOutWholePairsFromTheEnd) {
  EXPECT_EQ(progress_text("train", some_state(), 224, 72, true, nullptr),
            "train  37% ━━━━╸──────── 7.8k/21k [02:11<03:44, 412k chars/s] loss 1.532");
}

TEST(ProgressLine, HasNoBarElsewhereAndNoTimeLeftThatIsNotKnown) {
  EXPECT_EQ(
      progress_text("train", some_state(), -1, 1000, false, nullptr),
      "train  37% 7.8k/21k [02:11<--, 412k chars/s] loss 1.532 val 1.487 bpc 2.15 lr 2.0e-03");
  ProgressState endless;
  endless.done = 12;
  EXPECT_EQ(progress_text("read", endless, -1, 80, true, nullptr), "read 12 [00:00]");
}

TEST(ProgressLine, TimesAreShort) {
  EXPECT_EQ(clock_text(59.6), "01:00");
  EXPECT_EQ(clock_text(3725), "1:02:05");
  EXPECT_EQ(clock_text(100 * 3600.0), "4d 04h");
  EXPECT_EQ(clock_text(-1), "--");
}

}  // namespace
}  // namespace charrnn
