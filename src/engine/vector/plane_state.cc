#include <algorithm>

#include "base/error.h"
#include "engine/vector/vector_engine.h"

namespace charrnn {

PlaneState::PlaneState(const ModelConfig& config, int width, int streams)
    : layers_(config.layers),
      states_(config.states()),
      hidden_size_(config.hidden_size),
      width_(width),
      blocks_((config.hidden_size + width - 1) / width),
      streams_(streams),
      size_(int64_t{blocks_} * streams * width),
      values_(static_cast<size_t>(layers_ * states_ * size_)) {}

void PlaneState::read(std::span<float> values) const {
  check(values.size() == size_t(layers_) * states_ * streams_ * hidden_size_, "state sizes agree");
  auto* self = const_cast<PlaneState*>(this);
  size_t i = 0;
  for (int set = 0; set < layers_ * states_; ++set) {
    for (int stream = 0; stream < streams_; ++stream) {
      for (int unit = 0; unit < hidden_size_; ++unit) {
        values[i++] = self->at(set * blocks_ + unit / width_, stream)[unit % width_];
      }
    }
  }
}

void PlaneState::write(std::span<const float> values) {
  check(values.size() == size_t(layers_) * states_ * streams_ * hidden_size_, "state sizes agree");
  size_t i = 0;
  for (int set = 0; set < layers_ * states_; ++set) {
    for (int stream = 0; stream < streams_; ++stream) {
      for (int unit = 0; unit < hidden_size_; ++unit) {
        at(set * blocks_ + unit / width_, stream)[unit % width_] = values[i++];
      }
    }
  }
}

void PlaneState::clear_stream(int stream) {
  for (int plane = 0; plane < layers_ * states_ * blocks_; ++plane) {
    std::fill_n(at(plane, stream), width_, 0.0f);
  }
}

void PlaneState::copy_stream(int from, int to) {
  for (int plane = 0; plane < layers_ * states_ * blocks_; ++plane) {
    std::copy_n(at(plane, from), width_, at(plane, to));
  }
}

}  // namespace charrnn
