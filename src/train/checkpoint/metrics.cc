#include "train/checkpoint/metrics.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json.h"

namespace charrnn {
namespace {

// The step of a whole line, 0 for one that is about the whole run, or -1 where it is no line.
int64_t step_of(std::string_view line) {
  try {
    const JsonValue object = parse_json(line);
    if (!object.is_object()) return -1;
    if (!object.contains("step")) return 0;
    return object["step"].is_number_integer() ? object["step"].get<int64_t>() : -1;
  } catch (const JsonError&) {
    return -1;
  }
}

// Bytes up to the end of the last line of a step that is at most `last_step`, none of a later one
// before it.
off_t length_up_to(std::string_view text, int64_t last_step) {
  size_t kept = 0;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
    const int64_t step = step_of(text.substr(begin, end - begin));
    if (step > last_step) break;
    if (step >= 0) kept = end + 1;
  }
  return static_cast<off_t>(kept);
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
  line["characters"] = report.characters;
  line["characters_per_second"] = std::round(report.characters_per_second);
  line["seconds"] = std::round(report.seconds * 1000) / 1000;
  return dump_json(line) + "\n";
}

MetricsFile::MetricsFile(std::string path, int64_t keep_to_step, FileSystem& files)
    : path_(std::move(path)), files_(files) {
  constexpr std::string_view kDoing = "write the file";
  must_be_regular(files_.mode(path_), kDoing, path_);
  file_ = files_.open(path_, O_CREAT | O_RDWR | O_APPEND | O_NOFOLLOW, 0666);
  if (file_ < 0) throw_io_error(-file_, kDoing, path_);
  try {
    struct stat status = {};
    if (::fstat(file_, &status) != 0) throw_io_error(errno, kDoing, path_);
    // It is written in place, so a second name, in another folder, would be written too.
    must_be_regular(static_cast<int>(status.st_mode), kDoing, path_);
    if (status.st_nlink != 1) {
      throw Error(ErrorKind::kIo, "hard_link",
                  fmt::format("cannot {}: it has a second name, a hard link ({})", kDoing, path_),
                  "copy the run's folder (cp -r) and go on with the copy");
    }
    const off_t length = length_up_to(read_open_file(file_, path_), keep_to_step);
    if (::ftruncate(file_, length) != 0) throw_io_error(errno, kDoing, path_);
  } catch (...) {
    files_.close(file_);
    throw;
  }
}

MetricsFile::~MetricsFile() {
  if (file_ >= 0) files_.close(file_);
}

std::string MetricsFile::append(const Report& report) { return append_line(report_line(report)); }

std::string MetricsFile::append_line(const std::string& line) {
  if (file_ < 0) return {};
  ssize_t written = 0;
  do {
    written = files_.write(file_, line.data(), line.size());
  } while (written == -EINTR);
  if (written == static_cast<ssize_t>(line.size())) return {};
  const std::string why =
      written < 0 ? std::strerror(static_cast<int>(-written)) : "the disk is full";
  files_.close(file_);
  file_ = -1;
  return fmt::format("no more lines in {}: {}", path_, why);
}

void MetricsFile::sync() {
  if (file_ >= 0) files_.fsync(file_);
}

}  // namespace charrnn
