#include "app/inspect/run_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/lines.h"
#include "base/json/flat_object.h"
#include "base/short_number.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

constexpr int64_t kMaxMetrics = 256 << 20;  // bytes, from the end
constexpr size_t kLongestLine = 64 << 10;   // bytes; a longer one is none that charrnn wrote
constexpr size_t kMaxReports = 1 << 18;     // above it every second one is left out
constexpr double kMaxStep = 9'007'199'254'740'992;  // beyond it a double skips whole numbers

// A number of a line; NaN where it has none (a validation loss that was not measured is null).
double reported(const std::vector<FlatMember>& line, std::string_view name) {
  const FlatMember* found = find_member(line, name);
  return found != nullptr && found->is_number() ? found->number : std::nan("");
}

// Gathers reports, in little memory however many there are.
class MetricsReader {
 public:
  explicit MetricsReader(RunReport& report) : report_(report) {}

  void add(std::string_view line) {
    if (!read_flat_object(line, members_)) return void(++skipped_);
    const FlatMember* step = find_member(members_, "step");
    if (step == nullptr) return;  // about the run
    const bool is_step = step->kind == JsonKind::kUnsigned && step->number <= kMaxStep;
    if (!is_step) return void(++skipped_);
    last_ = {};
    last_.step = static_cast<int64_t>(step->number);
    last_.train_loss = reported(members_, "train_loss");
    last_.validation_loss = reported(members_, "validation_loss");
    if (report_.reports++ % every_ == 0) keep();
  }

  void finish() {
    std::vector<Report>& kept = report_.metrics;
    if (!kept.empty() && (report_.reports - 1) % every_ != 0) kept.push_back(last_);
    if (skipped_ == 0) return;
    report_.notes.push_back(fmt::format("metrics.jsonl: {} lines can't be read", skipped_));
  }

 private:
  void keep() {
    std::vector<Report>& kept = report_.metrics;
    kept.push_back(last_);
    if (kept.size() < kMaxReports) return;
    for (size_t i = 0; 2 * i < kept.size(); ++i) kept[i] = kept[2 * i];
    kept.resize((kept.size() + 1) / 2);
    every_ *= 2;
  }

  RunReport& report_;
  std::vector<FlatMember> members_;
  Report last_;
  size_t every_ = 1;  // of so many reports one is kept
  int64_t skipped_ = 0;
};

void read_metrics(const std::string& path, RunReport& report) {
  std::error_code error;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (error) throw_io_error(error.value(), "read the metrics", path);
  MetricsReader reader(report);
  for_each_line(path,
                {.from = std::max<int64_t>(0, size - kMaxMetrics),
                 .longest = kLongestLine,
                 .unfinished = true},
                [&reader](std::string_view line, int64_t) { reader.add(line); });
  reader.finish();
  if (size <= kMaxMetrics) return;
  report.notes.push_back(
      fmt::format("metrics.jsonl: it is long; only its last {} are read", byte_size(kMaxMetrics)));
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
    if (has("metrics.jsonl")) read_metrics(path + "/metrics.jsonl", report);
  } catch (const Error& failure) {
    report.notes.push_back(failure.what());
  }
  return report;
}

}  // namespace charrnn
