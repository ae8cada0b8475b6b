#include "engine/cuda/memory/step_values.h"

#include "model/dropout.h"
#include "model/optimizer.h"

namespace charrnn::cuda {

StepValues step_values(const Batch& batch) {
  const Dropout& dropout = batch.dropout;
  const auto scale = [](float rate) { return static_cast<float>(1 / (1 - double{rate})); };
  return {.seed = dropout.seed,
          .step = dropout.step,
          .between_layers = dropout_threshold(dropout.between_layers),
          .before_output = dropout_threshold(dropout.before_output),
          .recurrent_weights = dropout_threshold(dropout.recurrent_weights),
          .embedding = dropout_threshold(dropout.embedding),
          .between_layers_scale = scale(dropout.between_layers),
          .before_output_scale = scale(dropout.before_output),
          .recurrent_weights_scale = scale(dropout.recurrent_weights),
          .embedding_scale = scale(dropout.embedding),
          .label_smoothing = batch.label_smoothing};
}

StepValues step_values(const Batch& batch, const Update& update) {
  StepValues values = step_values(batch);
  const double beta1 = update.beta1, beta2 = update.beta2, rate = update.learning_rate;
  const AdamBiasCorrection correction = adam_bias_correction(rate, beta1, beta2, update.step);
  values.learning_rate = update.learning_rate;
  values.decay = static_cast<float>(1 - rate * update.weight_decay);
  values.beta1 = update.beta1;
  values.one_minus_beta1 = static_cast<float>(1 - beta1);
  values.beta2 = update.beta2;
  values.one_minus_beta2 = static_cast<float>(1 - beta2);
  values.step_size = static_cast<float>(correction.step_size);
  values.root_scale = static_cast<float>(correction.root_scale);
  values.epsilon = update.epsilon;
  values.clip_limit = update.clip_limit;
  values.ema_decay = update.ema_decay;
  values.one_minus_ema_decay = static_cast<float>(1 - double{update.ema_decay});
  return values;
}

}  // namespace charrnn::cuda
