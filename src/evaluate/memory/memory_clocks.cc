#include "evaluate/memory/memory_clocks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "evaluate/memory/growth.h"
#include "evaluate/memory/tangent_network.h"

namespace charrnn {
namespace {

// Directions that begin anywhere have hardly a share in those that fade slowest. While these
// characters are read once beforehand they turn towards them.
constexpr size_t kTurningCharacters = 64;

class Clocks {
 public:
  Clocks(const Parameters& parameters, int directions, const ShouldStop& should_stop)
      : network_(parameters, directions), growth_(directions), should_stop_(should_stop) {
    for (int i = 0; i < directions; ++i) directions_.push_back(network_.direction(i));
  }

  // False where it was stopped.
  bool run(std::span<const int32_t> before, std::span<const int32_t> ids) {
    if (!read(before)) return false;
    if (directions_.size() == directions_.front().size()) {
      for (size_t i = 0; i < directions_.size(); ++i) directions_[i][i] = 1;  // all there are
    } else if (!turn(ids.first(std::min(ids.size(), kTurningCharacters)))) {
      return false;
    }
    return carry(ids, true);
  }

  std::vector<double> exponents(size_t characters) const {
    std::vector<double> result = growth_.log_singular_values();
    for (double& value : result) value /= static_cast<double>(characters);
    return result;
  }

 private:
  bool stopped() const { return should_stop_ && should_stop_(); }

  bool read(std::span<const int32_t> ids) {
    for (const int32_t id : ids) {
      if (stopped()) return false;
      network_.advance(id, false);
    }
    return true;
  }

  bool turn(std::span<const int32_t> ids) {
    std::mt19937 generator(1);
    for (const std::span<float> direction : directions_) {
      for (float& value : direction) value = static_cast<float>(generator()) / 0x1p31f - 1;
    }
    orthonormalize(directions_, triangle_);
    const std::vector<float> state(network_.state().begin(), network_.state().end());
    if (!carry(ids, false)) return false;
    std::ranges::copy(state, network_.state().begin());
    return true;
  }

  bool carry(std::span<const int32_t> ids, bool counted) {
    for (const int32_t id : ids) {
      if (stopped()) return false;
      network_.advance(id, true);
      orthonormalize(directions_, triangle_);
      if (counted) growth_.multiply(triangle_);
    }
    return true;
  }

  TangentNetwork network_;
  Growth growth_;
  const ShouldStop& should_stop_;
  std::vector<std::span<float>> directions_;
  std::vector<double> triangle_;
};

int64_t state_size(const ModelConfig& config) {
  return int64_t{config.layers} * config.states() * config.hidden_size;
}

}  // namespace

double half_life(double exponent) {
  if (exponent >= 0) return std::numeric_limits<double>::infinity();
  return std::numbers::ln2 / -exponent;
}

MemoryClocks memory_clocks(const Parameters& parameters, std::span<const int32_t> ids,
                           int characters, int exponents, int32_t border,
                           const ShouldStop& should_stop) {
  for (size_t t = ids.size(); border >= 0 && t-- > 0;) {
    if (ids[t] != border) continue;
    ids = ids.subspan(t);
    break;
  }
  const size_t counted = std::min(ids.size(), static_cast<size_t>(characters));
  const int64_t directions = std::min<int64_t>(exponents, state_size(parameters.config()));
  if (counted == 0 || directions <= 0) return {};
  Clocks clocks(parameters, static_cast<int>(directions), should_stop);
  if (!clocks.run(ids.first(ids.size() - counted), ids.last(counted))) return {};
  return {static_cast<int>(counted), clocks.exponents(counted)};
}

int64_t memory_clocks_size(const ModelConfig& config, int exponents) {
  const int64_t width = int64_t{config.gates()} * config.hidden_size;
  const int64_t matrices = (2 * int64_t{config.layers} - 1) * width * config.hidden_size;
  return matrices + (int64_t{exponents} + 1) * (state_size(config) + 2 * width);
}

}  // namespace charrnn
