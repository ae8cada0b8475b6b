// What rounding the weights costs, without a text: on text that the model itself writes.
#pragma once

#include <cstdint>

#include "engine/network.h"

namespace charrnn {

// The mean over the characters of a text that `exact` writes (temperature 1, seed 0) of
//
//   KL(p || q) = sum over characters x of p(x) (log p(x) - log q(x))     p: exact, q: rounded
//
// in bits per character: how much longer the rounded model's code for the exact model's texts is.
// Both have the same vocabulary. first: the id that is read first. border: the state is zero before
// this id is read; -1: none. should_stop is asked at each character; where it says yes the result
// is NaN.
double rounding_cost(Network& exact, Network& rounded, int32_t first, int32_t border,
                     int characters, const ShouldStop& should_stop = {});

}  // namespace charrnn
