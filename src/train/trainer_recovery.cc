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
  if (choice == OnNan::kStop || lost || (choice == OnNan::kRollback && best_.empty())) {
    diverge(update);
  }
  state_->clear();
  if (choice == OnNan::kRollback) return roll_back();
  observer_.warned(
      fmt::format("step {} is left out: its loss is not a number", progress_.step + 1));
}

void Trainer::roll_back() {
  parts_.engine.load({.weights = best_, .first_moment = {}, .second_moment = {}, .average = {}});
  progress_.learning_rate_scale /= 2;
  ++progress_.rollbacks;
  observer_.warned(
      fmt::format("step {}: the loss is not a number; back to the weights of step {} with half "
                  "the learning rate",
                  progress_.step + 1, progress_.best_step));
}

// Names the first tensor that is not finite: of the weights, else of the gradient.
std::string Trainer::first_bad_tensor(const Update& update) {
  parts_.engine.store(snapshot_);
  const auto bad = [](const Parameters& values) -> std::string {
    for (int i = 0; i < static_cast<int>(values.layout().size()); ++i) {
      const auto tensor = values.tensor(i);
      if (!std::all_of(tensor.begin(), tensor.end(), [](float x) { return std::isfinite(x); })) {
        return values.layout()[i].name;
      }
    }
    return {};
  };
  if (const std::string name = bad(snapshot_.weights); !name.empty()) return name;
  Parameters gradient(parts_.engine.config());
  state_->clear();
  parts_.engine.gradient(next_batch(), *state_, update.dropout, gradient);
  const std::string name = bad(gradient);
  return name.empty() ? "the loss" : "the gradient of " + name;
}

void Trainer::diverge(const Update& update) {
  const std::string tensor = first_bad_tensor(update);
  std::string kept = "no model was good enough to keep";
  if (!best_.empty()) {
    kept = fmt::format("the best model so far is kept: step {}, validation loss {:.4f}",
                       progress_.best_step, progress_.best_validation_loss);
  } else if (parts_.store != nullptr &&
             (!can_validate() ||
              std::isfinite(validation_loss(parts_.engine, parts_.validation)))) {
    parts_.store->save_model(model());
    kept = fmt::format("the model of step {} is kept", progress_.step);
  }
  throw Error(ErrorKind::kDiverged, "diverged",
              fmt::format("training diverged: {} is not a number (step {}, learning rate {:.3g})",
                          tensor, progress_.step + 1, update.learning_rate),
              kept + "; try a smaller --learning-rate or --grad-clip, or --on-nan rollback");
}

}  // namespace charrnn
