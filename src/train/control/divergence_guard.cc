#include "train/control/divergence_guard.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace charrnn {
namespace {

constexpr int64_t kMaxSkippedInARow = 10;
constexpr int64_t kMaxRollbacks = 8;
constexpr size_t kMinLosses = 8;

// What noise and a few steps of training cannot explain.
bool is_clearly_worse(double loss, double other) { return !(loss <= 1.25 * other + 0.25); }

}  // namespace

DivergenceGuard::DivergenceGuard(TrainableNetwork& engine, OnNan on_nan, bool abort_on_explode)
    : engine_(engine), on_nan_(on_nan), abort_on_explode_(abort_on_explode) {}

void DivergenceGuard::start() {
  state_ = {};
  spikes_ = SpikeWatch();
  good_ = {};
  if (keeps_good_weights()) engine_.store(good_);
}

void DivergenceGuard::resume(const DivergenceState& state, Snapshot good, int64_t step,
                             int64_t updates) {
  state_ = state;
  spikes_ = SpikeWatch(state.recent);
  good_ = std::move(good);
  // Version 0.1.0 counts each step as an update.
  if (state_.good_updates == 0) state_.good_updates = state_.good_step;
  if (!keeps_good_weights() || !good_.weights.empty()) return;
  engine_.store(good_);
  state_.good_step = step;
  state_.good_updates = updates;
}

DivergenceState DivergenceGuard::state() const {
  DivergenceState state = state_;
  state.recent = spikes_.recent();
  return state;
}

DivergenceGuard::Verdict DivergenceGuard::failed() {
  ++state_.skipped_steps;
  ++state_.skipped_in_a_row;
  switch (on_nan_) {
    case OnNan::kSkip:
      return state_.skipped_in_a_row > kMaxSkippedInARow ? Verdict::kDiverged : Verdict::kLeaveOut;
    case OnNan::kRollback:
      return state_.rollbacks >= kMaxRollbacks ? Verdict::kDiverged : Verdict::kRollBack;
    case OnNan::kStop:
      break;
  }
  return Verdict::kDiverged;
}

Spike DivergenceGuard::stepped(double loss, double gradient_norm, double first_loss) {
  state_.skipped_in_a_row = 0;
  const Spike spike = spikes_.add(loss, gradient_norm, first_loss);
  return keeps_good_weights() ? spike : Spike::kNone;
}

double DivergenceGuard::loss_on(const Batch& batch) {
  const std::unique_ptr<State> state = engine_.new_state(batch.streams);
  Parameters gradient(engine_.config());
  Batch without_dropout = batch;
  without_dropout.dropout = {};
  return engine_.gradient(without_dropout, *state, gradient);
}

DivergenceGuard::Comparison DivergenceGuard::compare_with_good(const Batch& batch) {
  if (good_.weights.empty()) return Comparison::kAlike;
  const double loss = loss_on(batch);
  Parameters weights;
  engine_.store_part(SnapshotPart::kWeights, weights);
  engine_.load_part(SnapshotPart::kWeights, good_.weights);
  const double good_loss = loss_on(batch);
  engine_.load_part(SnapshotPart::kWeights, weights);
  if (is_clearly_worse(loss, good_loss)) return Comparison::kWorse;
  return is_clearly_worse(good_loss, loss) ? Comparison::kBetter : Comparison::kAlike;
}

std::string DivergenceGuard::first_bad_tensor(const Batch& batch) {
  const auto bad = [](const Parameters& values) -> std::string {
    for (int i = 0; i < static_cast<int>(values.layout().size()); ++i) {
      if (!std::ranges::all_of(values.tensor(i), [](float x) { return std::isfinite(x); })) {
        return values.layout()[i].name;
      }
    }
    return {};
  };
  Parameters values;
  engine_.store_part(SnapshotPart::kWeights, values);
  if (std::string name = bad(values); !name.empty()) return name;
  engine_.gradient(batch, *engine_.new_state(batch.streams), values);
  const std::string name = bad(values);
  return name.empty() ? "the loss" : "the gradient of " + name;
}

void DivergenceGuard::accept() { spikes_ = SpikeWatch(); }

DivergenceGuard::Verdict DivergenceGuard::exploded() const {
  return abort_on_explode_ || state_.rollbacks >= kMaxRollbacks ? Verdict::kDiverged
                                                                : Verdict::kRollBack;
}

std::string DivergenceGuard::explosion_text(Spike spike, double gradient_norm,
                                            double first_loss) const {
  if (spike == Spike::kGradient) {
    return fmt::format("the gradient is more than fifty times what it was ({:.3g})", gradient_norm);
  }
  return fmt::format("the loss has risen to {:.3f}, from {:.3f}", spikes_.loss_now(),
                     spikes_.loss_before(first_loss));
}

void DivergenceGuard::remember(int64_t step, int64_t updates, double first_loss) {
  const bool knows = spikes_.recent().losses.size() >= kMinLosses;
  if (!keeps_good_weights() || !knows || !spikes_.is_calm(first_loss)) return;
  engine_.store(good_);
  state_.good_step = step;
  state_.good_updates = updates;
}

int64_t DivergenceGuard::roll_back() {
  engine_.load(good_);
  spikes_.rolled_back();
  state_.learning_rate_scale /= 2;
  ++state_.rollbacks;
  return state_.good_updates;
}

}  // namespace charrnn
