// Dropout masks as functions of a key alone: the same on every machine and for any number of
// threads.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace charrnn {

// The key of one row of units: the output of `layer` at `time` of `stream` in optimizer step
// `step`.
constexpr uint64_t dropout_key(uint64_t seed, uint64_t step, int layer, int time, int stream) {
  return counter_key(seed, step, static_cast<uint64_t>(layer) << 32 | static_cast<uint32_t>(time),
                     static_cast<uint64_t>(stream));
}

// The key of one column of gate `gate` in a layer's W_hh: the weights of unit `column` of the
// previous state. `unit` (below) counts within the gate.
constexpr uint64_t recurrent_dropout_key(uint64_t seed, uint64_t step, int layer, int gate,
                                         int column) {
  return dropout_key(seed, step, 1 << 20 | layer, column, gate);
}

// The key of a character's row in the embedding.
constexpr uint64_t embedding_dropout_key(uint64_t seed, uint64_t step, int id) {
  return dropout_key(seed, step, 1 << 21, id, 0);
}

// A value is dropped where counter_bits(key, unit) < dropout_threshold(rate).
constexpr uint32_t dropout_threshold(float rate) {
  return static_cast<uint32_t>(static_cast<double>(rate) * 4294967296.0);
}

}  // namespace charrnn
