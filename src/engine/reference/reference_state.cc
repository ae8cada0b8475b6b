#include "engine/reference/reference_state.h"

#include "base/error.h"

namespace charrnn::reference {

ReferenceState::ReferenceState(const ModelConfig& config, int streams) : config_(config) {
  check(streams > 0, "a state has at least one stream");
  of_stream_.assign(streams, zero_state(config));
}

size_t ReferenceState::size() const {
  return of_stream_.size() * config_.layers * config_.states() * config_.hidden_size;
}

// The host's order is [layers][states][streams][hidden_size].
void ReferenceState::read(std::span<float> values) const {
  check(values.size() == size(), "a state is read into an array of its size");
  size_t i = 0;
  for (int layer = 0; layer < config_.layers; ++layer) {
    for (int kind = 0; kind < config_.states(); ++kind) {
      for (const StreamState& of : of_stream_) {
        for (const double value : of[layer][kind]) values[i++] = static_cast<float>(value);
      }
    }
  }
}

void ReferenceState::write(std::span<const float> values) {
  check(values.size() == size(), "a state is written from an array of its size");
  size_t i = 0;
  for (int layer = 0; layer < config_.layers; ++layer) {
    for (int kind = 0; kind < config_.states(); ++kind) {
      for (StreamState& of : of_stream_) {
        for (double& value : of[layer][kind]) value = values[i++];
      }
    }
  }
}

void ReferenceState::clear() {
  for (StreamState& of : of_stream_) of = zero_state(config_);
}

void ReferenceState::clear_stream(int stream_id) { stream(stream_id) = zero_state(config_); }

void ReferenceState::copy_stream(int from, int to) { stream(to) = stream(from); }

void ReferenceState::round() {
  for (StreamState& of : of_stream_) {
    for (auto& layer : of) {
      for (Vector& kind : layer) {
        for (double& value : kind) value = static_cast<float>(value);
      }
    }
  }
}

StreamState& ReferenceState::stream(int stream) {
  check(stream >= 0 && stream < streams(), "a stream asked for is in the state");
  return of_stream_[stream];
}

}  // namespace charrnn::reference
