// metrics.jsonl: one JSON object per line for each report, and lines without a step about the whole
// run. Lines are appended whole; readers tolerate a truncated last line, and resuming cuts it off.
#pragma once

#include <cstdint>
#include <string>

#include "base/files/file_system.h"

namespace charrnn {

struct Report {
  int64_t step = 0;
  double epoch = 0;
  double train_loss = 0;       // mean since the last report, nats per character
  double validation_loss = 0;  // NaN: none was measured (null in the file)
  double learning_rate = 0;
  double gradient_norm = 0;          // mean since the last report, before clipping
  int64_t characters = 0;            // read since the run began, each time again
  double characters_per_second = 0;  // of the steps alone, without validating and saving
  double seconds = 0;
};

std::string report_line(const Report& report);  // with its newline

// Appends to the file. After the first failure it reports that once and stops writing; training
// continues.
class MetricsFile {
 public:
  // Keeps the lines up to this step and cuts off the rest (a new run keeps none); what is no line
  // of ours stays where one of ours follows it. Throws Error (kIo), where the file is a link or no
  // regular file too.
  MetricsFile(std::string path, int64_t keep_to_step, FileSystem& files = real_file_system());
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

  // Returns the message of the first failure; else empty.
  std::string append(const Report& report);
  // A whole line, with its newline.
  std::string append_line(const std::string& line);
  // Call before writing a checkpoint, so that the lines up to its step survive a power cut.
  void sync();

 private:
  std::string path_;
  FileSystem& files_;
  int file_ = -1;
};

}  // namespace charrnn
