// A forward pass of one stream that keeps everything computed: to visualize, and for sensitivity.
#pragma once

#include "engine/cpu/inference/inference_batch.h"

namespace charrnn::cpu {

// state: [layers][states][hidden_size], before and after. False where it was stopped.
bool trace_text(const ModelConfig& config, const InferenceKernels& kernels,
                const InferenceWeights& weights, ThreadPool& pool, std::span<const int32_t> ids,
                std::span<float> state, Trace& trace, const ShouldStop& should_stop = {});

}  // namespace charrnn::cpu
