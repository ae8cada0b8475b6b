// What a trainer does when a loss is not a number: leave the step out, go back, or stop.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "train/trainer.h"
#include "train/validation.h"

namespace charrnn {
namespace {

constexpr int64_t kMaxSkippedInARow = 10;
constexpr int64_t kMaxRollbacks = 8;

}  // namespace

// The carried state may hold what is not a number: it starts anew.
void Trainer::skip_step(const Update& update) {
  const OnNan choice = parts_.settings.on_nan;
  ++progress_.skipped_steps;
  ++progress_.skipped_in_a_row;
  const bool lost = choice == OnNan::kSkip ? progress_.skipped_in_a_row > kMaxSkippedInARow
                                           : progress_.rollbacks >= kMaxRollbacks;
  if (choice == OnNan::kStop || lost) {
    diverge(update, first_bad_tensor() + " is not a number");
  }
  if (choice == OnNan::kRollback) return roll_back("the loss is not a number");
  state_->clear();
  observer_.warned(
      fmt::format("step {} is left out: its loss is not a number", progress_.step + 1));
}

void Trainer::watch_for_spikes(const StepResult& result, const Update& update) {
  const Spike spike = spikes_.add(result.loss, result.gradient_norm, progress_.first_loss);
  const bool rolls_back = parts_.settings.on_nan == OnNan::kRollback;
  if (spike == Spike::kNone || (!rolls_back && !parts_.settings.abort_on_explode)) return;
  const std::string what =
      spike == Spike::kGradient
          ? fmt::format("the gradient is more than fifty times what it was ({:.3g})",
                        result.gradient_norm)
          : fmt::format("the loss has risen to {:.3f}, from {:.3f}", spikes_.loss_now(),
                        spikes_.loss_before(progress_.first_loss));
  if (parts_.settings.abort_on_explode || progress_.rollbacks >= kMaxRollbacks) {
    diverge(update, what);
  }
  spikes_.rolled_back();
  roll_back(what);
}

void Trainer::remember_good() {
  if (parts_.settings.on_nan != OnNan::kRollback) return;
  parts_.engine.store(good_);
  progress_.good_step = progress_.step;
}

// The steps are counted on, and so is the place in the text: what went wrong is not tried again.
void Trainer::roll_back(const std::string& why) {
  parts_.engine.load(good_);
  state_->clear();
  progress_.learning_rate_scale /= 2;
  ++progress_.rollbacks;
  observer_.warned(fmt::format(
      "step {}: {}; back to the weights of step {} with half the learning rate{}",
      progress_.step + 1, why, progress_.good_step,
      progress_.rollbacks == 1
          ? std::string()
          : fmt::format(" (1/{} of the schedule's)", int64_t{1} << progress_.rollbacks)));
}

// Names the first tensor that is not finite: of the weights, else of the gradient.
std::string Trainer::first_bad_tensor() {
  Parameters weights;
  parts_.engine.store_part(SnapshotPart::kWeights, weights);
  const auto bad = [](const Parameters& values) -> std::string {
    for (int i = 0; i < static_cast<int>(values.layout().size()); ++i) {
      const auto tensor = values.tensor(i);
      if (!std::all_of(tensor.begin(), tensor.end(), [](float x) { return std::isfinite(x); })) {
        return values.layout()[i].name;
      }
    }
    return {};
  };
  if (const std::string name = bad(weights); !name.empty()) return name;
  Parameters gradient(parts_.engine.config());
  state_->clear();
  parts_.engine.gradient(next_batch(), *state_, gradient);
  const std::string name = bad(gradient);
  return name.empty() ? "the loss" : "the gradient of " + name;
}

void Trainer::diverge(const Update& update, const std::string& what) {
  std::string kept = "no model was good enough to keep";
  if (!good_.weights.empty()) parts_.engine.load(good_);
  const int64_t step = good_.weights.empty() ? progress_.step : progress_.good_step;
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

}  // namespace charrnn
