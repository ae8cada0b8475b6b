// The inference half of the CPU engine: one character for many streams, the loss of a text, and a
// trace of what the network computed.
#pragma once

#include <memory>
#include <optional>

#include "engine/cpu/inference/parallel_evaluation.h"
#include "engine/cpu/memory/cpu_state.h"

namespace charrnn::cpu {

class Inference {
 public:
  // Borrows all three. The weights are packed here: after a change of them a new object is needed.
  Inference(const Parameters& parameters, const InferenceKernels& kernels, ThreadPool& pool);

  // As Engine's methods of the same names.
  void advance(std::span<const int32_t> ids, CpuState& state, std::span<float> logits,
               std::span<const Hold> holds);
  double evaluate(std::span<const int32_t> ids, CpuState& state, std::span<float> surprise,
                  std::span<const uint8_t> resets);
  void trace(std::span<const int32_t> ids, CpuState& state, Trace& trace);
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target,
                                 const Parameters& parameters, const ShouldStop& should_stop);

  size_t weight_bytes() const { return weights_.bytes(); }

 private:
  InferenceBatch& batch_for(int streams);

  ModelConfig config_;
  const InferenceKernels* kernels_;
  ThreadPool* pool_;
  InferenceWeights weights_;
  // Of the last advance(): the next one is likely to have as many streams.
  std::optional<InferenceBatch> batch_;
  uint64_t loaded_revision_ = 0;                    // of the state that batch_ holds
  std::optional<AdaptiveParallelism> parallelism_;  // of batch_
  std::vector<float> state_;                        // of one stream: [layers][states][hidden_size]
};

}  // namespace charrnn::cpu
