// A network that reads one text, and with it directions in its state: each is carried along by the
// derivative (the Jacobian) of the step, so that it stays the first-order effect of a small change
// of the state at the beginning.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/cpu/inference/float_product.h"
#include "model/parameters.h"

namespace charrnn {

class TangentNetwork {
 public:
  // Copies the recurrent matrices and borrows the rest, from a state of zeros.
  TangentNetwork(const Parameters& parameters, int directions);

  int dimensions() const { return static_cast<int>(dimensions_); }  // of the state, all layers
  int directions() const { return directions_; }

  // [dimensions]: [layers][states][hidden_size]
  std::span<float> state() { return row(directions_); }
  std::span<float> direction(int i) { return row(i); }

  // Reads a character: changes the state and, if wanted, the directions by the derivative there.
  void advance(int32_t id, bool with_directions);

 private:
  // The derivatives of one layer's units in this step: of each new state by each sum and old state.
  // [states][sums + states][hidden_size]
  using Derivatives = std::vector<float>;

  std::span<float> row(int i) {
    return std::span(rows_).subspan(static_cast<size_t>(i) * dimensions_, dimensions_);
  }
  float* layer_of(int i, int layer) { return row(i).data() + layer * layer_dimensions_; }
  void embed(int32_t id);
  template <class Cell>
  void advance_layer(int layer, int first_row);
  template <class Cell>
  void advance_state(int layer);
  template <class Cell>
  void advance_direction(int i, int layer);

  const Parameters& parameters_;
  const int directions_;
  const size_t layer_dimensions_, dimensions_;
  std::vector<cpu::FloatProduct> input_, recurrent_;  // of each layer; the first has no input_
  std::vector<float> rows_;                           // [directions + the state][dimensions]
  std::vector<float> embedded_;                       // [gates][hidden_size]: W_ih x of layer 0
  std::vector<float> from_input_, from_state_;        // products, a row for each of rows_
  Derivatives derivatives_;
};

}  // namespace charrnn
