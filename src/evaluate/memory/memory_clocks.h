// The half-lives of what a network remembers: how fast small changes of its state fade while it
// reads a text.
//
// The state after T characters, differentiated by the state before them, is a product of T
// Jacobians. Its singular values are the factors by which changes grow or fade in some orthogonal
// directions; their logarithms divided by T are the finite-time Lyapunov exponents, in nats per
// character. The greatest are found by carrying some directions along and making them orthogonal
// again after each character (Benettin, Galgani, Giorgilli and Strelcyn, Meccanica 15, 1980).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/network.h"

namespace charrnn {

struct MemoryClocks {
  int characters = 0;             // T
  std::vector<double> exponents;  // largest first; -infinity: forgotten at once
};

// Characters until a change with this exponent has faded to a half: ln 2 / -exponent; infinity
// where it does not fade.
double half_life(double exponent);

// Along the last `characters` of ids, or the fewer there are since the last document began (border:
// its id, or -1), after all that precedes them in it. At most as many exponents as the state has
// values. Computes in float32 whatever the engine does. None where it was stopped.
MemoryClocks memory_clocks(const Parameters& parameters, std::span<const int32_t> ids,
                           int characters, int exponents, int32_t border = -1,
                           const ShouldStop& should_stop = {});

// Floats that this takes.
int64_t memory_clocks_size(const ModelConfig& config, int exponents);

}  // namespace charrnn
