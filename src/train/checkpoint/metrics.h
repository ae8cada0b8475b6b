// metrics.jsonl: one JSON object a line for each report, and lines without a step for what is about
// the whole run. Lines are appended whole; a torn last one
// is tolerated by every reader and cut off when a run goes on.
#pragma once

#include <cstdint>
#include <string>

namespace charrnn {

struct Report {
  int64_t step = 0;
  double epoch = 0;
  double train_loss = 0;       // mean since the last report, nats a character
  double validation_loss = 0;  // NaN: none was measured (null in the file)
  double learning_rate = 0;
  double gradient_norm = 0;          // mean since the last report, before clipping
  double characters_per_second = 0;  // of the steps alone, without validating and saving
  double seconds = 0;
};

std::string report_line(const Report& report);  // with its newline

// Appends to the file. After the first failure it says so once and writes no more: training goes on
// without.
class MetricsFile {
 public:
  // Keeps the lines up to this step and cuts off the rest (a new run keeps none). Throws Error
  // (kIo).
  MetricsFile(std::string path, int64_t keep_to_step);
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

  // What went wrong, the first time it does; else empty.
  std::string append(const Report& report);
  // A whole line, with its newline.
  std::string append_line(const std::string& line);
  // Before a checkpoint, so that the lines up to its step are there after a power cut.
  void sync();

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace charrnn
