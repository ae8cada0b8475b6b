// Follows a growing metrics.jsonl: series of numbers by step. Truncated and malformed lines are
// counted, never fatal.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "serve/http/json.h"
#include "serve/models/run_files.h"

namespace charrnn {

struct Series {
  std::vector<double> step;
  std::vector<double> value;
};

// Downsamples to at most `points` by LTTB (largest triangle three buckets, Steinarsson 2013), which
// preserves the curve's shape. The first and the last point stay.
Series downsample(const Series& series, size_t points);

class MetricsLog {
 public:
  // Reads what was appended; starts over if the file was replaced or truncated.
  void update(const std::string& path);

  int64_t lines() const { return lines_; }      // well-formed
  int64_t skipped() const { return skipped_; }  // malformed; a last line without its end is one
  const std::map<std::string, Series>& series() const { return series_; }
  const JsonValue& last() const { return last_; }    // the last line with a step, or null
  const JsonValue& notes() const { return notes_; }  // lines without a step

 private:
  void read_line(const std::string& line);

  uint64_t inode_ = 0;
  int64_t offset_ = 0;
  int64_t lines_ = 0;
  int64_t skipped_ = 0;
  int64_t torn_ = 0;
  std::map<std::string, Series> series_;
  JsonValue last_ = nullptr;
  JsonValue notes_ = JsonValue::array();
};

// Reads the complete lines appended to a file since the last call.
class LineTail {
 public:
  // from_start: the first call also returns the existing lines.
  explicit LineTail(bool from_start) : from_start_(from_start) {}
  std::vector<std::string> read(const std::string& path);

 private:
  bool from_start_;
  bool begun_ = false;
  uint64_t inode_ = 0;
  int64_t offset_ = 0;
};

// A line as a JSON object, or null.
JsonValue parse_line(const std::string& line);

}  // namespace charrnn
