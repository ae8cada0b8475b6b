#include "serve/models/metrics_log.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/files/lines.h"
#include "serve/http/api_error.h"

namespace charrnn {
namespace {

constexpr size_t kMaxNotes = 100;
constexpr size_t kMaxNoteBytes = 256 << 10;  // of all notes together
constexpr size_t kLongestMetricsLine = 64 << 10;
constexpr size_t kLongestSample = 1 << 20;  // bytes of a line
// The limit of what is read, from the end of a file: enough for millions of reports, and bounded in
// time.
constexpr int64_t kMaxRecordBytes = 256 << 20;
constexpr int64_t kMaxSampleBytes = 64 << 20;
constexpr size_t kMaxSeries = 200;
constexpr size_t kMaxPoints = 2 << 20;  // of all series; above it every second one is left out
constexpr size_t kShortSeries = 5000;   // which stays as it is
constexpr size_t kMaxTailLines = 500;
constexpr size_t kMaxTailBytes = 4 << 20;

// The offset from which at most `most` bytes are left. It may lie within a line, whose rest is
// skipped like any malformed line.
int64_t at_most_from_end(int64_t offset, int64_t size, int64_t most) {
  return std::max(offset, size - most);
}

}  // namespace

JsonValue parse_line(std::string_view line) {
  try {
    return parse_json_object(line);
  } catch (const ApiError&) {
    return nullptr;
  }
}

// Of each bucket the point that spans the largest triangle with the one chosen before and the mean
// of the next bucket: |(x_a - x_c)(y_b - y_a) - (x_a - x_b)(y_c - y_a)| / 2.
Series downsample(const Series& series, size_t points) {
  const size_t count = series.step.size();
  if (count <= points || points < 3) return series;
  Series result;
  const auto keep = [&](size_t i) {
    result.step.push_back(series.step[i]);
    result.value.push_back(series.value[i]);
  };
  const double width = static_cast<double>(count - 2) / static_cast<double>(points - 2);
  const auto bucket_begin = [&](size_t bucket) {
    return std::min(count - 1, static_cast<size_t>(static_cast<double>(bucket) * width) + 1);
  };
  size_t chosen = 0;
  keep(0);
  for (size_t bucket = 0; bucket + 2 < points; ++bucket) {
    const size_t begin = bucket_begin(bucket), end = bucket_begin(bucket + 1);
    const size_t next_end = std::min(count, bucket_begin(bucket + 2) + (bucket + 3 == points));
    double mean_x = 0, mean_y = 0;
    for (size_t i = end; i < next_end; ++i) mean_x += series.step[i], mean_y += series.value[i];
    mean_x /= static_cast<double>(next_end - end);
    mean_y /= static_cast<double>(next_end - end);
    double largest = -1;
    size_t best = begin;
    for (size_t i = begin; i < end; ++i) {
      const double area =
          std::abs((series.step[chosen] - mean_x) * (series.value[i] - series.value[chosen]) -
                   (series.step[chosen] - series.step[i]) * (mean_y - series.value[chosen]));
      if (area > largest) largest = area, best = i;
    }
    keep(best);
    chosen = best;
  }
  keep(count - 1);
  return result;
}

void MetricsLog::update(const RootedPath& file, const std::function<void()>& between) {
  const FileVersion mark = file_version(file);
  if (mark.inode != inode_ || mark.size < offset_) *this = MetricsLog();
  if (!mark.exists()) return;
  inode_ = mark.inode;
  skipped_ -= torn_;
  torn_ = 0;
  try {
    offset_ = for_each_line(file,
                            {.from = at_most_from_end(offset_, mark.size, kMaxRecordBytes),
                             .longest = kLongestMetricsLine,
                             .between = between},
                            [this](std::string_view line, int64_t) { read_line(line); });
  } catch (...) {  // which lines were read is not known
    *this = MetricsLog();
    throw;
  }
  torn_ = file_version(file).size > offset_ ? 1 : 0;
  skipped_ += torn_;
  if (!last_line_.empty()) last_ = parse_line(std::exchange(last_line_, {}));
}

void MetricsLog::read_line(std::string_view line) {
  if (!read_flat_object(line, members_)) {
    ++skipped_;
    return;
  }
  ++lines_;
  const FlatMember* step = find_member(members_, "step");
  if (step == nullptr || !step->is_number()) return add_note(line);
  for (const FlatMember& member : members_) {
    if (&member == step || !member.is_number()) continue;
    if (series_.size() >= kMaxSeries && !series_.contains(member.name)) continue;
    Series& column = series_[member.name];
    column.step.push_back(step->number);
    column.value.push_back(member.number);
    ++points_;
  }
  last_line_ = line;
  if (points_ > kMaxPoints) thin();
}

void MetricsLog::add_note(std::string_view line) {
  if (notes_.size() >= kMaxNotes || note_bytes_ + line.size() > kMaxNoteBytes) return;
  JsonValue note = parse_line(line);
  if (note.is_null()) return;  // nested too deeply
  note_bytes_ += line.size();
  notes_.push_back(std::move(note));
}

// Halves the longer series, so that memory is bounded however long the file is.
void MetricsLog::thin() {
  points_ = 0;
  for (auto& [name, column] : series_) {
    if (column.step.size() > kShortSeries) column = downsample(column, column.step.size() / 2);
    points_ += column.step.size();
  }
}

std::deque<std::string> LineTail::read(const RootedPath& file,
                                       const std::function<void()>& between) {
  const FileVersion mark = file_version(file);
  const bool begun = std::exchange(begun_, true);
  std::deque<std::string> lines;
  if (!mark.exists()) return lines;
  if (begun && (mark.inode != inode_ || mark.size < offset_)) offset_ = 0;
  inode_ = mark.inode;
  if (mark.size == offset_) return lines;
  // Before the first call there is a whole line at most to find the end of.
  const auto most = static_cast<int64_t>(begun ? kMaxTailBytes : kLongestSample);
  size_t bytes = 0;
  const auto keep = [&](std::string_view line, int64_t) {
    if (!begun || line.empty()) return;
    lines.emplace_back(line);
    bytes += line.size();
    while (lines.size() > kMaxTailLines || bytes > kMaxTailBytes) {
      bytes -= lines.front().size();
      lines.pop_front();
    }
  };
  offset_ = for_each_line(
      file, {.from = at_most_from_end(offset_, mark.size, most), .between = between}, keep);
  return lines;
}

std::vector<int64_t> find_samples(const RootedPath& file, const std::function<void()>& between) {
  const FileVersion mark = file_version(file);
  std::vector<int64_t> offsets;
  std::vector<FlatMember> members;
  const auto add = [&](std::string_view line, int64_t offset) {
    if (!read_flat_object(line, members)) return;
    const FlatMember* text = find_member(members, "text");
    if (text != nullptr && text->kind == JsonKind::kText) offsets.push_back(offset);
  };
  for_each_line(file, {.from = at_most_from_end(0, mark.size, kMaxSampleBytes), .between = between},
                add);
  return offsets;
}

std::string read_line_at(const RootedPath& file, int64_t offset) {
  struct Found {};
  std::string text;
  try {
    for_each_line(file, {.from = offset}, [&text](std::string_view line, int64_t) {
      text = line;
      throw Found();
    });
  } catch (const Found&) {
  }
  return text;
}

}  // namespace charrnn
