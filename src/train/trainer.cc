#include "train/trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "train/validation.h"

namespace charrnn {

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
    : parts_(std::move(parts)), observer_(observer), generator_(parts_.seed) {}

void Trainer::start(const Parameters& initial, const MersenneTwister& generator,
                    int64_t total_steps) {
  progress_ = {};
  progress_.seconds = parts_.seconds_spent;
  parts_.engine.load_weights(initial);
  state_ = parts_.engine.new_state(parts_.batches.streams());
  generator_ = generator;
  best_ = {};
  spikes_ = SpikeWatch();
  remember_good();
  begin_epoch();
  prepare(total_steps);
}

void Trainer::resume(Checkpoint checkpoint, int64_t total_steps) {
  progress_ = checkpoint.progress;
  parts_.engine.load(checkpoint.snapshot);
  checkpoint.snapshot = {};
  best_ = std::move(checkpoint.best);
  spikes_ = SpikeWatch(checkpoint.recent);
  good_ = std::move(checkpoint.good);
  if (good_.weights.empty()) remember_good();
  state_ = parts_.engine.new_state(parts_.batches.streams());
  state_->write(checkpoint.carried);
  epoch_generator_ = checkpoint.generator;
  generator_.restore(epoch_generator_);
  parts_.batches.start_epoch(generator_);
  // The model file may be of a later step than the checkpoint: what follows decides anew.
  model_is_saved_ = best_.empty();
  progress_.seconds += parts_.seconds_spent;
  prepare(total_steps);
  if (!best_.empty()) save_best();
}

void Trainer::prepare(int64_t total_steps) {
  const TrainingSettings& settings = parts_.settings;
  progress_.total_steps = total_steps;
  schedule_ = {.kind = settings.schedule,
               .learning_rate = settings.learning_rate,
               .min_learning_rate = settings.min_learning_rate,
               .warmup_steps = settings.warmup_steps,
               .total_steps = total_steps,
               .changes = {},
               .steps_per_epoch = parts_.batches.batches_per_epoch(),
               .decay = settings.decay,
               .decay_after = settings.decay_after,
               .decay_every = settings.decay_every};
  if (progress_.changes.empty()) progress_.changes = read_changes(settings.schedule_changes);
  if (settings.time_budget > 0) {
    pace_.emplace(settings.time_budget, parts_.seconds_reserved, parts_.step_seconds,
                  can_validate() ? parts_.validation_seconds : 0);
    if (progress_.changes.empty()) progress_.changes = {{progress_.step, total_steps}};
  }
  schedule_.changes = progress_.changes;
  sitting_start_ = Clock::now();
  seconds_before_ = saved_seconds_ = progress_.seconds;
  reported_characters_ = progress_.characters;
}

double Trainer::seconds() const {
  return seconds_before_ + std::chrono::duration<double>(Clock::now() - sitting_start_).count();
}

double Trainer::epochs_done() const {
  return static_cast<double>(progress_.epoch) +
         static_cast<double>(progress_.batch) /
             static_cast<double>(parts_.batches.batches_per_epoch());
}

StopReason Trainer::run() {
  const StopReason reason = loop();
  finish(reason);
  return reason;
}

StopReason Trainer::loop() {
  const TrainingSettings& settings = parts_.settings;
  while (progress_.step < progress_.total_steps) {
    if (observer_.stop()) return StopReason::kSignal;
    if (out_of_time()) return StopReason::kTime;
    if (progress_.batch == parts_.batches.batches_per_epoch()) {
      ++progress_.epoch;
      begin_epoch();
    }
    step();
    keep_pace();
    const bool last = progress_.step == progress_.total_steps;
    const auto due = [&](int64_t every) {
      return last || (every > 0 && progress_.step % every == 0);
    };
    const bool validating = can_validate() && due(settings.evaluate_every);
    if (validating) validate();
    // Where nothing is held out, the loss of what is learned tells whether it still goes on.
    const bool judging = !can_validate() && due(settings.evaluate_every);
    if (judging) judge_stretch();
    // Never while losses rise.
    if (due(settings.evaluate_every) && spikes_.is_calm(progress_.first_loss)) remember_good();
    if (validating || due(settings.report_every)) report();
    if (settings.sample_every > 0 && progress_.step % settings.sample_every == 0) {
      with_model_weights([&] { observer_.sample(parts_.engine); });
    }
    if ((validating || judging) && settings.patience > 0 && !last &&
        progress_.validations_without_gain >= settings.patience) {
      return StopReason::kEarly;
    }
    save_if_due();
  }
  if (settings.time_budget > 0) return StopReason::kTime;
  return settings.steps > 0 ? StopReason::kSteps : StopReason::kEpochs;
}

// A run that stops before its last step for good is measured where it stands; one that was
// interrupted is not, since it may go on and must then decide as if it had never stopped.
void Trainer::finish(StopReason reason) {
  const int64_t measured_step = can_validate() ? validated_step_ : reported_step_;
  if (reason == StopReason::kTime && measured_step != progress_.step) {
    if (can_validate()) validate();
    report();
  }
  progress_.seconds = seconds();
  if (parts_.store != nullptr) save();
}

void Trainer::begin_epoch() {
  progress_.batch = 0;
  epoch_generator_ = generator_.state();
  parts_.batches.start_epoch(generator_);
  state_->clear();
}

Batch Trainer::next_batch() {
  parts_.batches.fill(progress_.batch, ids_);
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
  const int64_t step = progress_.step;
  Update update = update_of(parts_.settings);
  update.step = step + 1;
  update.learning_rate = static_cast<float>(schedule_.at(step) * progress_.learning_rate_scale);
  // The average forgets the first values sooner than a fixed decay would: as 1/10 of the steps so
  // far, until the decay asked for is reached.
  const double early = static_cast<double>(step + 1) / static_cast<double>(step + 10);
  update.ema_decay = static_cast<float>(std::min(parts_.settings.average_decay, early));
  return update;
}

void Trainer::step() {
  const Update update = next_update();
  const Batch batch = next_batch();
  const double before = seconds();
  const StepResult result = parts_.engine.train_step(batch, *state_, update);
  const double now = seconds();
  stepping_seconds_ += now - before;
  if (pace_) pace_->stepped(now, now - before);
  progress_.learning_rate = update.learning_rate;
  if (!result.applied) {
    skip_step(update);
  } else {
    progress_.skipped_in_a_row = 0;
    ++progress_.summed_steps;
    progress_.loss_sum += result.loss;
    if (!can_validate()) add_to_stretch(result.loss);
    progress_.gradient_norm_sum += result.gradient_norm;
    if (std::isnan(progress_.first_loss)) progress_.first_loss = result.loss;
    watch_for_spikes(result, update);
  }
  ++progress_.step;
  ++progress_.batch;
  progress_.characters += int64_t{1} * batch.steps * batch.streams;
  progress_.seconds = now;
  observer_.stepped(progress_, result.loss);
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
    model_is_saved_ = false;
    save_best();
  }
  count_gain(progress_.validation_loss);
  if (pace_) pace_->validated(std::chrono::duration<double>(Clock::now() - start).count());
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
  if (!explosion_warned_ && progress_.train_loss > 3 * progress_.first_loss) {
    explosion_warned_ = true;
    const std::string what = fmt::format(
        "the loss is more than three times what it was at first ({:.3f} against {:.3f})",
        progress_.train_loss, progress_.first_loss);
    if (parts_.settings.abort_on_explode) diverge(next_update(), what);
    if (parts_.settings.on_nan != OnNan::kRollback) {  // which says so itself
      observer_.warned(what + "; the learning rate may be too high");
    }
  }
  if (parts_.store != nullptr) {
    const std::string failure = parts_.store->append(report);
    if (!failure.empty()) observer_.warned(failure);
  }
  observer_.reported(report);
}

}  // namespace charrnn
