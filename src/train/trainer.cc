#include "train/trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "train/checkpoint/checkpoint_check.h"
#include "train/validation.h"

namespace charrnn {
namespace {

// Nats above a uniform guess that no network reaches on a text that it learns, unless training
// diverges.
constexpr double kDivergedMargin = 1;
// Steps from the one at which an explosion is seen back to one before it began.
constexpr int64_t kBeforeExplosion = 24;

// Finite numbers as text; others as nothing.
void add_fact(Model& model, const char* name, double value) {
  if (std::isfinite(value)) model.facts[name] = fmt::format("{:.6f}", value);
}

}  // namespace

std::string_view stop_reason_name(StopReason reason) {
  switch (reason) {
    case StopReason::kSteps:
      return "steps";
    case StopReason::kEpochs:
      return "epochs";
    case StopReason::kTime:
      return "time";
    case StopReason::kEarly:
      return "early";
    case StopReason::kSignal:
      break;
  }
  return "signal";
}

Trainer::Trainer(TrainingParts parts, TrainingObserver& observer)
    : parts_(std::move(parts)),
      observer_(observer),
      guard_(parts_.engine, parts_.settings.on_nan, parts_.settings.abort_on_explode),
      saver_({.store = parts_.store,
              .every_steps = parts_.settings.checkpoint_every,
              .interval = parts_.settings.checkpoint_interval,
              .checkpoint = [this] { return checkpoint_source(); },
              .model = [this] { return model(); },
              .seconds = [this] { return seconds(); },
              .warn = [this](const std::string& warning) { observer_.warned(warning); }}),
      generator_(parts_.seed) {
  const TrainingSettings& settings = parts_.settings;
  schedule_ = {.kind = settings.schedule,
               .learning_rate = settings.learning_rate,
               .min_learning_rate = settings.min_learning_rate,
               .warmup_steps = settings.warmup_steps,
               .total_steps = 0,
               .changes = {},
               .steps_per_epoch = parts_.batches.batches_per_epoch(),
               .decay = settings.decay,
               .decay_after = settings.decay_after,
               .decay_every = settings.decay_every};
}

void Trainer::start(const Parameters& initial, const MersenneTwister& generator,
                    int64_t total_steps) {
  progress_ = {};
  parts_.engine.load_weights(initial);
  state_ = parts_.engine.new_state(parts_.batches.streams());
  generator_ = generator;
  best_ = {};
  stopping_ = EarlyStopping(parts_.settings.patience, parts_.settings.warmup_steps);
  guard_.start();
  begin_epoch();
  begin_sitting();
  saver_.begin(true);
  plan_first_length(total_steps);
}

void Trainer::resume(Checkpoint checkpoint, int64_t total_steps) {
  check_resumable(checkpoint, parts_.engine.config(), parts_.batches);
  progress_ = checkpoint.progress;
  // Version 0.1.0 counts each step as an update.
  if (progress_.updates == 0) progress_.updates = progress_.step;
  parts_.engine.load(checkpoint.snapshot);
  checkpoint.snapshot = {};
  best_ = std::move(checkpoint.best);
  stopping_ = EarlyStopping(parts_.settings.patience, parts_.settings.warmup_steps,
                            checkpoint.early_stopping);
  guard_.resume(checkpoint.divergence, std::move(checkpoint.good), progress_.step,
                progress_.updates);
  state_ = parts_.engine.new_state(parts_.batches.streams());
  state_->write(checkpoint.carried);
  epoch_generator_ = checkpoint.generator;
  generator_.restore(epoch_generator_);
  parts_.batches.start_epoch(progress_.epoch, generator_);
  begin_sitting();
  saver_.begin(best_.empty());
  plan_next_length(total_steps);
  // The model file may be of a later step than the checkpoint: what follows decides anew.
  if (!best_.empty()) saver_.save_best();
}

void Trainer::begin_sitting() {
  earlier_seconds_ = progress_.seconds;
  start_seconds_ = progress_.seconds += parts_.seconds_spent;
  start_time_ = Clock::now();
  reported_characters_ = progress_.characters;
}

void Trainer::plan_first_length(int64_t total_steps) {
  const TrainingSettings& settings = parts_.settings;
  progress_.total_steps = schedule_.total_steps = total_steps;
  if (settings.time_budget > 0) {
    budget_.emplace(settings.time_budget, parts_.seconds_reserved, parts_.step_seconds,
                    can_validate() ? parts_.validation_seconds : 0);
    progress_.changes = {{0, total_steps}};
  } else {
    progress_.changes = read_changes(settings.schedule_changes);
  }
  schedule_.changes = progress_.changes;
}

void Trainer::plan_next_length(int64_t total_steps) {
  const TrainingSettings& settings = parts_.settings;
  const int64_t step = progress_.step;
  if (progress_.changes.empty()) progress_.changes = read_changes(settings.schedule_changes);
  schedule_.total_steps = progress_.total_steps;
  schedule_.changes = progress_.changes;
  if (settings.time_budget <= 0) return set_length(std::max(total_steps, step), true);
  // Until steps of this sitting are measured: what those before took, and a third of it for each
  // character that is only read.
  const double each = step > 0 ? earlier_seconds_ / static_cast<double>(step) : 0;
  const double learned = double(parts_.batches.steps()) * parts_.batches.streams();
  budget_.emplace(
      settings.time_budget, parts_.seconds_reserved, each,
      can_validate() ? each * static_cast<double>(parts_.validation.size) / (3 * learned) : 0);
  const bool done = step >= progress_.total_steps;
  const int64_t fitting = budget_->fitting_steps(
      step, progress_.total_steps, can_validate() ? settings.evaluate_every : 0, sitting_seconds());
  set_length(std::max(fitting, step + 1), done);
}

// The run becomes so long. What has been learned so far stays as it is, and the changes are kept,
// so that the run can be repeated.
void Trainer::set_length(int64_t total_steps, bool anew) {
  if (budget_ && parts_.max_steps > 0) {
    total_steps = std::max(progress_.step, std::min(total_steps, parts_.max_steps));
  }
  if (total_steps == progress_.total_steps) return;
  if (progress_.step < total_steps) {
    const bool has_first = !progress_.changes.empty() && progress_.changes.front().step == 0;
    if (!has_first && progress_.total_steps > 0) {
      progress_.changes.insert(progress_.changes.begin(), {0, progress_.total_steps});
    }
    add_change(progress_.changes, {progress_.step, total_steps, anew});
    schedule_.changes = progress_.changes;
  }
  progress_.total_steps = total_steps;
}

// With a time budget the run is as long as fits into it, faster or slower as the machine is now.
void Trainer::keep_time() {
  if (!budget_) return;
  const double now = sitting_seconds();
  if (!budget_->due(now) && progress_.step < progress_.total_steps) return;
  const int64_t planned = progress_.total_steps;
  const int64_t evaluate_every = can_validate() ? parts_.settings.evaluate_every : 0;
  set_length(budget_->fitting_steps(progress_.step, planned, evaluate_every, now), false);
  if (progress_.total_steps != planned) observer_.replanned(progress_);
}

double Trainer::seconds() const {
  return start_seconds_ + std::chrono::duration<double>(Clock::now() - start_time_).count();
}

double Trainer::epochs_done() const {
  return static_cast<double>(progress_.epoch) +
         static_cast<double>(progress_.batch) /
             static_cast<double>(parts_.batches.batches_per_epoch());
}

double Trainer::uniform_loss() const { return std::log(parts_.vocabulary.size()); }

bool Trainer::is_finished() const {
  return progress_.step >= progress_.total_steps || stopping_.is_over();
}

StopReason Trainer::run() {
  const StopReason reason = loop();
  finish(reason);
  return reason;
}

StopReason Trainer::loop() {
  const TrainingSettings& settings = parts_.settings;
  if (stopping_.is_over()) return StopReason::kEarly;  // before this sitting
  while (progress_.step < progress_.total_steps) {
    if (observer_.stop() || progress_.step >= parts_.until) return StopReason::kSignal;
    if (out_of_time()) return StopReason::kTime;
    if (progress_.batch == parts_.batches.batches_per_epoch()) {
      ++progress_.epoch;
      begin_epoch();
    }
    step();
    keep_time();
    const bool last = progress_.step == progress_.total_steps;
    const bool ends_length = last || schedule_.begins_anew(progress_.step);
    const auto due = [&](int64_t every) {
      return ends_length || (every > 0 && progress_.step % every == 0);
    };
    const bool judging = due(settings.evaluate_every);
    if (judging) judge();
    if ((judging && can_validate()) || due(settings.report_every)) report();
    if (settings.sample_every > 0 && progress_.step % settings.sample_every == 0) {
      with_model_weights([&] { observer_.sample(parts_.engine); });
    }
    const bool pauses = progress_.step == parts_.until;  // a resumed run went on from here
    if (judging && !last && !pauses && stopping_.is_over()) return StopReason::kEarly;
    if (saver_.save_if_due(progress_.step, !best_.empty())) saved();
  }
  const bool by_time = budget_ && (parts_.max_steps == 0 || progress_.step < parts_.max_steps);
  if (by_time) return StopReason::kTime;
  return settings.steps > 0 ? StopReason::kSteps : StopReason::kEpochs;
}

// A run that stops before its last step for good is measured where it stands; one that was
// interrupted is not, since it may go on and must then decide as if it had never stopped.
void Trainer::finish(StopReason reason) {
  const int64_t measured_step = can_validate() ? validated_step_ : reported_step_;
  if (reason == StopReason::kTime && measured_step != progress_.step) {
    judge();
    report();
  }
  if (reason == StopReason::kTime) progress_.total_steps = progress_.step;
  progress_.seconds = seconds();
  saver_.save(!best_.empty());
  saved();
  if (reason != StopReason::kSignal) check_kept_model();
}

// What is learned so far is measured: by validation, or where nothing is held out by the training
// loss.
void Trainer::judge() {
  if (can_validate()) {
    validate();
  } else {
    stopping_.judge(progress_.step);
  }
  remember_good();
}

void Trainer::begin_epoch() {
  progress_.batch = 0;
  epoch_generator_ = generator_.state();
  parts_.batches.start_epoch(progress_.epoch, generator_);
  state_->clear();
}

Batch Trainer::batch_at(int64_t index) {
  parts_.batches.fill(index, ids_);
  Dropout dropout = dropout_of(parts_.settings);
  dropout.seed = parts_.seed;
  dropout.step = static_cast<uint64_t>(progress_.step);
  return {.steps = parts_.batches.steps(),
          .streams = parts_.batches.streams(),
          .inputs = ids_.inputs,
          .targets = ids_.targets,
          .objective = parts_.settings.objective,
          .label_smoothing = static_cast<float>(parts_.settings.label_smoothing),
          .resets = ids_.resets,
          .dropout = dropout};
}

Update Trainer::next_update() const {
  const int64_t step = progress_.step, updates = progress_.updates;
  Update update = update_of(parts_.settings);
  update.step = updates + 1;
  update.learning_rate =
      static_cast<float>(schedule_.at(step) * guard_.state().learning_rate_scale);
  // The average forgets the first values sooner than a fixed decay would: as 1/10 of the updates so
  // far, until the decay asked for is reached.
  const double early = static_cast<double>(updates + 1) / static_cast<double>(updates + 10);
  update.ema_decay = static_cast<float>(std::min(parts_.settings.average_decay, early));
  return update;
}

void Trainer::step() {
  const Update update = next_update();
  const Batch batch = batch_at(progress_.batch);
  const double before = seconds();
  const StepResult result = parts_.engine.train_step(batch, *state_, update);
  const double now = seconds();
  stepping_seconds_ += now - before;
  if (budget_) budget_->stepped(sitting_seconds(), now - before);
  progress_.learning_rate = update.learning_rate;
  if (!result.applied) {
    handle_failed_step(update);
  } else {
    ++progress_.updates;
    ++progress_.summed_steps;
    progress_.loss_sum += result.loss;
    if (!can_validate()) stopping_.trained(result.loss);
    progress_.gradient_norm_sum += result.gradient_norm;
    if (std::isnan(progress_.first_loss)) progress_.first_loss = result.loss;
    watch_for_explosions(result, update);
  }
  ++progress_.step;
  ++progress_.batch;
  progress_.characters += int64_t{1} * parts_.batches.steps() * parts_.batches.streams();
  progress_.seconds = now;
  observer_.stepped(progress_, result.loss);
}

// The carried state may hold what is not a number: it starts anew.
void Trainer::handle_failed_step(const Update& update) {
  switch (guard_.failed()) {
    case DivergenceGuard::Verdict::kRollBack:
      return roll_back("the loss is not a number");
    case DivergenceGuard::Verdict::kLeaveOut:
      state_->clear();
      return observer_.warned(
          fmt::format("step {} is left out: its loss is not a number", progress_.step + 1));
    default:
      diverge(update, guard_.first_bad_tensor(batch_at(progress_.batch)) + " is not a number");
  }
}

void Trainer::watch_for_explosions(const StepResult& result, const Update& update) {
  const Spike spike = guard_.stepped(result.loss, result.gradient_norm, progress_.first_loss);
  if (spike == Spike::kNone) return;
  if (!is_explosion(progress_.batch)) return;
  const std::string what = guard_.explosion_text(spike, result.gradient_norm, progress_.first_loss);
  if (guard_.exploded() == DivergenceGuard::Verdict::kDiverged) diverge(update, what);
  roll_back(what);
}

// Losses rise when training diverges and when the text grows harder. What has diverged is worse
// than the last good weights on every text: on this batch and on one from before the rise. Where
// the present weights are better on one of them, the text has changed: the losses of a harder text
// are the new level. Where they are alike, the next step is looked at.
bool Trainer::is_explosion(int64_t batch) {
  using Comparison = DivergenceGuard::Comparison;
  const int64_t count = parts_.batches.batches_per_epoch();
  const int64_t back = std::min(kBeforeExplosion, count / 2);
  const Comparison now = guard_.compare_with_good(batch_at(batch));
  const Comparison before = guard_.compare_with_good(batch_at((batch - back + count) % count));
  if (now == Comparison::kBetter || before == Comparison::kBetter) guard_.accept();
  return now == Comparison::kWorse && before == Comparison::kWorse;
}

void Trainer::remember_good() {
  guard_.remember(progress_.step, progress_.updates, progress_.first_loss);
}

// The steps are counted on, and so is the place in the text: what went wrong is not tried again.
void Trainer::roll_back(const std::string& why) {
  progress_.updates = guard_.roll_back();
  state_->clear();
  const DivergenceState divergence = guard_.state();
  observer_.warned(fmt::format(
      "step {}: {}; back to the weights of step {} with half the learning rate{}",
      progress_.step + 1, why, divergence.good_step,
      divergence.rollbacks == 1
          ? std::string()
          : fmt::format(" (1/{} of the schedule's)", int64_t{1} << divergence.rollbacks)));
}

void Trainer::diverge(const Update& update, const std::string& what) {
  std::string kept = "no model was good enough to keep";
  const bool has_good = !guard_.good().weights.empty();
  if (has_good) parts_.engine.load(guard_.good());
  const int64_t step = has_good ? guard_.state().good_step : progress_.step;
  if (!best_.empty()) {
    kept = fmt::format("the best model so far is kept: step {}, validation loss {:.4f}",
                       progress_.best_step, progress_.best_validation_loss);
  } else if (parts_.store != nullptr &&
             (!can_validate() ||
              std::isfinite(
                  validation_loss(parts_.engine, parts_.validation, parts_.borders).mean))) {
    Model last = model();
    last.facts["steps"] = std::to_string(step);
    parts_.store->save_model(last);
    kept = fmt::format("the model of step {} is kept", step);
  }
  throw Error(ErrorKind::kDiverged, "diverged",
              fmt::format("training diverged: {} (step {}, learning rate {:.3g})", what,
                          progress_.step + 1, update.learning_rate),
              kept + "; try a smaller --learning-rate or --grad-clip" +
                  (parts_.settings.on_nan == OnNan::kRollback ? "" : ", or --on-nan rollback"));
}

// The loss of the model to share on the beginning of each stream that it learned from.
double Trainer::loss_at_first_batch() {
  Parameters weights, gradient(parts_.engine.config());
  parts_.engine.store_part(SnapshotPart::kWeights, weights);
  parts_.engine.load_part(SnapshotPart::kWeights, model().weights);
  const std::unique_ptr<State> state = parts_.engine.new_state(parts_.batches.streams());
  Batch batch = batch_at(0);
  batch.dropout = {};
  const double loss = parts_.engine.gradient(batch, *state, gradient);
  parts_.engine.load_part(SnapshotPart::kWeights, weights);
  return loss;
}

// A model that is worse than a uniform guess has diverged, unless only the held-out text is unlike
// what it learned, or the model that it began with was worse still.
void Trainer::check_kept_model() {
  const double limit = uniform_loss() + kDivergedMargin;
  const double kept = can_validate() ? progress_.best_validation_loss : progress_.train_loss;
  if (progress_.updates == 0) return;
  if (kept <= limit) {
    // Of an overfitted one the training loss has fallen.
    if (can_validate() && !(progress_.validation_loss <= limit) &&
        !(progress_.train_loss <= limit)) {
      observer_.warned(fmt::format(
          "training has diverged since step {}: validation loss {:.4g} at the end, where a uniform "
          "guess has {:.4f}; the model of step {} is kept",
          progress_.best_step, progress_.validation_loss, uniform_loss(), progress_.best_step));
    }
    return;
  }
  const double learned = loss_at_first_batch();
  if (learned <= limit || learned <= progress_.first_loss + kDivergedMargin) return;
  throw Error(
      ErrorKind::kDiverged, "diverged",
      fmt::format("training diverged: the {} loss is {:.4g}, a uniform guess has {:.4f}",
                  can_validate() ? "validation" : "training", kept, uniform_loss()),
      "begin a new run with a smaller --learning-rate or --grad-clip" +
          std::string(parts_.settings.on_nan == OnNan::kRollback ? ""
                                                                 : ", or with --on-nan rollback"));
}

void Trainer::validate() {
  const Clock::time_point start = Clock::now();
  bool best = false;
  with_model_weights([&] {
    const ValidationLoss loss = validation_loss(parts_.engine, parts_.validation, parts_.borders);
    progress_.validation_loss = loss.mean;
    validated_step_ = progress_.step;
    best = std::isfinite(loss.mean) && !(loss.mean >= progress_.best_validation_loss);
    if (!best) return;
    parts_.engine.store_part(SnapshotPart::kWeights, best_);
    progress_.best_validation_margin = loss.margin;
  });
  if (best) {
    progress_.best_validation_loss = progress_.validation_loss;
    progress_.best_step = progress_.step;
    progress_.best_train_loss =
        progress_.summed_steps == 0
            ? progress_.train_loss
            : progress_.loss_sum / static_cast<double>(progress_.summed_steps);
    saver_.save_best();
  }
  stopping_.validated(progress_.step, progress_.validation_loss);
  if (budget_) budget_->validated(std::chrono::duration<double>(Clock::now() - start).count());
  observer_.validated(progress_, best);
}

// Runs with the weights that would be saved in the engine: the average where there is one.
void Trainer::with_model_weights(const std::function<void()>& use) {
  const bool averaged = parts_.settings.average_decay > 0;
  if (averaged) parts_.engine.swap_ema();
  use();
  if (averaged) parts_.engine.swap_ema();
}

void Trainer::report() {
  const auto count = static_cast<double>(progress_.summed_steps);
  const bool any = progress_.summed_steps > 0;
  if (any) progress_.train_loss = progress_.loss_sum / count;
  const double gradient_norm = any ? progress_.gradient_norm_sum / count : kUnknown;
  const double now = seconds();
  const bool validated = validated_step_ == progress_.step;
  const Report report = {.step = progress_.step,
                         .epoch = epochs_done(),
                         .train_loss = any ? progress_.train_loss : kUnknown,
                         .validation_loss = validated ? progress_.validation_loss : kUnknown,
                         .learning_rate = progress_.learning_rate,
                         .gradient_norm = gradient_norm,
                         .characters = progress_.characters,
                         .characters_per_second = any ? static_cast<double>(progress_.characters -
                                                                            reported_characters_) /
                                                            std::max(stepping_seconds_, 1e-9)
                                                      : kUnknown,
                         .seconds = now};
  stepping_seconds_ = 0;
  reported_characters_ = progress_.characters;
  reported_step_ = progress_.step;
  progress_.summed_steps = 0;
  progress_.loss_sum = progress_.gradient_norm_sum = 0;
  warn_of_high_loss();
  if (parts_.store != nullptr) {
    const std::string failure = parts_.store->append(report);
    if (!failure.empty()) observer_.warned(failure);
  }
  observer_.reported(report);
}

void Trainer::warn_of_high_loss() {
  const double loss = progress_.train_loss, first = progress_.first_loss;
  if (high_loss_warned_ || !(loss > 3 * first && loss > uniform_loss() + kDivergedMargin)) return;
  high_loss_warned_ = true;
  const std::string what =
      fmt::format("the loss is more than three times what it was at first ({:.3f} against {:.3f})",
                  loss, first);
  if (parts_.settings.abort_on_explode && is_explosion(progress_.batch - 1))
    diverge(next_update(), what);
  if (parts_.settings.on_nan != OnNan::kRollback) {  // which says so itself
    observer_.warned(what + "; the learning rate may be too high");
  }
}

Model Trainer::model() {
  Model model;
  if (best_.empty()) {
    with_model_weights([&] { parts_.engine.store_part(SnapshotPart::kWeights, model.weights); });
  } else {
    model.weights = best_;
  }
  const bool is_best = !best_.empty();
  const int64_t step = is_best ? progress_.best_step : progress_.step;
  model.vocabulary = parts_.vocabulary;
  model.facts["steps"] = std::to_string(step);
  add_fact(model, "epochs",
           static_cast<double>(step) / static_cast<double>(parts_.batches.batches_per_epoch()));
  model.facts["seed"] = std::to_string(parts_.seed);
  if (parts_.settings.min_count > 1) {
    model.facts["min_count"] = std::to_string(parts_.settings.min_count);
  }
  if (parts_.settings.reading.newline_lf) model.facts["newline"] = "lf";
  if (parts_.settings.documents != DocumentKind::kNone) {
    model.facts["documents"] =
        parts_.settings.documents == DocumentKind::kLines ? "lines" : "files";
  }
  add_fact(model, "train_loss", is_best ? progress_.best_train_loss : progress_.train_loss);
  if (is_best) add_fact(model, "validation_loss", progress_.best_validation_loss);
  return model;
}

Checkpoint Trainer::checkpoint() { return checkpoint_source().collect(); }

CheckpointSource Trainer::checkpoint_source() {
  CheckpointFacts facts;
  progress_.seconds = seconds();
  facts.progress = progress_;
  facts.early_stopping = stopping_.state();
  facts.divergence = guard_.state();
  const ModelConfig& config = parts_.engine.config();
  facts.carried.resize(static_cast<size_t>(config.layers) * config.states() *
                       parts_.batches.streams() * config.hidden_size);
  state_->read(facts.carried);
  facts.generator = epoch_generator_;
  facts.vocabulary = parts_.vocabulary;
  facts.corpus_hash = parts_.corpus_hash;
  facts.settings = parts_.setting_values;
  const auto group = [this, from_engine = Parameters()](
                         const CheckpointGroup& wanted) mutable -> const Parameters& {
    if (wanted.of == CheckpointGroup::Of::kBest) return best_;
    if (wanted.of == CheckpointGroup::Of::kGood) return guard_.good()[wanted.part];
    parts_.engine.store_part(wanted.part, from_engine);
    return from_engine;
  };
  return {std::move(facts), group};
}

void Trainer::saved() {
  if (parts_.store == nullptr) return;
  if (budget_) budget_->saved(saver_.save_seconds());
  observer_.saved(progress_);
}

}  // namespace charrnn
