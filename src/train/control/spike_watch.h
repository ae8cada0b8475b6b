// Detects diverging training: losses or gradients far above recent ones. A function of the steps'
// losses and norms alone, so a repeated or resumed run decides the same.
#pragma once

#include <cstdint>
#include <vector>

namespace charrnn {

// The last applied steps, oldest first: the state of a SpikeWatch in a checkpoint.
struct RecentSteps {
  std::vector<double> losses;
  std::vector<double> gradient_norms;
};

enum class Spike { kNone, kLoss, kGradient };

// With L the mean loss of the last 8 steps, r the median loss of up to 64 steps before those (or
// the run's first loss, where that is smaller or there are fewer than 8):
//
//   kLoss      L > 2 r + 0.5 nats
//   kGradient  the median gradient norm of the last 8 steps is more than 50 times that of the up to
//              64 before them (16 at least), and L > r
//
// One odd batch is no spike, nor is a text that grows harder.
class SpikeWatch {
 public:
  explicit SpikeWatch(RecentSteps recent = {}) : recent_(std::move(recent)) {}

  // After a step. first_loss: of the run.
  Spike add(double loss, double gradient_norm, double first_loss);
  // Whether the last losses are about as low as those before them, so that these weights may be
  // restored later.
  bool is_calm(double first_loss) const;
  // Forgets the diverged steps.
  void rolled_back();

  double loss_now() const;                      // L
  double loss_before(double first_loss) const;  // r
  const RecentSteps& recent() const { return recent_; }

 private:
  RecentSteps recent_;
};

}  // namespace charrnn
