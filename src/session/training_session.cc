#include "session/training_session.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/short_number.h"
#include "engine/factory/make_trainable_network.h"
#include "engine/machine_text.h"
#include "generate/generator.h"
#include "model/parameters.h"
#include "session/baseline_line.h"
#include "session/recent_loss.h"
#include "session/train_budget.h"
#include "text/characters/display.h"
#include "text/corpus/plain_text.h"
#include "train/checkpoint/corpus_hash.h"
#include "train/checkpoint/passage.h"
#include "train/initial_model.h"
#include "train/settings/config_file.h"
#include "train/settings/earlier_settings.h"
#include "train/validation.h"

namespace charrnn {
namespace {

// The weights to begin with and the generator behind them.
Parameters first_weights(const TrainingSetup& setup, const TrainingSettings& settings,
                         MersenneTwister& generator) {
  Parameters weights = fresh_values(setup.plan.config, settings, generator);
  return setup.begin_with ? grown(*setup.begin_with, std::move(weights)) : weights;
}

std::string config_heading(const TrainingSetup& setup) {
  return fmt::format(
      "{} {}. The same model again: charrnn train --config THIS_FILE --out RUN\n"
      "# Chosen by: {}\n"
      "# Computed on: {}\n",
      kRunHeading, CHARRNN_VERSION, setup.choice, machine_text(setup.machine));
}

std::string resumed_text(const Trainer& trainer, const TrainingSettings& settings,
                         std::string_view machine) {
  const TrainingProgress& progress = trainer.progress();
  if (progress.step >= progress.total_steps) {
    return fmt::format(
        "the run is finished, at step {}; to train on: a larger --steps or --epochs, or --time",
        grouped(progress.step));
  }
  if (trainer.is_finished()) {
    return fmt::format(
        "the run is finished: it stopped early at step {} (--patience {}); to train on: --patience "
        "0, or one above {}",
        grouped(progress.step), settings.patience, trainer.early_stopping().losses_without_gain);
  }
  return fmt::format("going on at step {} of {}{} ({})", grouped(progress.step),
                     settings.time_budget > 0 ? "about " : "", grouped(progress.total_steps),
                     machine);
}

}  // namespace

void SessionObserver::sample(Network& engine) { session_->sample(engine); }

TrainingSession::TrainingSession(const TrainingRequest& request, SessionObserver& observer)
    : request_(request), observer_(observer) {
  observer.session_ = this;
  setup_ = set_up_training(request_, observer);
  engine_ = make_trainable_network(setup_->plan.config, setup_->engine);
  setup_->machine = engine_->info();
}

TrainingSession::~TrainingSession() { observer_.session_ = nullptr; }

void TrainingSession::measure_speed(double seconds) {
  MersenneTwister generator(setup_->seed);
  engine_->load_weights(first_weights(*setup_, settings(), generator));
  setup_->speed = charrnn::measure_speed(*engine_, *setup_->plan.batches,
                                         setup_->plan.parts.validation, settings(), seconds);
}

void TrainingSession::prepare() {
  const double budget = settings().time_budget;
  const bool is_measured = budget > 0 && !setup_->checkpoint;
  if (is_measured) {
    measure_speed(std::min(0.01 * budget, 2.0));
    limit_validation(request_, *setup_, observer_);
  }
  measure_what_to_beat();
  if (is_measured) {
    fit_budget(request_, *setup_, budget - seconds_spent() - seconds_after());
  }
  note_what_has_no_effect();
}

double TrainingSession::estimate() {
  if (setup_->checkpoint) {
    note_what_has_no_effect();
    return -1;
  }
  const double budget = settings().time_budget;
  measure_speed(budget > 0 ? std::min(0.01 * budget, 2.0) : 0.5);
  if (budget > 0) {
    limit_validation(request_, *setup_, observer_);
    fit_budget(request_, *setup_, budget - seconds_spent() - seconds_after());
  }
  note_what_has_no_effect();
  const auto total = static_cast<double>(setup_->plan.total_steps);
  const double validations =
      total / static_cast<double>(std::max<int64_t>(1, settings().evaluate_every));
  return seconds_spent() + setup_->speed.step * total + setup_->speed.validation * validations;
}

// What was given for this run and changes nothing in it.
void TrainingSession::note_what_has_no_effect() {
  const OptionTable& table = request_.table;
  for (const Option& option : table.options()) {
    if (!option.is_given()) continue;
    const std::string why = table.without_effect(option);
    if (!why.empty()) observer_.said(why);
  }
  const int64_t warmup = settings().warmup_steps, total = setup_->plan.total_steps;
  if (table.of(settings().warmup_steps).is_given() && total > 0 && warmup > total) {
    observer_.said(fmt::format(
        "--warmup-steps {} is longer than the run ({} steps): the learning rate ends at {:.2g}",
        warmup, total,
        settings().learning_rate * static_cast<double>(total) / static_cast<double>(warmup)));
  }
}

// What an n-gram model and a compressor make of the validation part: measured once in a run, before
// it begins, and kept in metrics.jsonl.
void TrainingSession::measure_what_to_beat() {
  constexpr double kPartOfBudget = 0.02, kMaxSeconds = 10;
  const double budget = settings().time_budget;
  const Split& parts = setup_->plan.parts;
  if (parts.validation.size < 2) return;
  likeness_ = likeness(parts.training, parts.validation, setup_->corpus.vocabulary.size());
  if (setup_->checkpoint) {
    for (const std::string& line : setup_->run->notes()) {
      const auto known = read_baseline_line(line);
      if (!known) continue;
      baseline_ = *known;
      if (baseline_.scored_characters > 0) return;  // version 0.1.0 does not say of how many
      break;
    }
  }
  baseline_ =
      measure_baseline(setup_->corpus.vocabulary, parts.training, parts.validation,
                       budget > 0 ? std::min(kPartOfBudget * budget, kMaxSeconds) : kMaxSeconds,
                       [this] { return observer_.stop(); });
}

// A checkpoint holds up to nine numbers for each weight; while one is written there are the one
// before it and the one before that.
void TrainingSession::warn_of_little_room() {
  const double checkpoint = 9 * 4 * static_cast<double>(parameter_count(setup_->plan.config));
  std::error_code error;
  const auto room = std::filesystem::space(setup_->run_path, error).available;
  if (error || static_cast<double>(room) >= 3.5 * checkpoint) return;
  observer_.warned(fmt::format("there is little room on the disk: {}, and a run keeps about {}",
                               byte_size(static_cast<double>(room)), byte_size(3.5 * checkpoint)));
}

void TrainingSession::open_tensorboard() {
  const TrainingOptions& options = request_.options;
  if (options.tensorboard.empty()) return;
  const int64_t before = setup_->checkpoint ? setup_->checkpoint->progress.step : 0;
  tensorboard_ = std::make_unique<TensorBoardStore>(
      *setup_->run,
      TensorBoardStore::Where{
          .folder = options.tensorboard,
          .step = [this, before] { return trainer_ == nullptr ? before : progress().step; },
          .with_weights = options.tensorboard_weights});
}

void TrainingSession::keep_text() {
  setup_->run->write_text(std::exchange(setup_->kept_text, {}));
  std::vector<std::string>& text = request_.options.settings.text;
  const std::string path = std::filesystem::absolute(setup_->run->text_path()).lexically_normal();
  request_.table.overrule(text, {path}, request_.table.of(text).source);
  if (request_.text_in_memory) return;
  observer_.said(fmt::format("{}: a copy is kept ({})",
                             setup_->corpus.can_be_read_again ? "the text's name is not UTF-8"
                                                              : "the text cannot be read again",
                             path));
}

void TrainingSession::write_config() {
  setup_->run->write_config(config_text(request_.table, config_heading(*setup_)));
}

void TrainingSession::create_run() {
  if (setup_->run == nullptr) {
    const TrainingOptions& options = request_.options;
    setup_->run = RunFolder::create(setup_->run_path, options.force, options.resume);
    if (!setup_->run->moved_to().empty()) {
      observer_.said(fmt::format("the old run is now {}", setup_->run->moved_to()));
    }
  }
  open_tensorboard();
  warn_of_little_room();
  setup_->run->must_not_be_texts(setup_->corpus.sources);
  write_config();  // first: it is what makes the folder a run
  if (!setup_->kept_text.empty()) {
    keep_text();
    write_config();
  }
  setup_->run->write_passage(passage_of(setup_->plan.parts, setup_->corpus.vocabulary));
  setup_->run->begin_metrics(setup_->checkpoint ? setup_->checkpoint->progress.step : 0);
  add_notes();
}

// What metrics.jsonl says of the run as a whole: the figures to beat, once, and for --time when it
// is to end, which is in no setting (a resumed run says so anew, with null where it has no such
// end).
void TrainingSession::add_notes() {
  const std::vector<std::string> notes = setup_->run->notes();
  const auto add = [this](const std::string& line) {
    const std::string problem = setup_->run->append_note(line);
    if (!problem.empty()) observer_.said(problem);
  };
  const std::string to_beat = baseline_line(baseline_);
  const bool is_kept = std::ranges::any_of(
      notes, [](const std::string& line) { return read_baseline_line(line).has_value(); });
  if (!is_kept && !to_beat.empty()) add(to_beat);
  const double budget = settings().time_budget;
  const double before = setup_->checkpoint ? setup_->checkpoint->progress.seconds : 0;
  if (budget > 0) {
    add(fmt::format("{{\"total_seconds\":{:.3f}}}\n", before + budget - seconds_after()));
  } else if (std::ranges::any_of(notes, [](const std::string& line) {
               return line.find("\"total_seconds\"") != std::string::npos;
             })) {
    add("{\"total_seconds\":null}\n");
  }
}

TrainingParts TrainingSession::parts(int64_t until) {
  return {
      .engine = *engine_,
      .batches = *setup_->plan.batches,
      .validation = setup_->plan.parts.validation,
      .borders = setup_->plan.borders,
      .vocabulary = setup_->corpus.vocabulary,
      .settings = settings_now_,
      .setting_values = setting_values(request_.table),
      .seed = setup_->seed,
      .corpus_hash = hash_with_borders(setup_->corpus, settings().documents),
      .max_steps = setup_->max_steps,
      .until = until,
      .seconds_reserved = seconds_after(),
      .step_seconds = setup_->speed.step,
      .validation_seconds = setup_->speed.validation,
      .store = tensorboard_ ? static_cast<TrainingStore*>(tensorboard_.get()) : setup_->run.get()};
}

// Trains with the settings of the step and those that follow until some of them change. The engine
// is made anew as for a run that is resumed, so that both compute the same.
void TrainingSession::make_trainer(int64_t step) {
  const bool is_first = trainer_ == nullptr;
  trainer_.reset();
  settings_now_ = settings_at(step, settings());
  EngineOptions options = setup_->engine;
  options.precision = settings_now_.precision;
  if (!is_first || options.precision != setup_->engine.precision) {
    engine_.reset();
    engine_ = make_trainable_network(setup_->plan.config, options);
  }
  TrainingParts now = parts(next_change(step, read_earlier_settings(settings().earlier_settings)));
  if (is_first) now.seconds_spent = seconds_spent();
  trainer_ = std::make_unique<Trainer>(std::move(now), observer_);
}

// Goes on as a run does that is resumed with other settings at this step.
void TrainingSession::repeat_change() {
  Checkpoint checkpoint = trainer_->checkpoint();
  const int64_t step = checkpoint.progress.step, total_steps = checkpoint.progress.total_steps;
  make_trainer(step);
  OptionTable table;
  settings_now_.declare(table);
  for (const EarlierSetting& earlier : read_earlier_settings(settings().earlier_settings)) {
    if (earlier.until != step) continue;
    observer_.said(change_text(earlier.name, table.find(earlier.name)->show(), earlier.value));
  }
  trainer_->resume(std::move(checkpoint), total_steps);
}

StopReason TrainingSession::train() {
  make_trainer(setup_->checkpoint ? setup_->checkpoint->progress.step : 0);
  if (setup_->checkpoint) {
    trainer_->resume(std::move(*setup_->checkpoint), setup_->plan.total_steps);
    observer_.said(resumed_text(*trainer_, settings(), machine_text(setup_->machine)));
  } else {
    MersenneTwister generator(setup_->seed);
    const Parameters weights = first_weights(*setup_, settings(), generator);
    setup_->begin_with.reset();
    trainer_->start(weights, generator, setup_->plan.total_steps);
  }
  StopReason reason = trainer_->run();
  while (trainer_->is_at_change()) {
    repeat_change();
    reason = trainer_->run();
  }
  if (reason != StopReason::kSignal) keep_length();
  return reason;
}

// The length that a run came to have stands in its config.toml, to repeat it: a budget's run by its
// steps, the time that they took playing no part then; any run by the changes of its length.
void TrainingSession::keep_length() {
  TrainingSettings& settings = request_.options.settings;
  const bool has_budget = settings.time_budget > 0;
  const std::string changes = changes_text(progress().changes);
  if (!has_budget && progress().changes.empty()) return;
  request_.table.overrule(settings.steps, has_budget ? progress().step : progress().total_steps,
                          OptionSource::kMeasured);
  if (settings.steps > settings.epochs * setup_->plan.batches->batches_per_epoch()) {
    request_.table.overrule(settings.epochs, 0, OptionSource::kMeasured);
  }
  request_.table.overrule(settings.schedule_changes, changes, OptionSource::kMeasured);
  write_config();
}

// Of a time budget: what is kept for the report at the end.
double TrainingSession::seconds_after() const {
  const auto scored = static_cast<double>(baseline_.scored_characters);
  const auto validated = static_cast<double>(setup_->plan.parts.validation.size);
  // A long held-out part is compared with the baselines by its beginning, which is read once more.
  const double comparing = scored < validated ? setup_->speed.validation * scored / validated : 0;
  return std::min(0.005 * settings().time_budget, 0.5) + comparing;
}

std::optional<Copying> TrainingSession::measure_copying() {
  constexpr double kMaxSeconds = 2;
  const double budget = settings().time_budget;
  const Split& parts = setup_->plan.parts;
  return charrnn::measure_copying(*engine_, trainer_->model(), parts.training, parts.validation,
                                  budget > 0 ? std::min(0.004 * budget, 0.4) : kMaxSeconds);
}

// Of the characters that the baselines scored. The engine holds the kept model.
double TrainingSession::compared_loss() const {
  const IdView validation = setup_->plan.parts.validation;
  const auto scored = static_cast<size_t>(baseline_.scored_characters);
  if (scored < 2 || scored > validation.size) return kUnknown;
  if (scored == validation.size) return progress().best_validation_loss;
  return validation_loss(*engine_, validation.part(0, scored), setup_->plan.borders).mean;
}

// Of stretches spread over the training part, as many as there is time for. The engine holds the
// kept model.
double TrainingSession::training_loss() const {
  constexpr size_t kStretches = 16, kStretch = 4096, kMinStretch = 64, kFewest = 4;
  constexpr double kMaxSeconds = 2;
  const double budget = settings().time_budget;
  const Clock::time_point end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                         budget > 0 ? std::min(0.001 * budget, 0.1) : kMaxSeconds));
  const IdView training = setup_->plan.parts.training;
  const size_t distance = training.size / kStretches, size = std::min(distance, kStretch);
  if (size < kMinStretch) return kUnknown;
  double sum = 0;
  size_t count = 0;
  // Every fifth, so that a few are spread as well.
  for (; count < kStretches && (count == 0 || Clock::now() < end); ++count) {
    const IdView part = training.part(count * 5 % kStretches * distance, size);
    sum += validation_loss(*engine_, part, setup_->plan.borders).mean;
  }
  return count < kFewest ? kUnknown : sum / static_cast<double>(count);
}

// Over the steps before `step`, as many as between two validations, and a twentieth of the run at
// least. reported: where metrics.jsonl has none of them.
double TrainingSession::running_loss(int64_t step, double reported) const {
  if (setup_->run == nullptr) return reported;
  const int64_t steps = std::max(settings().evaluate_every, progress().step / 20);
  const double recent = recent_loss(setup_->run->metrics_path(), step - steps, step);
  return std::isnan(recent) ? reported : recent;
}

Outcome TrainingSession::outcome(StopReason reason, const std::optional<Copying>& copying) {
  const TrainingProgress& now = progress();
  Outcome outcome;
  outcome.unit = unit_name(setup_->corpus.vocabulary.encoding());
  outcome.vocabulary_size = setup_->corpus.vocabulary.size();
  outcome.hidden_size = setup_->plan.config.hidden_size;
  outcome.learning_rate = settings().learning_rate;
  outcome.output_dropout = settings().output_dropout;
  outcome.passes = static_cast<double>(now.epoch) +
                   static_cast<double>(now.batch) /
                       static_cast<double>(setup_->plan.batches->batches_per_epoch());
  outcome.step = now.step;
  outcome.best_step = now.best_step;
  outcome.interrupted = reason == StopReason::kSignal;
  outcome.stopped_early = reason == StopReason::kEarly;
  outcome.by_time = settings().time_budget > 0;
  outcome.is_held_out = setup_->plan.parts.validation.size >= 2;
  outcome.is_too_short = !outcome.is_held_out && settings().validation_fraction > 0;
  outcome.loss = now.best_validation_loss;
  outcome.margin = now.best_validation_margin;
  outcome.last_loss = now.validation_loss;
  outcome.running_loss = running_loss(now.best_step, now.best_train_loss);
  outcome.last_running_loss = running_loss(now.step, now.train_loss);
  outcome.baseline = baseline_;
  outcome.likeness = likeness_;
  if (copying) {
    outcome.copied_share = copying->report.share();
    outcome.held_out_copied_share = copying->held_out_share;
  }
  if (outcome.interrupted || std::isnan(outcome.loss)) return outcome;
  engine_->load_weights(trainer_->model().weights);
  outcome.compared_loss = compared_loss();
  outcome.training_loss = training_loss();
  return outcome;
}

// Sampling has a generator of its own, so training continues as if there were no sample; its draws
// follow from the step, so a resumed run writes the samples of an unbroken one.
void TrainingSession::sample(Network& engine) {
  const Vocabulary& vocabulary = setup_->corpus.vocabulary;
  TextRequest request;
  const std::string& prompt = settings_now_.sample_prompt;
  request.prompt =
      vocabulary.encode(settings().reading.newline_lf ? with_line_feeds(prompt) : prompt).ids;
  request.seed = setup_->seed;
  request.index = static_cast<uint64_t>(progress().step / settings_now_.sample_every - 1);
  request.max_characters = settings_now_.sample_length;
  Generator generator(engine, vocabulary, 1);
  if (settings().documents == DocumentKind::kLines) {
    generator.forget_before(vocabulary.find(U'\n').value_or(-1));
  }
  std::string text = vocabulary.text(request.prompt);
  generator.add(std::move(request), [&](const TextPiece& piece) { text += piece.text; });
  while (generator.step()) {
  }
  const std::string problem = setup_->run->append_sample(progress().step, text);
  if (!problem.empty()) observer_.warned(problem);
  if (tensorboard_) {
    const std::string failure = tensorboard_->append_sample(progress().step, text);
    if (!failure.empty()) observer_.warned(failure);
  }
  observer_.sampled(text);
}

}  // namespace charrnn
