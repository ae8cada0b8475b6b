// One stream read with everything kept: for pictures of a network at work, and for the way back.
#pragma once

#include "engine/cpu/inference/reading_rows.h"

namespace charrnn::cpu {

// Reads ids from the state [layers][states][hidden_size] on, and leaves the state after them there.
void trace_text(const ModelConfig& config, const ReadingKernels& kernels,
                const ReadingWeights& weights, ThreadPool& pool, std::span<const int32_t> ids,
                std::span<float> state, Trace& trace);

}  // namespace charrnn::cpu
