#include "train/control/spike_watch.h"

#include <algorithm>
#include <numeric>
#include <span>

namespace charrnn {
namespace {

constexpr size_t kNow = 8, kBefore = 64, kMinNorms = 16;
constexpr size_t kForgotten = 2 * kNow;  // the rise began before it was seen

double median(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

std::span<const double> last(const std::vector<double>& values) {
  return std::span(values).last(std::min(values.size(), kNow));
}
std::span<const double> earlier(const std::vector<double>& values) {
  return std::span(values).first(values.size() - last(values).size());
}

void keep(std::vector<double>& values, size_t count) {
  if (values.size() > count) {
    values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(count));
  }
}

}  // namespace

double SpikeWatch::loss_now() const {
  const auto now = last(recent_.losses);
  return std::accumulate(now.begin(), now.end(), 0.0) / static_cast<double>(now.size());
}

double SpikeWatch::loss_before(double first_loss) const {
  const auto before = earlier(recent_.losses);
  return before.size() < kNow ? first_loss : std::min(first_loss, median(before));
}

Spike SpikeWatch::add(double loss, double gradient_norm, double first_loss) {
  recent_.losses.push_back(loss);
  recent_.gradient_norms.push_back(gradient_norm);
  keep(recent_.losses, kNow + kBefore);
  keep(recent_.gradient_norms, kNow + kBefore);
  if (recent_.losses.size() < kNow) return Spike::kNone;
  const double now = loss_now(), before = loss_before(first_loss);
  if (now > 2 * before + 0.5) return Spike::kLoss;
  const std::vector<double>& norms = recent_.gradient_norms;
  if (now > before && norms.size() >= kNow + kMinNorms &&
      median(last(norms)) > 50 * median(earlier(norms))) {
    return Spike::kGradient;
  }
  return Spike::kNone;
}

bool SpikeWatch::is_calm(double first_loss) const {
  return recent_.losses.empty() || loss_now() <= 1.25 * loss_before(first_loss) + 0.25;
}

void SpikeWatch::rolled_back() {
  for (std::vector<double>* values : {&recent_.losses, &recent_.gradient_norms}) {
    values->resize(values->size() - std::min(values->size(), kForgotten));
  }
}

}  // namespace charrnn
