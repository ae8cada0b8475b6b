// The numbers of one optimizer step that change from step to step. They are copied to the GPU with
// the batch, so that the kernels, recorded once, find them there.
#pragma once

#include <cstdint>

#include "engine/trainable_network.h"

namespace charrnn::cuda {

struct StepValues {
  // Of dropout: drop where counter_bits < threshold, else multiply by scale.
  uint64_t seed = 0, step = 0;
  uint32_t between_layers = 0, before_output = 0, recurrent_weights = 0, embedding = 0;
  float between_layers_scale = 1, before_output_scale = 1;
  float recurrent_weights_scale = 1, embedding_scale = 1;

  float label_smoothing = 0;

  // Of the update: see model/optimizer.h.
  float learning_rate = 0, decay = 1;
  float beta1 = 0, one_minus_beta1 = 0, beta2 = 0, one_minus_beta2 = 0;
  float step_size = 0, root_scale = 0, epsilon = 0;
  double clip_limit = 0;
  float ema_decay = 0, one_minus_ema_decay = 0;
};

// What the forward pass needs, and with an update all of it.
StepValues step_values(const Batch& batch);
StepValues step_values(const Batch& batch, const Update& update);

// What a step gives back.
struct StepOutcome {
  double loss = 0;
  double gradient_norm = 0;
  int32_t applied = 0;
};

}  // namespace charrnn::cuda
