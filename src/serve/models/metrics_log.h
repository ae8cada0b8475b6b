// Follows a growing metrics.jsonl: series of numbers by step. Truncated and malformed lines are
// counted, never fatal.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/json/flat_object.h"
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
  // Reads what was appended; starts over if the file was replaced or truncated. between: called now
  // and then; what it throws ends the reading, and the next one starts over.
  void update(const RootedPath& file, const std::function<void()>& between = {});

  int64_t lines() const { return lines_; }      // well-formed
  int64_t skipped() const { return skipped_; }  // malformed; a last line without its end is one
  const std::map<std::string, Series>& series() const { return series_; }
  const JsonValue& last() const { return last_; }    // the last line with a step, or null
  const JsonValue& notes() const { return notes_; }  // lines without a step

 private:
  void read_line(std::string_view line);
  void add_note(std::string_view line);
  void thin();

  uint64_t inode_ = 0;
  int64_t offset_ = 0;
  int64_t lines_ = 0;
  int64_t skipped_ = 0;
  int64_t torn_ = 0;
  size_t points_ = 0;  // of all series
  std::map<std::string, Series> series_;
  std::string last_line_;
  JsonValue last_ = nullptr;
  size_t note_bytes_ = 0;
  JsonValue notes_ = JsonValue::array();
  std::vector<FlatMember> members_;  // of the line that is being read
};

// Reads the complete lines appended to a file since the last call; the lines of before the first
// call are passed over.
class LineTail {
 public:
  // The last ones, where they are many or long.
  std::deque<std::string> read(const RootedPath& file, const std::function<void()>& between = {});

 private:
  bool begun_ = false;
  uint64_t inode_ = 0;
  int64_t offset_ = 0;
};

// The samples of samples.jsonl, of whose lines none is longer than a MiB: the offsets of those that
// have a text, of its last 64 MiB. between: called now and then; may throw.
std::vector<int64_t> find_samples(const RootedPath& file, const std::function<void()>& between);
// The line at this offset.
std::string read_line_at(const RootedPath& file, int64_t offset);

// A line as a JSON object, or null.
JsonValue parse_line(std::string_view line);

}  // namespace charrnn
