#include "train/control/time_budget.h"

#include <algorithm>
#include <cmath>

namespace charrnn {
namespace {

constexpr double kMarkEvery = 0.002;  // of the budget
constexpr double kThinkEvery = 0.01;  // of the budget, and never more than a tenth of what is left
constexpr double kWindow = 0.2;       // of the budget: what a step takes is the mean over this time
constexpr double kSlack = 0.02;       // of the steps left, and a tenth of that of all steps: a
                                      // smaller difference is let be

}  // namespace

TimeBudget::TimeBudget(double budget, double reserve, double step_seconds,
                       double validation_seconds)
    : budget_(budget),
      reserve_(reserve),
      first_step_seconds_(step_seconds),
      validation_steps_(step_seconds > 0 ? validation_seconds / step_seconds : 0) {
  if (validation_steps_ > 0) validations_.push_back(validation_steps_);
}

void TimeBudget::stepped(double now, double took) {
  if (marks_.empty()) {
    marks_.push_back({0, 0});
    next_ = now + kThinkEvery * budget_;
  }
  stepping_ += took;
  ++steps_;
  if (stepping_ - marks_.back().stepping < kMarkEvery * budget_) return;
  marks_.push_back({stepping_, steps_});
  // The nearer the end, the shorter the window: half of the remaining time.
  const double window = std::min(kWindow * budget_, std::max(0.02 * budget_, (end() - now) / 2));
  while (marks_.size() > 2 && marks_[1].stepping < stepping_ - window) marks_.pop_front();
}

void TimeBudget::validated(double took) {
  const double step = step_seconds();
  if (!(step > 0)) return;
  validations_.push_back(took / step);
  std::vector<double> sorted = validations_;
  std::ranges::sort(sorted);
  const size_t count = sorted.size();
  validation_steps_ = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

double TimeBudget::step_seconds() const {
  if (marks_.empty() || steps_ == marks_.front().steps) return first_step_seconds_;
  return (stepping_ - marks_.front().stepping) / static_cast<double>(steps_ - marks_.front().steps);
}

int64_t TimeBudget::fitting_steps(int64_t step, int64_t total, int64_t evaluate_every, double now) {
  const double left = std::max(0.0, end() - now);
  next_ = now + std::min(kThinkEvery * budget_, left / 10);
  const double each = step_seconds();
  if (!(each > 0)) return total;
  // Intermediate validations reduce the time for steps; end() accounts for the last one.
  int64_t fit = 0, validations = 0;
  for (int round = 0; round < 3; ++round) {
    const double stepping = left - static_cast<double>(validations) * validation_seconds();
    fit = std::max<int64_t>(1, std::llround(stepping / each));
    if (evaluate_every <= 0) break;
    validations = (step + fit - 1) / evaluate_every - step / evaluate_every;
  }
  const int64_t planned = total - step;
  const double slack = kSlack * (static_cast<double>(planned) + 0.1 * static_cast<double>(total));
  const bool same = std::abs(static_cast<double>(fit - planned)) <= slack;
  return same ? total : step + fit;
}

bool TimeBudget::over(double now) const { return steps_ > 0 && now + step_seconds() / 2 >= end(); }

}  // namespace charrnn
