// What a run's files can cost the server, whoever wrote them.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

#include "base/testing/temporary_folder.h"
#include "serve/models/metrics_log.h"

namespace charrnn {
namespace {

struct LogFile {
  void write(std::string_view text) const {
    std::ofstream(path, std::ios::binary | std::ios::app) << text;
  }
  TemporaryFolder folder;
  const std::string path = folder.path("log.jsonl");
};

TEST(MetricsLog, HoldsABoundedNumberOfPoints) {
  const LogFile file;
  std::string values, text;
  for (int i = 0; i < 190; ++i) values += fmt::format(",\"{}\":1", i);
  constexpr int kLines = 12'000;
  for (int i = 0; i < kLines; ++i) text += fmt::format("{{\"step\":{}{}}}\n", i, values);
  file.write(text);
  MetricsLog log;
  log.update(file.path);
  EXPECT_EQ(log.lines(), kLines);
  size_t points = 0;
  for (const auto& [name, series] : log.series()) {
    points += series.step.size();
    EXPECT_EQ(series.step.front(), 0);
    EXPECT_EQ(series.step.back(), kLines - 1);
  }
  EXPECT_EQ(log.series().size(), 190u);
  EXPECT_LE(points, 2u << 20);
  EXPECT_GE(points, 1u << 19);
}

TEST(MetricsLog, PassesOverLongLinesAndKeepsFewNotes) {
  const LogFile file;
  const std::string brackets(60'000, '[');
  for (int i = 0; i < 20; ++i) {
    file.write("{\"a\":[" + std::string(100'000, ' ') + "]}\n");
    file.write("{\"b\":\"" + std::string(60'000, 'x') + "\"}\n");
    file.write("{\"c\":" + brackets + std::string(60'000, ']') + "}\n");
  }
  file.write("{\"step\":1,\"loss\":2}\n");
  MetricsLog log;
  log.update(file.path);
  EXPECT_EQ(log.skipped(), 40) << "the first and the last are longer than a line may be";
  EXPECT_EQ(log.lines(), 21);
  EXPECT_EQ(log.notes().size(), 4u) << "of 256 KiB in all";
  EXPECT_EQ(log.last()["step"], 1);
}

TEST(MetricsLog, BeginsAnewAfterItWasStopped) {
  const LogFile file;
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += fmt::format("{{\"step\":{},\"loss\":2}}\n", i);
  file.write(text);
  MetricsLog log;
  int calls = 0;
  EXPECT_THROW(log.update(file.path,
                          [&calls] {
                            if (++calls == 3) throw std::runtime_error("stopped");
                          }),
               std::runtime_error);
  log.update(file.path);
  EXPECT_EQ(log.lines(), 40'000);
  EXPECT_EQ(log.series().at("loss").step.size(), 40'000u);
}

TEST(LineTail, HasTheLastOfWhatWasAppended) {
  const LogFile file;
  file.write("old\nhal");
  LineTail tail;
  EXPECT_TRUE(tail.read(file.path).empty()) << "what was there before";
  file.write("f\n");
  EXPECT_EQ(tail.read(file.path), std::deque<std::string>{"half"});
  std::string text(1 << 20, '\n');
  for (int i = 0; i < 600; ++i) text += fmt::format("{}\n", i);
  file.write(text);
  const std::deque<std::string> lines = tail.read(file.path);
  ASSERT_EQ(lines.size(), 500u);
  EXPECT_EQ(lines.front(), "100");
  EXPECT_EQ(lines.back(), "599");
  EXPECT_TRUE(tail.read(file.path).empty());
}

TEST(LineTail, HasFewMiBOfLongLines) {
  const LogFile file;
  LineTail tail;
  tail.read(file.path);
  for (int i = 0; i < 10; ++i) file.write(std::string(900'000, 'x') + "\n");
  EXPECT_EQ(tail.read(file.path).size(), 5u) << "four, and the end of one";
}

TEST(Samples, AreTheLinesWithAText) {
  const LogFile file;
  file.write(
      "{\"text\":\"a\"}\n\nnothing\n{\"text\":1}\n{\"other\":\"a\"}\n{\"text\":\"b\"}\n{\"te");
  const std::vector<int64_t> offsets = find_samples(file.path, {});
  ASSERT_EQ(offsets, (std::vector<int64_t>{0, 47}));
  EXPECT_EQ(read_line_at(file.path, offsets[1]), "{\"text\":\"b\"}");
}

TEST(Samples, AreSearchedUntilNobodyWants) {
  const LogFile file;
  file.write(std::string(4 << 20, '\n'));
  int calls = 0;
  EXPECT_THROW(find_samples(file.path,
                            [&calls] {
                              if (++calls == 2) throw std::runtime_error("stopped");
                            }),
               std::runtime_error);
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace charrnn
