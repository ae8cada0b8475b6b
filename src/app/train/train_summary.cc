// The texts around a run: the plan before it, the summary and the JSON object after it.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "app/terminal/figures_text.h"
#include "app/terminal/number_text.h"
#include "app/terminal/word_wrap.h"
#include "app/train/train_view.h"
#include "base/join.h"
#include "base/json/json.h"
#include "base/short_number.h"
#include "engine/machine_text.h"
#include "model/parameters.h"
#include "text/characters/display.h"
#include "text/characters/shell_word.h"

namespace charrnn {
namespace {

// What `--device auto` may decide otherwise another time, where there is a choice.
std::string device_option(const EngineInfo& machine) {
  if (machine.device == "cuda") return " --device cuda";
  return machine.device == "cpu" && is_there_a_gpu() ? " --device cpu" : "";
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

// Why a run stopped before its last step.
std::string early_text(const TrainingSetup& setup, int64_t count) {
  if (setup.plan.parts.validation.size >= 2) {
    return fmt::format(", then stopped early: {} validations without improvement", count);
  }
  return fmt::format(
      ", then stopped early: {} measurements of the training loss without improvement", count);
}

// A command to paste stays on one line.
std::string command_row(const Context& context, std::string_view name, std::string_view command) {
  return fmt::format("  {}{}{}\n", context.err.dim(name), std::string(14 - name.size(), ' '),
                     context.err.accent(command));
}

std::string row(const Context& context, std::string_view name, std::string_view text) {
  return fmt::format("  {}{}{}\n", context.err.dim(name), std::string(14 - name.size(), ' '),
                     fitted(context.err, text, 16));
}

std::string cell_text(const ModelConfig& config) {
  std::string name(cell_traits(config.cell).torch_name);
  return fmt::format("{}, {} layer{} of {}, {}, {} parameters", name, config.layers,
                     config.layers == 1 ? "" : "s", config.hidden_size,
                     config.one_hot ? std::string("one-hot input")
                                    : fmt::format("embedding {}", config.embedding_size),
                     grouped(trainable_parameter_count(config)));
}

std::string_view unit_of(const TrainingSetup& setup) {
  return unit_name(setup.corpus.vocabulary.encoding());
}

std::string parts_text(const TrainingSetup& setup) {
  const auto& parts = setup.plan.parts;
  return fmt::format("{} {}s ({} to learn from, {} to validate), {} different",
                     grouped(setup.corpus.ids.size()), unit_of(setup), grouped(parts.training.size),
                     grouped(parts.validation.size), setup.corpus.vocabulary.size());
}

// "1 epoch", "12 epochs", "11.5 epochs"
std::string epochs_text(double epochs) {
  const bool whole = epochs == std::round(epochs);
  const std::string count =
      epochs < 1 ? fmt::format("{:.2g}", epochs) : fmt::format("{:.{}f}", epochs, whole ? 0 : 1);
  return fmt::format("{} epoch{}", count, count == "1" ? "" : "s");
}

double epochs_of(const TrainingSetup& setup, const TrainingProgress& progress) {
  return static_cast<double>(progress.epoch) +
         static_cast<double>(progress.batch) /
             static_cast<double>(setup.plan.batches->batches_per_epoch());
}

}  // namespace

std::string plan_text(const Context& context, const TrainingSession& session, double seconds) {
  const TrainingSetup& setup = session.setup();
  const TrainingSettings& settings = session.settings();
  const int64_t per_epoch = setup.plan.batches->batches_per_epoch();
  const double epochs =
      static_cast<double>(setup.plan.total_steps) / static_cast<double>(per_epoch);
  std::string text;
  text += row(context, "text", parts_text(setup));
  text += row(context, "network", cell_text(setup.plan.config));
  text += row(context, "batch",
              fmt::format("{} × {}",
                          counted(settings.batch_size,
                                  settings.objective == Objective::kAll ? "stream" : "window"),
                          counted(settings.sequence_length, "step")));
  text += row(context, "steps",
              fmt::format("{} ({} of {})", grouped(setup.plan.total_steps), epochs_text(epochs),
                          grouped(per_epoch)));
  text += row(context, "computed on", machine_text(setup.machine));
  text += row(context, "memory", "about " + byte_size(setup.memory));
  if (seconds >= 0) text += row(context, "time", fmt::format("about {}", clock_text(seconds)));
  text += row(context, "run", printable(setup.run_path));
  return text;
}

std::string summary_text(const Context& context, const TrainingSession& session, StopReason reason,
                         const Outcome& outcome) {
  const TrainingSetup& setup = session.setup();
  const TrainingProgress& progress = session.progress();
  const std::string run = shell_argument(setup.run_path);
  std::string text = fmt::format(
      "{} {}, {}, {} {}s in {}{}\n",
      context.err.bold(reason == StopReason::kSignal ? "stopped" : "trained"),
      counted(progress.step, "step"), epochs_text(epochs_of(setup, progress)),
      short_number(static_cast<double>(progress.characters)), unit_of(setup),
      clock_text(progress.seconds),
      reason == StopReason::kEarly ? early_text(setup, session.losses_without_gain()) : "");
  if (std::isnan(progress.best_validation_loss) && std::isfinite(progress.train_loss)) {
    const size_t held_out = setup.plan.parts.validation.size;
    text += row(context, "loss",
                fmt::format("{:.4f} nats on the training text ({})", progress.train_loss,
                            held_out >= 2   ? "not validated yet"
                            : held_out == 1 ? "a single " + std::string(unit_of(setup)) +
                                                  " is held out, too little to validate on"
                                            : "none held out"));
  }
  const std::string said = join(sentences(outcome), " ");
  if (!said.empty()) text += "  " + wrap_words(said, context.err.width(), 2) + "\n";
  text += row(context, "model", printable(setup.run_path) + "/model.safetensors");
  if (reason == StopReason::kSignal) {
    // A budget is in no setting: without what is left of it the run would go on to its last epoch.
    const std::string rest = session.seconds_left() > 0
                                 ? fmt::format(" --time {:.0f}s", std::ceil(session.seconds_left()))
                                 : "";
    return text + command_row(context, "go on",
                              fmt::format("{} train --resume -o {}{}", context.program, run, rest));
  }
  if (setup.speed.step > 0) {
    const std::string folder = without_slash(setup.run_path);
    text += row(context, "again", "the same model, bit for bit:");
    text +=
        command_row(context, "",
                    fmt::format("{} train --config {}{} -o {}", context.program,
                                shell_argument(folder + "/config.toml"),
                                device_option(setup.machine), shell_argument(folder + "-again")));
  }
  text += command_row(context, "try", fmt::format("{} sample {}", context.program, run));
  text += command_row(context, "", fmt::format("{} serve {}", context.program, run));
  return text;
}

std::string result_json(const TrainingSession& session, StopReason reason, const Outcome& outcome,
                        const std::optional<Copying>& copying) {
  const TrainingSetup& setup = session.setup();
  const TrainingProgress& progress = session.progress();
  const Baseline& baseline = session.baseline();
  const ModelConfig& config = setup.plan.config;
  JsonOutput json;  // where a number is not finite it has null
  json["run"] = setup.run_path;
  json["model"] = setup.run_path + "/model.safetensors";
  json["cell"] = cell_traits(config.cell).name;
  json["layers"] = config.layers;
  json["hidden_size"] = config.hidden_size;
  json["embedding_size"] = config.embedding_size;
  json["unit"] = unit_of(setup);
  json["vocabulary_size"] = config.vocabulary_size;
  json["parameters"] = trainable_parameter_count(config);
  json["steps"] = progress.step;
  json["epochs"] = epochs_of(setup, progress);
  json["characters_seen"] = progress.characters;
  json["seconds"] = progress.seconds;
  json["characters_per_second"] =
      static_cast<double>(progress.characters) / std::max(progress.seconds, 1e-9);
  json["train_loss"] = progress.train_loss;
  json["validation_loss"] = progress.validation_loss;
  json["validation_bits_per_character"] = bits(progress.validation_loss);
  json["best_validation_loss"] = progress.best_validation_loss;
  json["stopped"] = stop_reason_name(reason);
  json["device"] = setup.machine.device;
  if (std::isfinite(progress.best_validation_margin)) {
    json["best_validation_margin"] = progress.best_validation_margin;
  }
  if (std::isfinite(baseline.ngram_loss)) {
    json["ngram_loss"] = baseline.ngram_loss;
    json["ngram_context"] = baseline.ngram_context;
  }
  if (std::isfinite(baseline.compressor_bits_per_character)) {
    json["compressor_bits_per_character"] = baseline.compressor_bits_per_character;
  }
  if (baseline.scored_characters > 0) json["baseline_characters"] = baseline.scored_characters;
  if (std::isfinite(outcome.compared_loss)) json["compared_loss"] = outcome.compared_loss;
  if (std::isfinite(outcome.training_loss)) json["training_part_loss"] = outcome.training_loss;
  if (copying) {
    json["longest_copy"] = copying->report.longest;
    json["copied_share"] = copying->report.share();
    if (std::isfinite(copying->held_out_share)) {
      json["held_out_copied_share"] = copying->held_out_share;
    }
  }
  json["limit"] = limit_name(limit_of(outcome));
  json["report"] = sentences(outcome);
  return dump_json(json);
}

}  // namespace charrnn
