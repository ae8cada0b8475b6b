#include "train/plan/plan.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/short_number.h"
#include "model/parameters.h"

namespace charrnn {
namespace {

constexpr size_t kFewToValidate = 200;  // characters

void fit_batch_to(const Split& parts, const TrainingSettings& settings, bool strict, Plan& plan) {
  const bool windows = settings.objective == Objective::kLast;
  const BatchFit fit =
      fit_batch(parts.training.size, settings.batch_size, settings.sequence_length, windows);
  if (fit.streams == 0) {
    throw Error(
        ErrorKind::kData, "text_too_short",
        fmt::format("the text is too short: to learn from, 2 characters are needed, there is "
                    "{}",
                    parts.training.size),
        "give a longer text, or a smaller --val-fraction");
  }
  plan.fitted.batch_size = fit.streams;
  plan.fitted.sequence_length = fit.steps;
  if (!fit.shrunk()) return;
  const std::string what = fmt::format(
      "the text is short ({} to learn from): --batch-size {} × --seq-length "
      "{} fit at most",
      counted(parts.training.size, "character"), fit.streams, fit.steps);
  if (strict) {
    throw Error(ErrorKind::kData, "text_too_short", what, "choose these, or leave out --strict");
  }
  plan.notes.push_back(what + " and are used");
}

int64_t usual_validation_interval(const Plan& plan, int64_t total) {
  const int64_t rarely = std::max<int64_t>(1, total / 50), often = std::max<int64_t>(1, total / 20);
  // Reading a character costs a third of training on it.
  const auto validation = static_cast<int64_t>(plan.parts.validation.size);
  const int64_t learned = int64_t{plan.fitted.batch_size} * plan.fitted.sequence_length;
  const int64_t affordable = std::min(total, (4 * validation + 3 * learned - 1) / (3 * learned));
  return std::max(std::clamp(plan.batches->batches_per_epoch(), rarely, often), affordable);
}

}  // namespace

Split split(const Corpus& corpus, const TrainingSettings& settings) {
  Split parts = split(corpus, settings.validation_fraction);
  if (!fractions_fit(settings)) {
    throw Error(ErrorKind::kUsage, "bad_value",
                fmt::format("--train-fraction {} and --val-fraction {} are more than the whole "
                            "text together",
                            settings.training_fraction, settings.validation_fraction),
                "make them 1 or less together");
  }
  if (settings.training_fraction > 0) {
    const auto size =
        static_cast<size_t>(static_cast<double>(corpus.ids.size()) * settings.training_fraction);
    parts.training = parts.training.part(0, std::min(parts.training.size, size));
  }
  if (settings.validation_characters > 0) {
    const auto size = static_cast<size_t>(settings.validation_characters);
    parts.validation = parts.validation.part(0, std::min(parts.validation.size, size));
  }
  return parts;
}

ModelConfig model_config(const TrainingSettings& settings, int vocabulary_size) {
  return {.cell = settings.cell,
          .layers = settings.layers,
          .hidden_size = settings.hidden_size,
          .embedding_size = settings.one_hot ? vocabulary_size : settings.embedding_size,
          .vocabulary_size = vocabulary_size,
          .one_hot = settings.one_hot};
}

Plan make_plan(const Corpus& corpus, const TrainingSettings& settings, bool strict) {
  Plan plan;
  plan.parts = split(corpus, settings);
  if (settings.validation_fraction > 0 && plan.parts.validation.size < 2) {
    plan.notes.push_back(
        "the validation part is too short: no validation loss, the last model is kept");
  } else if (plan.parts.validation.size > 0 && plan.parts.validation.size < kFewToValidate) {
    plan.notes.push_back(fmt::format(
        "the validation part has {} only: its loss says little, and which model is best "
        "is partly chance",
        counted(plan.parts.validation.size, "character")));
  }
  fit_batch_to(plan.parts, settings, strict, plan);
  plan.config = model_config(settings, corpus.vocabulary.size());
  plan.fitted.embedding_size = plan.config.embedding_size;
  const bool windows = settings.objective == Objective::kLast;
  plan.borders = borders_of(corpus.vocabulary, corpus.document_begins, settings.documents);
  const int streams = plan.fitted.batch_size, steps = plan.fitted.sequence_length;
  plan.batches = windows ? make_window_batches(plan.parts.training, streams, steps, plan.borders)
                         : make_stream_batches(plan.parts.training, streams, steps, plan.borders,
                                               settings.stream_offset);
  if (corpus.vocabulary.size() == 1) {
    plan.notes.push_back(
        "the text repeats one character: the loss is 0, there is nothing to learn");
  }
  const int64_t per_epoch = plan.batches->batches_per_epoch();
  const int64_t by_epochs = settings.epochs * per_epoch;
  plan.total_steps = settings.steps == 0    ? by_epochs
                     : settings.epochs == 0 ? settings.steps
                                            : std::min(settings.steps, by_epochs);
  const int64_t total = std::max<int64_t>(plan.total_steps, 1);
  plan.fitted.evaluate_every = settings.evaluate_every > 0 ? settings.evaluate_every
                                                           : usual_validation_interval(plan, total);
  plan.fitted.report_every =
      settings.report_every > 0 ? settings.report_every : usual_report_interval(total);
  return plan;
}

int64_t usual_report_interval(int64_t total_steps) {
  return std::max<int64_t>(1, total_steps / 200);
}

void take_values(const FittedSettings& fitted, TrainingSettings& settings, OptionTable& table) {
  const auto take = [&table](auto& setting, auto value) {
    if (setting != value) table.overrule(setting, value, OptionSource::kMeasured);
  };
  take(settings.batch_size, fitted.batch_size);
  take(settings.sequence_length, fitted.sequence_length);
  take(settings.embedding_size, fitted.embedding_size);
  take(settings.evaluate_every, fitted.evaluate_every);
  take(settings.report_every, fitted.report_every);
}

double memory_estimate(const ModelConfig& config, const TrainingSettings& settings,
                       double text_bytes) {
  constexpr double kProgram = 20e6;
  const auto parameters = static_cast<double>(parameter_count(config));
  // In the engine: weights, the same packed for backward, the gradients of two parts, two moments.
  // On the host: the best model, and two more copies while a model is validated or saved.
  double copies = 6 + 3;
  copies += std::max(0, std::min(settings.parts, settings.batch_size) - 2);
  const bool averaged = settings.average_decay > 0;
  if (averaged) ++copies;
  if (settings.recurrent_dropout > 0 || settings.embedding_dropout > 0) ++copies;
  // What a rollback restores: weights, moments, EMA.
  if (settings.on_nan == OnNan::kRollback) copies += averaged ? 4 : 3;
  // Saved activations: gates, states, masked outputs, the gradient of the logits; and the engine's
  // ring of the last times.
  const double places = 1.0 * settings.batch_size * settings.sequence_length;
  const CellTraits& cell = cell_traits(config.cell);
  const double units = 1.0 * config.layers * config.hidden_size;
  const double per_place = units * (std::max(cell.saved, cell.sums) + cell.states) +
                           config.hidden_size + 2 * config.vocabulary_size;
  const double recent = 4.0 * settings.batch_size * units * (cell.sums + 2);
  return kProgram + text_bytes + 4 * (parameters * copies + places * per_place + recent);
}

double memory_limit() {
  double limit =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    double bytes = 0;
    if (std::ifstream(path) >> bytes && bytes > 0) limit = std::min(limit, bytes);
  }
  return limit;
}

}  // namespace charrnn
