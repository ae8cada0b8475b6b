#include "evaluate/likeness.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace charrnn {
namespace {

constexpr size_t kMaxTraining = size_t{4} << 20, kMaxHeldOut = size_t{1} << 20;
constexpr size_t kStretches = 8, kMinStretch = 500;
// Above this the table of pairs would be large: single characters are counted.
constexpr int kMaxPaired = 256;

// Counts of characters and, where the vocabulary is small, of pairs.
class PairCounts {
 public:
  explicit PairCounts(int vocabulary_size)
      : size_(static_cast<size_t>(vocabulary_size)),
        singles_(size_),
        pairs_(vocabulary_size <= kMaxPaired ? size_ * size_ : 0) {}

  // The first character counts as a predecessor alone.
  void add(IdView text) {
    ids_.resize(text.size);
    text.copy(0, ids_);
    for (size_t i = 1; i < ids_.size(); ++i) {
      ++singles_[ids_[i]];
      if (!pairs_.empty()) ++pairs_[ids_[i - 1] * size_ + ids_[i]];
    }
    total_ += static_cast<int64_t>(text.size) - 1;
  }

  // Cross-entropy of the characters counted in `part` under these counts, without those of
  // `without` (which these contain), if any. Dirichlet smoothing: kPrior characters as the shorter
  // context has them.
  double cross_entropy(const PairCounts& part, const PairCounts* without) const {
    constexpr double kPrior = 5;
    const auto left = [&](const std::vector<int64_t>& all, const std::vector<int64_t>& some,
                          size_t i) {
      return static_cast<double>(all[i] - (without ? some[i] : 0));
    };
    const PairCounts& some = without ? *without : *this;
    const auto total = static_cast<double>(total_ - (without ? without->total_ : 0));
    std::vector<double> single(size_);
    for (size_t id = 0; id < size_; ++id) {
      single[id] = (left(singles_, some.singles_, id) + 1) / (total + static_cast<double>(size_));
    }
    double nats = 0;
    for (size_t before = 0; pairs_.empty() ? before < 1 : before < size_; ++before) {
      double row = 0;
      const size_t first = before * size_;
      if (!pairs_.empty()) {
        for (size_t id = 0; id < size_; ++id) row += left(pairs_, some.pairs_, first + id);
      }
      for (size_t id = 0; id < size_; ++id) {
        const int64_t times = pairs_.empty() ? part.singles_[id] : part.pairs_[first + id];
        if (times == 0) continue;
        const double p =
            pairs_.empty()
                ? single[id]
                : (left(pairs_, some.pairs_, first + id) + kPrior * single[id]) / (row + kPrior);
        nats -= static_cast<double>(times) * std::log(p);
      }
    }
    return nats / static_cast<double>(part.total_);
  }

 private:
  size_t size_;
  int64_t total_ = 0;
  std::vector<int64_t> singles_, pairs_;  // pairs_: [before][id]
  std::vector<int32_t> ids_;
};

}  // namespace

bool Likeness::is_unlike() const {
  return std::isfinite(held_out) && held_out > most &&
         difference() > std::max(3 * deviation, 0.05 * mean);
}

Likeness likeness(IdView training, IdView held_out, int vocabulary_size) {
  if (training.size > kMaxTraining) {
    training = training.part(training.size - kMaxTraining, kMaxTraining);
  }
  held_out = held_out.part(0, std::min(held_out.size, kMaxHeldOut));
  const size_t stretch = std::min(held_out.size, training.size / kStretches);
  Likeness result;
  if (stretch < kMinStretch) return result;
  const size_t count = std::min<size_t>(training.size / stretch, 4 * kStretches);
  const size_t skipped = training.size / count - stretch;  // between stretches, if they are many
  PairCounts all(vocabulary_size);
  std::vector<PairCounts> stretches;
  for (size_t i = 0; i < count; ++i) {
    const IdView part = training.part(i * (stretch + skipped), stretch);
    stretches.emplace_back(vocabulary_size).add(part);
    all.add(part);
  }
  std::vector<double> figures;
  for (const PairCounts& part : stretches) figures.push_back(all.cross_entropy(part, &part));
  result.mean = 0;
  for (const double figure : figures) result.mean += figure / static_cast<double>(count);
  double squares = 0;
  for (const double figure : figures) squares += (figure - result.mean) * (figure - result.mean);
  result.deviation = std::sqrt(squares / static_cast<double>(count - 1));
  result.least = *std::ranges::min_element(figures);
  result.most = *std::ranges::max_element(figures);
  PairCounts held(vocabulary_size);
  for (size_t begin = 0; begin + stretch <= held_out.size; begin += stretch) {
    held.add(held_out.part(begin, stretch));
  }
  result.held_out = all.cross_entropy(held, nullptr);
  return result;
}

}  // namespace charrnn
