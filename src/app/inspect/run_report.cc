#include "app/inspect/run_report.h"

#include <fmt/core.h>

#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/files/file.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

constexpr uint64_t kMaxMetrics = 1 << 30;  // bytes

// A number of a line; NaN where it has none (a validation loss that was not measured is null).
double reported(const JsonValue& line, const char* key) {
  const JsonValue* found = line.find(key);
  return found != nullptr && found->is_number() ? found->get<double>() : std::nan("");
}

std::vector<Report> read_metrics(const std::string& path, std::vector<std::string>& notes) {
  std::vector<Report> reports;
  const std::string content = read_file(path, kMaxMetrics);
  std::string_view rest = content;
  int skipped = 0;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    try {
      const JsonValue line = parse_json(text);
      if (!line.is_object()) throw JsonError("not an object", 0);
      if (!line.contains("step")) continue;  // about the run
      Report report;
      report.step = static_cast<int64_t>(json_unsigned(line.at("step"), "step", INT64_MAX));
      report.train_loss = reported(line, "train_loss");
      report.validation_loss = reported(line, "validation_loss");
      reports.push_back(report);
    } catch (const std::exception&) {
      ++skipped;
    }
  }
  if (skipped > 0) notes.push_back(fmt::format("metrics.jsonl: {} lines can't be read", skipped));
  return reports;
}

}  // namespace

std::optional<RunReport> make_run_report(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto has = [&](const char* name) { return fs::exists(fs::path(path) / name, error); };
  if (!fs::is_directory(path, error)) return std::nullopt;
  if (!has("checkpoint.safetensors") && !has("metrics.jsonl")) return std::nullopt;
  RunReport report;
  report.path = path;
  report.has_model = has("model.safetensors");
  try {
    if (has("checkpoint.safetensors")) {
      report.checkpoint = read_checkpoint(path + "/checkpoint.safetensors");
    }
  } catch (const Error& failure) {
    report.notes.push_back(failure.what());
  }
  try {
    if (has("metrics.jsonl")) report.metrics = read_metrics(path + "/metrics.jsonl", report.notes);
  } catch (const Error& failure) {
    report.notes.push_back(failure.what());
  }
  return report;
}

}  // namespace charrnn
