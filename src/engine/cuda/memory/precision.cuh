// From the type that an array holds to how products take it.
#pragma once

#include <type_traits>

#include "engine/cuda/memory/operand.cuh"

namespace charrnn::cuda {

template <class Stored>
using OperandOf = std::conditional_t<std::is_same_v<Stored, float>, Float32, Bf16>;

}  // namespace charrnn::cuda
