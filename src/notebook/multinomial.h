// torch.multinomial(weights, 1) on a CPU, exactly.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"

namespace charrnn {

// weights: not negative, need not sum to one. One output of the generator is used:
//
//   x_0 = u32 mod (2^31 - 1), 1 where that is 0;   x_{k+1} = 1132489760 x_k mod (2^31 - 1)
//   u_k = x_k / (2^31 - 1)      q_k = -ln u_k      the character is argmax_k weights_k / q_k
//
// (an exponential race; the uniforms are those of Intel MKL's MCG31m1, which PyTorch seeds for each
// tensor).
int32_t torch_multinomial(std::span<const float> weights, MersenneTwister& generator);

}  // namespace charrnn
