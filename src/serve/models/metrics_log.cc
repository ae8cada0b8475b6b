#include "serve/models/metrics_log.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "serve/http/api_error.h"

namespace charrnn {
namespace {

constexpr size_t kChunk = 1 << 20;
constexpr size_t kMaxNotes = 100;
constexpr size_t kLongestLine = 1 << 20;
// The limit of what is read, from the end of a file: enough for millions of reports, and bounded in
// time.
constexpr int64_t kMaxRecordBytes = 1 << 30;
constexpr int64_t kMaxTailBytes = 64 << 20;
constexpr size_t kMaxSeries = 200;

// Calls action(line) for each whole line from `offset` on; returns the offset after the last one.
template <class Action>
int64_t for_each_line(const std::string& path, int64_t offset, Action&& action) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(offset);
  std::string rest, chunk(kChunk, '\0');
  bool too_long = false;  // the rest of an endless line is passed over
  while (file.read(chunk.data(), kChunk), file.gcount() > 0) {
    const std::string_view bytes(chunk.data(), static_cast<size_t>(file.gcount()));
    size_t begin = 0;
    while (true) {
      const size_t end = bytes.find('\n', begin);
      if (end == std::string_view::npos) break;
      rest += bytes.substr(begin, end - begin);
      offset += static_cast<int64_t>(rest.size()) + 1;
      action(too_long ? std::string() : rest);
      too_long = false;
      rest.clear();
      begin = end + 1;
    }
    rest += bytes.substr(begin);
    if (rest.size() > kLongestLine) {
      offset += static_cast<int64_t>(rest.size());
      rest.clear();
      too_long = true;
    }
  }
  return offset;
}

// The offset from which at most `most` bytes are left. It may lie within a line, whose rest is
// skipped like any malformed line.
int64_t at_most_from_end(int64_t offset, int64_t size, int64_t most) {
  return std::max(offset, size - most);
}

}  // namespace

JsonValue parse_line(const std::string& line) {
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

void MetricsLog::update(const std::string& path) {
  const FileVersion mark = own_file_version(path);
  if (mark.inode != inode_ || mark.size < offset_) *this = MetricsLog();
  if (!mark.exists()) return;
  inode_ = mark.inode;
  skipped_ -= torn_;
  torn_ = 0;
  offset_ = at_most_from_end(offset_, mark.size, kMaxRecordBytes);
  offset_ = for_each_line(path, offset_, [this](const std::string& line) { read_line(line); });
  torn_ = own_file_version(path).size > offset_ ? 1 : 0;
  skipped_ += torn_;
}

void MetricsLog::read_line(const std::string& line) {
  JsonValue object = parse_line(line);
  if (object.is_null()) {
    ++skipped_;
    return;
  }
  ++lines_;
  const JsonValue* step = object.find("step");
  if (step == nullptr || !step->is_number()) {
    if (notes_.size() < kMaxNotes) notes_.push_back(std::move(object));
    return;
  }
  const double x = step->get<double>();
  for (const auto& [key, value] : object.items()) {
    if (key == "step" || !value.is_number()) continue;
    if (series_.size() >= kMaxSeries && !series_.contains(key)) continue;
    Series& column = series_[key];
    column.step.push_back(x);
    column.value.push_back(value.get<double>());
  }
  last_ = std::move(object);
}

std::vector<std::string> LineTail::read(const std::string& path) {
  const FileVersion mark = own_file_version(path);
  if (!mark.exists()) {
    begun_ = true;
    return {};
  }
  if (!begun_) {
    offset_ = from_start_ ? 0 : mark.size;
    if (!from_start_ && mark.size > 0) {  // after the last whole line
      offset_ = at_most_from_end(0, mark.size, kLongestLine);
      offset_ = for_each_line(path, offset_, [](const std::string&) {});
    }
  } else if (mark.inode != inode_ || mark.size < offset_) {
    offset_ = 0;
  }
  begun_ = true;
  inode_ = mark.inode;
  std::vector<std::string> lines;
  if (mark.size == offset_) return lines;
  offset_ = at_most_from_end(offset_, mark.size, kMaxTailBytes);
  offset_ =
      for_each_line(path, offset_, [&lines](const std::string& line) { lines.push_back(line); });
  return lines;
}

}  // namespace charrnn
