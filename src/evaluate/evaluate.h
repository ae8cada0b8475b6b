// How well a model predicts a text: state zero at the first character, carried to the end.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "engine/engine.h"
#include "text/id_array.h"

namespace charrnn {

struct Evaluation {
  int64_t characters = 0;
  int64_t predicted = 0;  // all but the first
  double loss = 0;        // mean, nats a character
  double bits_per_character() const;
  double perplexity() const;
};

// progress: called now and then with the characters done; may throw to stop.
Evaluation evaluate(Engine& engine, IdView text, const std::function<void(int64_t)>& progress = {});

}  // namespace charrnn
