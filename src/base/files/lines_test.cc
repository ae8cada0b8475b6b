#include "base/files/lines.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/testing/temporary_folder.h"

namespace charrnn {
namespace {

using Lines = std::vector<std::pair<std::string, int64_t>>;

struct WrittenFile {
  explicit WrittenFile(std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  // The lines, and then what was returned.
  Lines lines(const LineLimits& limits) const {
    Lines lines;
    const int64_t end = for_each_line(path, limits, [&](std::string_view line, int64_t offset) {
      lines.emplace_back(line, offset);
    });
    lines.emplace_back("", end);
    return lines;
  }

  TemporaryFolder folder;
  const std::string path = folder.path("lines");
};

TEST(ForEachLine, GivesWholeLinesAndTheirOffsets) {
  const WrittenFile file("one\n\nthree\nfo");
  EXPECT_EQ(file.lines({}), (Lines{{"one", 0}, {"", 4}, {"three", 5}, {"", 11}}));
  EXPECT_EQ(file.lines({.from = 5}), (Lines{{"three", 5}, {"", 11}}));
  EXPECT_EQ(file.lines({.unfinished = true}),
            (Lines{{"one", 0}, {"", 4}, {"three", 5}, {"fo", 11}, {"", 13}}));
  EXPECT_EQ(WrittenFile("a\n").lines({.unfinished = true}), (Lines{{"a", 0}, {"", 2}}));
}

TEST(ForEachLine, GivesALongLineAsAnEmptyOne) {
  const std::string just(1 << 20, 'x');
  const WrittenFile file(just + "\n" + just + "y\nshort\n" + just + just);
  const Lines lines = file.lines({});
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].first, just);
  EXPECT_EQ(lines[1], std::make_pair(std::string(), int64_t{1048577}));
  EXPECT_EQ(lines[2], std::make_pair(std::string("short"), int64_t{2097155}));
  EXPECT_EQ(lines[3].second, 2097161) << "the last line has no end yet";
}

TEST(ForEachLine, CanBeEndedBetweenTwoPieces) {
  const WrittenFile file(std::string(8 << 20, '\n'));
  int count = 0;
  const auto between = [&count] {
    if (++count == 3) throw std::runtime_error("enough");
  };
  EXPECT_THROW(file.lines({.between = between}), std::runtime_error);
  EXPECT_EQ(count, 3);
}

TEST(ForEachLine, ReadsRegularFilesAlone) {
  const WrittenFile file("a\n");
  const auto none = [](const std::string& path) {
    int count = 0;
    EXPECT_EQ(for_each_line(path, {}, [&](std::string_view, int64_t) { ++count; }), 0);
    return count == 0;
  };
  EXPECT_TRUE(none(file.folder.path("missing")));
  EXPECT_TRUE(none(file.folder.path()));
  std::filesystem::create_symlink(file.path, file.folder.path("link"));
  EXPECT_TRUE(none(file.folder.path("link")));
  ASSERT_EQ(::mkfifo(file.folder.path("pipe").c_str(), 0600), 0);
  EXPECT_TRUE(none(file.folder.path("pipe"))) << "and does not wait for its writer";
}

}  // namespace
}  // namespace charrnn
