#include "evaluate/memory/transplant.h"

#include <algorithm>

#include "model/log_softmax.h"

namespace charrnn {
namespace {

constexpr size_t kPart = 512;  // characters between two questions whether to stop

// The state before the last of ids; empty where it was stopped.
std::vector<float> state_before_last(Network& network, std::span<const int32_t> ids, int32_t border,
                                     const ShouldStop& should_stop) {
  const auto state = network.new_state(1);
  for (size_t begin = 0; begin + 1 < ids.size(); begin += kPart) {
    if (should_stop && should_stop()) return {};
    const auto part = ids.subspan(begin, std::min(kPart + 1, ids.size() - begin));
    std::vector<uint8_t> resets;
    for (const int32_t id : part) resets.push_back(id == border);
    network.evaluate(part, *state, {}, resets);
  }
  const ModelConfig& config = network.config();
  std::vector<float> values(static_cast<size_t>(config.layers) * config.states() *
                            config.hidden_size);
  state->read(values);
  return values;
}

// Replaces the values of some units. [layers][states][hidden_size]
void put_units(const ModelConfig& config, std::span<const float> from,
               std::span<const StateUnit> units, std::vector<float>& to) {
  if (units.empty()) to.assign(from.begin(), from.end());
  for (const auto& [layer, unit] : units) {
    for (int s = 0; s < config.states(); ++s) {
      const size_t place =
          (static_cast<size_t>(layer) * config.states() + s) * config.hidden_size + unit;
      to[place] = from[place];
    }
  }
}

std::vector<float> prediction(Network& network, std::span<const float> values, int32_t id) {
  const auto state = network.new_state(1);
  state->write(values);
  std::vector<float> scores(network.config().vocabulary_size);
  network.advance({&id, 1}, *state, scores);
  const LogSoftmax log_p{std::span<const float>(scores)};
  std::ranges::transform(scores, scores.begin(),
                         [&](float score) { return static_cast<float>(log_p(score)); });
  return scores;
}

}  // namespace

Transplant transplant(Network& network, std::span<const int32_t> ids,
                      std::span<const int32_t> donor, std::span<const StateUnit> units,
                      int32_t border, const ShouldStop& should_stop) {
  const int32_t last = ids.back();
  std::vector<float> own = state_before_last(network, ids, border, should_stop);
  if (own.empty()) return {};
  std::vector<int32_t> donor_ids(donor.begin(), donor.end());
  donor_ids.push_back(last);
  const std::vector<float> given = state_before_last(network, donor_ids, border, should_stop);
  if (given.empty()) return {};
  Transplant result;
  result.own = prediction(network, own, last);
  result.donor = prediction(network, given, last);
  put_units(network.config(), given, units, own);
  result.transplanted = prediction(network, own, last);
  return result;
}

}  // namespace charrnn
