// Watches for training that diverges: keeps the last good weights, returns to them where it is
// asked to, and knows when to give up. A function of the steps' results alone, so a repeated or
// resumed run decides the same.
#pragma once

#include <cstdint>
#include <string>

#include "engine/trainable_network.h"
#include "train/control/progress.h"
#include "train/control/spike_watch.h"

namespace charrnn {

enum class OnNan { kStop, kSkip, kRollback };

// Its part of a checkpoint, besides the good weights.
struct DivergenceState {
  RecentSteps recent;
  double learning_rate_scale = 1;  // halved by each rollback
  int64_t skipped_steps = 0;       // not applied: their loss was not a number
  int64_t skipped_in_a_row = 0;
  int64_t rollbacks = 0;
  int64_t good_step = 0;     // of the weights that a rollback restores
  int64_t good_updates = 0;  // what Adam's moments had seen by then

  template <class Self, class Fields>
  static void visit(Self& self, Fields&& fields) {
    fields.whole("skipped_steps", self.skipped_steps);
    fields.whole("skipped_in_a_row", self.skipped_in_a_row);
    fields.whole("rollbacks", self.rollbacks);
    fields.later("good_step", self.good_step);
    fields.later("good_updates", self.good_updates);
    fields.real("learning_rate_scale", self.learning_rate_scale);
    fields.reals("recent_losses", self.recent.losses);
    fields.reals("recent_gradient_norms", self.recent.gradient_norms);
  }
};

class DivergenceGuard {
 public:
  // abort_on_explode: an explosion ends the run instead of being rolled back.
  DivergenceGuard(TrainableNetwork& engine, OnNan on_nan, bool abort_on_explode);

  // A new run; or one that goes on, with the good weights of its checkpoint or, where it has none,
  // those in the engine, which are of this step.
  void start();
  void resume(const DivergenceState& state, Snapshot good, int64_t step, int64_t updates);

  enum class Verdict { kFine, kLeaveOut, kRollBack, kDiverged };

  // After a step whose loss was not a number: kLeaveOut, kRollBack or kDiverged.
  Verdict failed();
  // After any other step. kNone unless the losses or gradients look like an explosion, and it
  // matters; then compare with the good weights. first_loss: of the run.
  Spike stepped(double loss, double gradient_norm, double first_loss);

  // How the weights in the engine do on the batch beside the good ones, both without dropout and
  // from a state of zero: clearly better or worse, or alike. Alike where no good weights are kept.
  enum class Comparison { kBetter, kAlike, kWorse };
  Comparison compare_with_good(const Batch& batch);
  // No explosion: the text has become harder. The present losses are what later ones are compared
  // with.
  void accept();
  // An explosion: kRollBack or kDiverged.
  Verdict exploded() const;
  // Names the first tensor that is not finite: of the weights, else of the batch's gradient.
  std::string first_bad_tensor(const Batch& batch);
  std::string explosion_text(Spike spike, double gradient_norm, double first_loss) const;

  // Keeps what the engine holds as good weights, unless losses are rising or too few are known.
  // updates: see TrainingProgress.
  void remember(int64_t step, int64_t updates, double first_loss);
  // Puts the good weights, moments and average back into the engine, with half the learning rate.
  // Returns the number of updates that the moments have seen.
  int64_t roll_back();

  const Snapshot& good() const { return good_; }
  DivergenceState state() const;

 private:
  bool keeps_good_weights() const { return on_nan_ == OnNan::kRollback || abort_on_explode_; }
  double loss_on(const Batch& batch);

  TrainableNetwork& engine_;
  OnNan on_nan_;
  bool abort_on_explode_;
  SpikeWatch spikes_;
  DivergenceState state_;  // but for the recent steps
  Snapshot good_;          // empty where none is kept
};

}  // namespace charrnn
