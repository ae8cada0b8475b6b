// A run as a page and as JSON (app/inspect/run_report.h).
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "app/inspect/model_page.h"
#include "app/inspect/run_report.h"
#include "app/terminal/number_text.h"
#include "app/terminal/progress_line.h"
#include "app/terminal/spark_line.h"
#include "text/characters/display.h"
#include "text/characters/shell_word.h"

namespace charrnn {
namespace {

constexpr int kCurveColumns = 32;

std::vector<double> losses(const RunReport& report, double Report::*loss) {
  std::vector<double> values;
  for (const Report& line : report.metrics) {
    if (std::isfinite(line.*loss)) values.push_back(line.*loss);
  }
  return values;
}

std::string curve_text(const std::vector<double>& values, const Terminal& terminal) {
  return fmt::format("{}  {:.4f} → {:.4f} nats", terminal.accent(spark_line(values, kCurveColumns)),
                     values.front(), values.back());
}

bool has_stopped_early(const Checkpoint& checkpoint) {
  const auto patience = checkpoint.settings.find("patience");
  if (patience == checkpoint.settings.end() || patience->second.empty()) return false;
  return EarlyStopping(std::atoll(patience->second[0].c_str()), 0, checkpoint.early_stopping)
      .is_over();
}

std::string progress_line(const Checkpoint& checkpoint) {
  const TrainingProgress& progress = checkpoint.progress;
  std::string_view end;
  std::string text = counted(static_cast<uint64_t>(progress.step), "step");
  if (progress.total_steps > 0 && progress.step >= progress.total_steps) {
    end = ", all of them";
  } else if (progress.total_steps > 0) {
    text = fmt::format("{} of {}", grouped(static_cast<uint64_t>(progress.step)),
                       counted(static_cast<uint64_t>(progress.total_steps), "step"));
    if (has_stopped_early(checkpoint)) end = ", then stopped early";
  }
  return fmt::format("{}{}, {} read in {}", text, end,
                     counted(static_cast<uint64_t>(progress.characters), "character"),
                     clock_text(progress.seconds));
}

// The settings that tell most about a run, without those that are off; config.toml has all.
std::vector<std::string> settings_lines(const SettingValues& settings, int columns) {
  std::vector<std::string> lines;
  for (const char* name : {"batch-size", "seq-length", "optimizer", "learning-rate", "lr-schedule",
                           "dropout", "output-dropout", "seed"}) {
    const auto found = settings.find(name);
    if (found == settings.end() || found->second.empty() || found->second[0] == "0") continue;
    const std::string item = fmt::format("{} {}", name, escaped(found->second[0]));
    if (lines.empty() || static_cast<int>(lines.back().size() + item.size()) + 3 > columns) {
      if (!lines.empty()) lines.back() += ",";
      lines.push_back(item);
    } else {
      lines.back() += ", " + item;
    }
  }
  return lines;
}

}  // namespace

std::string run_page(const RunReport& report, const std::string& program,
                     const Terminal& terminal) {
  std::string text;
  const auto row = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += page_row(name, value) + "\n";
  };
  text += terminal.bold(escaped(report.path)) + "\n";
  for (const std::string& note : report.notes) {
    text += fmt::format("{} {}\n", terminal.warning("note:"), printable(note));
  }
  text += "\n";
  if (report.checkpoint) row("run", progress_line(*report.checkpoint));
  if (const auto values = losses(report, &Report::train_loss); !values.empty()) {
    row("train loss", curve_text(values, terminal));
  }
  if (const auto values = losses(report, &Report::validation_loss); !values.empty()) {
    const double best = *std::min_element(values.begin(), values.end());
    row("validation", curve_text(values, terminal) + fmt::format(", best {:.4f}", best));
  }
  if (report.checkpoint) {
    std::string_view name = "settings";
    for (const std::string& line :
         settings_lines(report.checkpoint->settings, terminal.width() - kPageIndent)) {
      row(std::exchange(name, ""), line);
    }
    const TrainingProgress& progress = report.checkpoint->progress;
    if (progress.step < progress.total_steps && !has_stopped_early(*report.checkpoint)) {
      row("go on", fmt::format("{} train --resume {}", program, shell_argument(report.path)));
    }
  }
  if (!report.has_model) row("model", terminal.dim("none yet: training has not measured one"));
  return text;
}

JsonOutput run_json(const RunReport& report) {
  JsonOutput json;
  json["path"] = report.path;
  json["has_model"] = report.has_model;
  json["notes"] = report.notes;
  json["reports"] = report.reports;
  if (!report.metrics.empty()) {
    const Report& last = report.metrics.back();
    json["step"] = last.step;
    json["train_loss"] = last.train_loss;
    json["validation_loss"] = last.validation_loss;
  }
  if (report.checkpoint) {
    const TrainingProgress& progress = report.checkpoint->progress;
    JsonOutput& checkpoint = json["checkpoint"];
    checkpoint["step"] = progress.step;
    checkpoint["total_steps"] = progress.total_steps;
    checkpoint["epoch"] = progress.epoch;
    checkpoint["characters"] = progress.characters;
    checkpoint["seconds"] = progress.seconds;
    checkpoint["best_step"] = progress.best_step;
    checkpoint["best_validation_loss"] = progress.best_validation_loss;
    checkpoint["settings"] = report.checkpoint->settings;
  }
  return json;
}

}  // namespace charrnn
