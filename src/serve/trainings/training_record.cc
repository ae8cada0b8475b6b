#include "serve/trainings/training_record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json.h"
#include "serve/http/api_error.h"
#include "serve/trainings/trainer_process.h"

namespace charrnn {
namespace {

constexpr std::string_view kRecord = "training.json";
constexpr std::string_view kPart = ".training.json.part";
constexpr int64_t kTail = 64 << 10;  // bytes of a file that are looked through

// The end of a file, kTail bytes at most, from no earlier than `from`.
std::string read_tail(HeldFolder& run, std::string_view name, int64_t from) {
  const int file = run.open(run.path(name), O_RDONLY, 0);
  if (file < 0) return {};
  struct stat status = {};
  std::string text;
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
    const int64_t begin = std::max<int64_t>({0, from, status.st_size - kTail});
    text.resize(static_cast<size_t>(std::max<int64_t>(0, status.st_size - begin)));
    const ssize_t count = ::pread(file, text.data(), text.size(), begin);
    text.resize(static_cast<size_t>(std::max<ssize_t>(0, count)));
  }
  ::close(file);
  return text;
}

// The object of a line, or null.
JsonValue object_of(std::string_view line) {
  if (!line.starts_with('{')) return {};
  try {
    JsonValue json = parse_json(line);
    return json.is_object() ? json : JsonValue();
  } catch (const JsonError&) {
    return {};
  }
}

std::string text_at(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.is_object() ? object.find(key) : nullptr;
  return value != nullptr && value->is_string() ? value->text() : std::string();
}

int64_t integer_at(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  return value != nullptr && value->is_number_integer() ? value->get<int64_t>() : 0;
}

}  // namespace

std::optional<TrainingRecord> read_record(HeldFolder& run) {
  try {
    const JsonValue json = parse_json(read_tail(run, kRecord, 0));
    if (!json.is_object()) return std::nullopt;
    return TrainingRecord{static_cast<pid_t>(integer_at(json, "process")), text_at(json, "command"),
                          integer_at(json, "log_from"),
                          json.contains("stopping") && json["stopping"] == JsonValue(true)};
  } catch (const JsonError&) {
    return std::nullopt;
  }
}

// Not by replace_file(): the training that has just begun removes its temporaries.
void write_record(HeldFolder& run, const TrainingRecord& record) {
  const JsonOutput json = {{"process", static_cast<int64_t>(record.process)},
                           {"command", record.command},
                           {"log_from", record.log_from},
                           {"stopping", record.is_stopping}};
  const std::string text = dump_json(json) + "\n";
  const std::string path = run.path(kRecord), part = run.path(kPart);
  const int file = run.open(part, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (file < 0) throw_io_error(-file, "write the file", part);
  const ssize_t count = run.write(file, text.data(), text.size());
  const int closed = run.close(file);
  const bool is_whole = count == static_cast<ssize_t>(text.size());
  const int result = !is_whole    ? (count < 0 ? static_cast<int>(count) : -ENOSPC)
                     : closed < 0 ? closed
                                  : run.rename(part, path);
  if (result == 0) return;
  run.unlink(part);
  throw_io_error(-result, "write the file", path);
}

TrainingEnd read_end(HeldFolder& run, const TrainingRecord& record) {
  const std::string text = read_tail(run, kTrainLog, record.log_from);
  TrainingEnd end;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t length = std::min(rest.find('\n'), rest.size());
    const JsonValue object = object_of(rest.substr(0, length));
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (!object.is_object()) continue;
    if (const JsonValue* error = object.find("error")) {
      end = {TrainingEnd::Kind::kFailed, without_folder(text_at(*error, "message")),
             text_at(*error, "hint")};
    } else if (const std::string stopped = text_at(object, "stopped"); !stopped.empty()) {
      end = {stopped == "signal" ? TrainingEnd::Kind::kStopped : TrainingEnd::Kind::kFinished, "",
             ""};
    }
  }
  return end;
}

}  // namespace charrnn
