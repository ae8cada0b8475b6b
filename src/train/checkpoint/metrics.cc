#include "train/checkpoint/metrics.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/error.h"
#include "base/json/json.h"

namespace charrnn {
namespace {

// The step of a whole line, 0 for one that is about the whole run, or -1 where it is no line.
int64_t step_of(const std::string& line) {
  try {
    const JsonValue object = parse_json(line);
    if (!object.is_object()) return -1;
    if (!object.contains("step")) return 0;
    return object["step"].is_number_integer() ? object["step"].get<int64_t>() : -1;
  } catch (const JsonError&) {
    return -1;
  }
}

// Bytes of the leading complete lines whose step is at most `last_step`.
off_t length_up_to(const std::string& path, int64_t last_step) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return 0;
  std::ifstream file(path, std::ios::binary);
  off_t length = 0;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    const int64_t step = step_of(line);
    if (step < 0 || step > last_step) break;
    length += static_cast<off_t>(line.size()) + 1;
  }
  return length;
}

[[noreturn]] void refuse_metrics(const std::string& path) {
  throw Error(ErrorKind::kIo, "metrics_unwritable",
              fmt::format("cannot write {}: {}", path, std::strerror(errno)),
              "is there room, and permission?");
}

}  // namespace

std::string report_line(const Report& report) {
  JsonOutput line;  // where a number is not finite it has null
  line["step"] = report.step;
  line["epoch"] = report.epoch;
  line["train_loss"] = report.train_loss;
  line["validation_loss"] = report.validation_loss;
  line["learning_rate"] = report.learning_rate;
  line["grad_norm"] = report.gradient_norm;
  line["characters_per_second"] = std::round(report.characters_per_second);
  line["seconds"] = std::round(report.seconds * 1000) / 1000;
  return dump_json(line) + "\n";
}

MetricsFile::MetricsFile(std::string path, int64_t keep_to_step) : path_(std::move(path)) {
  const off_t length = length_up_to(path_, keep_to_step);
  file_ = open(path_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) refuse_metrics(path_);
  if (ftruncate(file_, length) != 0) {
    close(file_);
    refuse_metrics(path_);
  }
}

MetricsFile::~MetricsFile() {
  if (file_ >= 0) close(file_);
}

std::string MetricsFile::append(const Report& report) { return append_line(report_line(report)); }

std::string MetricsFile::append_line(const std::string& line) {
  if (file_ < 0) return {};
  const ssize_t written = write(file_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return {};
  const std::string why = written < 0 ? std::strerror(errno) : "the disk is full";
  close(file_);
  file_ = -1;
  return fmt::format("no more lines in {}: {}", path_, why);
}

void MetricsFile::sync() {
  if (file_ >= 0) fsync(file_);
}

}  // namespace charrnn
