#include "train/checkpoint/metrics.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/json/json.h"
#include "base/testing/temporary_folder.h"
#include "train/run_folder.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// No file of this process may grow beyond this while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(size_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limited = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_ = {};
};

Report report_of(int64_t step) {
  return {.step = step,
          .epoch = 0.5,
          .train_loss = 1.25,
          .validation_loss = kUnknown,
          .learning_rate = 0.1,
          .gradient_norm = 2,
          .characters = 12800,
          .characters_per_second = 1000,
          .seconds = 3};
}

TEST(Metrics, LineHasTheKeysThatOthersRead) {
  const std::string text = report_line(report_of(7));
  const JsonValue line = parse_json(text);
  EXPECT_EQ(line.size(), 9u);
  size_t at = 0;  // in this order
  for (const std::string key : {"step", "epoch", "train_loss", "validation_loss", "learning_rate",
                                "grad_norm", "characters", "characters_per_second", "seconds"}) {
    at = text.find("\"" + key + "\":", at);
    ASSERT_NE(at, std::string::npos) << key;
  }
  EXPECT_EQ(line["step"], 7);
  EXPECT_EQ(line["train_loss"], 1.25);
  EXPECT_EQ(line["characters"], 12800);
  EXPECT_TRUE(line["validation_loss"].is_null()) << "not measured is not zero";
}

TEST(Metrics, GoOnAfterTheLinesUpToTheCheckpoint) {
  const TemporaryFolder folder;
  const std::string path = folder.path("metrics.jsonl");
  {
    MetricsFile file(path, 0);
    for (const int64_t step : {1, 2, 3, 4}) file.append(report_of(step));
  }
  { std::ofstream(path, std::ios::app) << "{\"step\": 5, \"tor"; }
  MetricsFile file(path, 2);
  EXPECT_EQ(content(path), report_line(report_of(1)) + report_line(report_of(2)));
  file.append(report_of(3));
  EXPECT_EQ(content(path),
            report_line(report_of(1)) + report_line(report_of(2)) + report_line(report_of(3)));
}

TEST(Metrics, TornLastLineIsCutOff) {
  const TemporaryFolder folder;
  const std::string path = folder.path("metrics.jsonl");
  { std::ofstream(path) << report_line(report_of(1)) << "{\"step\": 2, \"tor"; }
  MetricsFile file(path, 9);
  EXPECT_EQ(content(path), report_line(report_of(1)));
}

TEST(Metrics, LineThatIsNoneInTheMiddleTakesNothingWithIt) {
  const TemporaryFolder folder;
  const std::string path = folder.path("metrics.jsonl");
  const std::string whole = report_line(report_of(1)) + "a disk wrote this\n\n" +
                            report_line(report_of(2)) + "{\"total_seconds\":7}\n" +
                            report_line(report_of(3));
  { std::ofstream(path) << whole << report_line(report_of(4)) << "and this\n"; }
  MetricsFile file(path, 3);
  EXPECT_EQ(content(path), whole);
}

TEST(Metrics, NewRunKeepsNothingOfAnOldFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path("metrics.jsonl");
  { std::ofstream(path) << report_line(report_of(1)); }
  MetricsFile file(path, 0);
  EXPECT_EQ(content(path), "");
}

TEST(Metrics, FullDiskIsSaidOnceAndNotTriedAgain) {
  const TemporaryFolder folder;
  MetricsFile file(folder.path("metrics.jsonl"), 0);
  EXPECT_EQ(file.append(report_of(1)), "");
  const FileSizeLimit limit(report_line(report_of(1)).size());
  EXPECT_NE(file.append(report_of(2)).find("File too large"), std::string::npos);
  EXPECT_EQ(file.append(report_of(3)), "");
}

TEST(Metrics, FileWithASecondNameIsNotWritten) {
  const TemporaryFolder folder;
  const std::string path = folder.path("metrics.jsonl");
  { std::ofstream(path) << report_line(report_of(1)); }
  std::filesystem::create_hard_link(path, folder.path("copy"));
  try {
    MetricsFile(path, 0);
    FAIL() << "it was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "hard_link");
    EXPECT_NE(std::string(error.what()).find("a hard link"), std::string::npos);
  }
  EXPECT_EQ(content(folder.path("copy")), report_line(report_of(1)));
}

TEST(Metrics, FolderThatIsNotThereIsAnError) {
  EXPECT_THROW(MetricsFile("/nonexistent/metrics.jsonl", 0), Error);
}

TEST(RunFolder, KeepsWhatTheNetworkWroteAndRewritesItWhenARunGoesOn) {
  const TemporaryFolder folder;
  const std::string path = folder.path("run");
  {
    const auto run = RunFolder::create(path, false);
    EXPECT_EQ(run->append_sample(10, "a \"b\"\n\xff"), "");
    EXPECT_EQ(run->append_sample(20, "lost"), "");
    std::ofstream(path + "/checkpoint.safetensors") << "of step 10";
  }
  const auto run = RunFolder::open(path);
  EXPECT_EQ(run->append_sample(20, "é"), "");
  EXPECT_EQ(content(run->samples_path()),
            "{\"step\":10,\"text\":\"a \\\"b\\\"\\n\uFFFD\"}\n{\"step\":20,\"text\":\"é\"}\n");
}

}  // namespace
}  // namespace charrnn
