// How well a model predicts a text that it learns from as it reads: the one way of evaluating that
// needs a network that learns.
#pragma once

#include <cstdint>
#include <functional>

#include "engine/trainable_network.h"
#include "evaluate/evaluate.h"

namespace charrnn {

// Dynamic evaluation (Krause, Kahembwe, Murray and Renals 2018): the model keeps learning from the
// text it has just predicted. Each character is predicted before it is learned from.
struct DynamicSettings {
  int steps = 32;               // characters between two updates
  double learning_rate = 3e-4;  // of Adam
  double clip_norm = 1;
};

// Changes the network's weights and optimizer state. Otherwise as evaluate(), except that the
// margin is that of the mean losses between updates.
Evaluation evaluate_dynamically(TrainableNetwork& network, IdView text,
                                const DynamicSettings& settings = {},
                                const std::function<void(int64_t)>& progress = {},
                                const DocumentBorders& borders = {},
                                const UnknownCharacters& unknown = {});

}  // namespace charrnn
