// One stream reads one character after another, and remembers what backward will need.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/reference/tensors.h"
#include "engine/trainable_network.h"

namespace charrnn::reference {

// The carried state of one stream: [layers][states][hidden_size]; state 0 of a layer is its h.
using StreamState = std::vector<std::vector<Vector>>;

// What one layer did with one character.
struct LayerStep {
  Vector input;                  // [input_size]: as the layer saw it, after dropout
  std::vector<Vector> previous;  // [states][hidden_size]: the state before
  std::vector<Vector> saved;     // [Cell::saved][hidden_size]
  std::vector<Vector> state;     // [states][hidden_size]: the state after
};

// What the network did with one character.
struct Step {
  int32_t id = 0;
  bool begins = false;  // the state before it was set to zero: no gradient flows back
  std::vector<LayerStep> layers;
  Vector output;             // [hidden_size]: the last layer's h, after dropout
  Vector log_probabilities;  // [vocabulary_size]: of the character that follows
};

// Masks of dropout for one stream and time: what backward must multiply by again.
struct StreamDropout {
  Dropout dropout;
  int layers = 0;
  int time = 0;
  int stream = 0;

  // Multiplies each value of a layer's output by 0 or 1 / (1 - rate). The same values again for the
  // same place: so it serves the gradient too.
  void apply(int layer, std::span<double> values) const;
};

// Reads one character: changes the state, returns what happened. Without logits (as training on the
// last step alone has it) log_probabilities stays empty.
Step read_character(const ModelConfig& config, const Tensors& weights, int32_t id,
                    const StreamDropout& dropout, std::span<const Hold> holds, bool with_logits,
                    StreamState& state, Vector* logits = nullptr);

StreamState zero_state(const ModelConfig& config);

}  // namespace charrnn::reference
