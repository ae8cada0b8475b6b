#include "serve/models/metrics_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <filesystem>
#include <fstream>

#include "base/testing/temporary_folder.h"

namespace charrnn {
namespace {

class GrowingFile {
 public:
  void append(const std::string& text) { std::ofstream(path, std::ios::app) << text; }
  void replace(const std::string& text) {
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
  }
  void rewrite(const std::string& text) { std::ofstream(path, std::ios::trunc) << text; }

 private:
  TemporaryFolder folder_;

 public:
  const std::string path = folder_.path("metrics.jsonl");
};

std::vector<double> values_of(const MetricsLog& log, const std::string& name) {
  const auto found = log.series().find(name);
  return found == log.series().end() ? std::vector<double>() : found->second.value;
}

TEST(MetricsLog, ReadsWhatIsAppended) {
  GrowingFile file;
  MetricsLog log;
  log.update(file.path);
  EXPECT_EQ(log.lines(), 0);
  EXPECT_TRUE(log.last().is_null());
  file.append("{\"step\": 1, \"train_loss\": 2.5, \"name\": \"x\"}\n");
  log.update(file.path);
  file.append("{\"step\": 3, \"train_loss\": 1.5, \"validation_loss\": 1.75}\n");
  log.update(file.path);
  log.update(file.path);
  EXPECT_EQ(log.lines(), 2);
  EXPECT_EQ(log.skipped(), 0);
  EXPECT_EQ(values_of(log, "train_loss"), (std::vector<double>{2.5, 1.5}));
  EXPECT_EQ(values_of(log, "validation_loss"), (std::vector<double>{1.75}));
  EXPECT_EQ(log.series().at("validation_loss").step, (std::vector<double>{3}));
  EXPECT_FALSE(log.series().contains("name")) << "only numbers make series";
  EXPECT_FALSE(log.series().contains("step"));
  EXPECT_EQ(log.last().at("step").get<int>(), 3);
}

TEST(MetricsLog, CountsWhatIsNoLine) {
  GrowingFile file;
  MetricsLog log;
  file.append("{\"step\": 1, \"a\": 1}\nnot json\n\n[1]\n{\"step\": 2, \"a\": 2}\n");
  log.update(file.path);
  EXPECT_EQ(log.lines(), 2);
  EXPECT_EQ(log.skipped(), 3);
  EXPECT_EQ(values_of(log, "a"), (std::vector<double>{1, 2}));
}

// A trainer was stopped, or is about to write the rest.
TEST(MetricsLog, TakesALineOnceItHasItsEnd) {
  GrowingFile file;
  MetricsLog log;
  file.append("{\"step\": 1, \"a\": 1}\n{\"step\": 2, ");
  log.update(file.path);
  EXPECT_EQ(log.lines(), 1);
  EXPECT_EQ(log.skipped(), 1);
  file.append("\"a\": 2}\n");
  log.update(file.path);
  EXPECT_EQ(log.lines(), 2);
  EXPECT_EQ(log.skipped(), 0);
  EXPECT_EQ(values_of(log, "a"), (std::vector<double>{1, 2}));
}

TEST(MetricsLog, StartsOverWithANewFile) {
  GrowingFile file;
  MetricsLog log;
  file.append("{\"step\": 1, \"a\": 1}\n{\"step\": 2, \"a\": 2}\n");
  log.update(file.path);
  file.replace("{\"step\": 1, \"a\": 10}\n{\"step\": 2, \"a\": 20}\n{\"step\": 3, \"a\": 30}\n");
  log.update(file.path);
  EXPECT_EQ(values_of(log, "a"), (std::vector<double>{10, 20, 30}));
  file.rewrite("{\"step\": 1, \"a\": 7}\n");  // the same file, shorter
  log.update(file.path);
  EXPECT_EQ(values_of(log, "a"), (std::vector<double>{7}));
  std::filesystem::remove(file.path);
  log.update(file.path);
  EXPECT_EQ(log.lines(), 0);
}

TEST(MetricsLog, KeepsLinesWithoutAStepAsNotes) {
  GrowingFile file;
  MetricsLog log;
  file.append("{\"figures\": {\"n\": 1}}\n{\"step\": \"one\"}\n{\"step\": 1, \"a\": 1}\n");
  for (int i = 0; i < 200; ++i) file.append("{\"note\": 1}\n");
  log.update(file.path);
  EXPECT_EQ(log.notes().size(), 100u);
  EXPECT_EQ(log.notes()[0].at("figures").at("n").get<int>(), 1);
  EXPECT_EQ(log.lines(), 203);
  EXPECT_EQ(log.last().at("step").get<int>(), 1);
}

TEST(MetricsLog, HoldsTwoHundredSeriesAtMost) {
  GrowingFile file;
  MetricsLog log;
  for (int begin = 0; begin < 300; begin += 100) {
    std::string line = "{\"step\": 1";
    for (int i = begin; i < begin + 100; ++i) line += ", \"s" + std::to_string(i) + "\": 1";
    line += "}\n";
    file.append(line);
    file.append(line);
  }
  log.update(file.path);
  EXPECT_EQ(log.series().size(), 200u);
  for (const auto& [name, series] : log.series()) EXPECT_EQ(series.value.size(), 2u) << name;
}

Series wave(size_t count) {
  Series series;
  for (size_t i = 0; i < count; ++i) {
    series.step.push_back(static_cast<double>(i));
    series.value.push_back(std::sin(static_cast<double>(i) / 50));
  }
  return series;
}

TEST(Downsample, KeepsEndsAndPeaks) {
  Series series = wave(10'000);
  series.value[4321] = 100;
  const Series thin = downsample(series, 200);
  ASSERT_EQ(thin.step.size(), 200u);
  ASSERT_EQ(thin.value.size(), 200u);
  EXPECT_EQ(thin.step.front(), 0);
  EXPECT_EQ(thin.step.back(), 9999);
  EXPECT_TRUE(std::is_sorted(thin.step.begin(), thin.step.end()));
  EXPECT_NE(std::find(thin.value.begin(), thin.value.end(), 100), thin.value.end());
  for (size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(thin.value[i], series.value[static_cast<size_t>(thin.step[i])]) << "points stay";
  }
}

TEST(Downsample, LeavesAShortSeriesAsItIs) {
  for (const size_t count : {0u, 1u, 2u, 99u, 100u}) {
    EXPECT_EQ(downsample(wave(count), 100).step.size(), count);
  }
  EXPECT_EQ(downsample(wave(101), 100).step.size(), 100u);
  EXPECT_EQ(downsample(wave(101), 3).step.size(), 3u);
}

TEST(LineTail, GivesOnlyWhatIsNew) {
  GrowingFile file;
  file.append("old\nolder");
  LineTail tail;
  EXPECT_TRUE(tail.read(file.path).empty());
  file.append(" line\nnew\n");
  EXPECT_EQ(tail.read(file.path), (std::deque<std::string>{"older line", "new"}));
  EXPECT_TRUE(tail.read(file.path).empty());
  file.replace("a\nb\n");
  EXPECT_EQ(tail.read(file.path), (std::deque<std::string>{"a", "b"}));
}

// A file that comes later is new as a whole.
TEST(LineTail, ReadsALaterFileFromItsStart) {
  GrowingFile file;
  LineTail tail;
  EXPECT_TRUE(tail.read(file.path).empty());
  file.append("first\n");
  EXPECT_EQ(tail.read(file.path), (std::deque<std::string>{"first"}));
}

}  // namespace
}  // namespace charrnn
