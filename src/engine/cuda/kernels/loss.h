// Softmax and cross-entropy of rows of logits, and their gradient, in one pass.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "engine/cuda/memory/step_values.h"

namespace charrnn::cuda {

inline constexpr int kLossParts = 264;

template <class Stored>
struct LossRows {
  int64_t rows = 0;
  int vocabulary = 0;             // characters
  int stride = 0;                 // from row to row, of logits and d_logits
  const float* logits = nullptr;  // [rows][stride], biases apart
  const float* bias = nullptr;    // [vocabulary]
  const int32_t* targets = nullptr;

  // Each may be null. The loss of each row, in nats:
  float* losses = nullptr;
  // kLossParts sums of losses, each times `weight`:
  double* parts = nullptr;
  // The gradient of the sum of weight times each row's loss, its targets smoothed by the step's
  // label_smoothing: [rows][stride], 0 in the padding.
  Stored* d_logits = nullptr;
  float weight = 1;
  const StepValues* step = nullptr;    // on the GPU; where d_logits is wanted
  float* log_probabilities = nullptr;  // [rows][vocabulary]
};

template <class Stored>
void cross_entropy(const LossRows<Stored>& rows, cudaStream_t stream);

}  // namespace charrnn::cuda
