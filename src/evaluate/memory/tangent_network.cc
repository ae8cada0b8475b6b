#include "evaluate/memory/tangent_network.h"

#include <algorithm>

#include "engine/reference/real.h"

namespace charrnn {

using reference::Real;

TangentNetwork::TangentNetwork(const Parameters& parameters, int directions)
    : parameters_(parameters),
      directions_(directions),
      layer_dimensions_(static_cast<size_t>(parameters.config().states()) *
                        parameters.config().hidden_size),
      dimensions_(parameters.config().layers * layer_dimensions_),
      rows_((static_cast<size_t>(directions) + 1) * dimensions_) {
  const ModelConfig& config = parameters.config();
  const auto hidden = static_cast<size_t>(config.hidden_size);
  for (int layer = 0; layer < config.layers; ++layer) {
    recurrent_.emplace_back(parameters.weight_hh(layer), config.hidden_size);
    if (layer > 0) input_.emplace_back(parameters.weight_ih(layer), config.hidden_size);
  }
  const size_t stride = recurrent_.front().stride();
  from_state_.resize((static_cast<size_t>(directions) + 1) * stride);
  from_input_.resize(from_state_.size());
  embedded_.resize(config.gates() * hidden);
  derivatives_.resize(config.states() * (cell_traits(config.cell).sums + config.states()) * hidden);
}

void TangentNetwork::advance(int32_t id, bool with_directions) {
  embed(id);
  const int first_row = with_directions ? 0 : directions_;
  for (int layer = 0; layer < parameters_.config().layers; ++layer) {
    with_cell(parameters_.config().cell,
              [&]<class Cell>() { advance_layer<Cell>(layer, first_row); });
  }
}

void TangentNetwork::embed(int32_t id) {
  const auto width = static_cast<size_t>(parameters_.config().embedding_size);
  const auto x = parameters_.embedding().subspan(static_cast<size_t>(id) * width, width);
  const auto weight = parameters_.weight_ih(0);
  for (size_t r = 0; r < embedded_.size(); ++r) {
    double sum = 0;
    for (size_t k = 0; k < width; ++k) sum += double{weight[r * width + k]} * x[k];
    embedded_[r] = static_cast<float>(sum);
  }
}

template <class Cell>
void TangentNetwork::advance_layer(int layer, int first_row) {
  const size_t stride = recurrent_[layer].stride();
  const int rows = directions_ + 1 - first_row;
  recurrent_[layer].multiply(layer_of(first_row, layer), dimensions_, rows,
                             from_state_.data() + first_row * stride);
  if (layer > 0) {
    input_[layer - 1].multiply(layer_of(first_row, layer - 1), dimensions_, rows,
                               from_input_.data() + first_row * stride);
  } else {  // the character is the same for all: it moves the state and no direction
    std::ranges::copy(embedded_, from_input_.begin() + directions_ * stride);
  }
  advance_state<Cell>(layer);
  for (int i = first_row; i < directions_; ++i) advance_direction<Cell>(i, layer);
}

// The cell's formulas for each unit, and their derivatives: a row of them is what the cell's
// backward gives for a gradient of 1.
template <class Cell>
void TangentNetwork::advance_state(int layer) {
  const auto hidden = static_cast<size_t>(parameters_.config().hidden_size);
  const size_t begin = directions_ * recurrent_[layer].stride();
  const auto bias_ih = parameters_.bias_ih(layer), bias_hh = parameters_.bias_hh(layer);
  float* const states = layer_of(directions_, layer);
  for (size_t unit = 0; unit < hidden; ++unit) {
    Real sum[Cell::sums], state[Cell::states], previous[Cell::states], saved[Cell::saved];
    for (int gate = 0; gate < Cell::gates; ++gate) {
      const size_t r = gate * hidden + unit;
      Real& input = sum[Cell::input_sum[gate]];
      input = input + double{from_input_[begin + r]} + double{bias_ih[r]};
      Real& recurrent = sum[Cell::recurrent_sum[gate]];
      recurrent = recurrent + double{from_state_[begin + r]} + double{bias_hh[r]};
    }
    for (int s = 0; s < Cell::states; ++s) state[s] = previous[s] = states[s * hidden + unit];
    Cell::forward(sum, state, saved);
    float* to = derivatives_.data() + unit;
    for (int s = 0; s < Cell::states; ++s) {
      states[s * hidden + unit] = static_cast<float>(state[s].value);
      Real d_state[Cell::states], d_sum[Cell::sums];
      d_state[s] = 1;
      Cell::backward(saved, previous, d_state, d_sum);
      for (const Real& d : d_sum) *to = static_cast<float>(d.value), to += hidden;
      for (const Real& d : d_state) *to = static_cast<float>(d.value), to += hidden;
    }
  }
}

template <class Cell>
void TangentNetwork::advance_direction(int i, int layer) {
  const auto hidden = static_cast<size_t>(parameters_.config().hidden_size);
  const float* const from_state = from_state_.data() + i * recurrent_[layer].stride();
  const float* const from_input = from_input_.data() + i * recurrent_[layer].stride();
  float* const states = layer_of(i, layer);
  for (size_t unit = 0; unit < hidden; ++unit) {
    float old[Cell::states];
    for (int s = 0; s < Cell::states; ++s) old[s] = states[s * hidden + unit];
    const float* d = derivatives_.data() + unit;
    for (int s = 0; s < Cell::states; ++s) {
      float sum = 0;
      for (int gate = 0; gate < Cell::gates; ++gate) {
        sum += d[Cell::recurrent_sum[gate] * hidden] * from_state[gate * hidden + unit];
        if (layer == 0) continue;
        sum += d[Cell::input_sum[gate] * hidden] * from_input[gate * hidden + unit];
      }
      d += Cell::sums * hidden;
      for (int by = 0; by < Cell::states; ++by, d += hidden) sum += *d * old[by];
      states[s * hidden + unit] = sum;
    }
  }
}

}  // namespace charrnn
