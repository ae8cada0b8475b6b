// metrics.jsonl, read as it grows: columns of numbers by step. Torn and malformed lines are
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

// At most `points` of them, chosen so that the curve keeps its look: largest triangle, three
// buckets (Steinarsson 2013). The first and the last stay.
Series thin(const Series& series, size_t points);

class MetricsLog {
 public:
  // Reads what was appended since; starts again where the file was replaced or shrank.
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

// Whole lines appended to a file since the last call; a reader of growing files.
class LineTail {
 public:
  // from_start: also what is there at the first call.
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
