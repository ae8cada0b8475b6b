// Draws the next character from a network's logits.
#pragma once

#include <cstdint>
#include <map>
#include <span>

namespace charrnn {

struct SamplingSettings {
  double temperature = 1;  // 0: the most likely character
  int top_k = 0;           // keep the k most likely; 0: off
  double top_p = 1;  // keep the smallest set of at least this probability (0: the top one); 1: off
  double min_p = 0;  // keep those of at least min_p times the top probability; 0: off
  double presence_penalty = 0;     // subtracted from the logit of every generated character
  double frequency_penalty = 0;    // … once for each time it has been generated
  std::map<int32_t, double> bias;  // added to a character's logit (OpenAI's logit_bias)
};

// The uniform draw in [0, 1) for character `position` of text `index` under `seed`: a function of
// these alone, so a text does not depend on what is generated beside it.
double sampling_uniform(uint64_t seed, uint64_t index, uint64_t position);

// counts: how often each character has been generated so far, or empty where no penalty is set.
// uniform: in [0, 1). Probabilities are computed in double, whatever the temperature, without
// overflow.
int32_t draw(std::span<const float> logits, const SamplingSettings& settings,
             std::span<const int32_t> counts, double uniform);

}  // namespace charrnn
