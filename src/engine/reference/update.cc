#include "engine/reference/update.h"

#include <algorithm>
#include <cmath>

#include "model/optimizer.h"

namespace charrnn::reference {
namespace {

void clip(const Update& update, double norm, Tensors& gradient) {
  const double limit = update.clip_limit;
  switch (update.clip) {
    case Clip::kNone:
      break;
    case Clip::kNorm:
      for (double& g : gradient.values()) g *= clip_scale(norm, limit);
      break;
    case Clip::kElement:
      for (double& g : gradient.values()) g = std::clamp(g, -limit, limit);
      break;
  }
}

Adam<double> adam(const Update& update, double decay) {
  const double beta1 = update.beta1, beta2 = update.beta2;
  const AdamBiasCorrection correction =
      adam_bias_correction(update.learning_rate, beta1, beta2, update.step);
  return {.decay = decay,
          .beta1 = beta1,
          .one_minus_beta1 = 1 - beta1,
          .beta2 = beta2,
          .one_minus_beta2 = 1 - beta2,
          .step_size = correction.step_size,
          .root_scale = correction.root_scale,
          .epsilon = update.epsilon};
}

Rmsprop<double> rmsprop(const Update& update, double decay) {
  const double alpha = update.beta2;
  return {.decay = decay,
          .alpha = alpha,
          .one_minus_alpha = 1 - alpha,
          .learning_rate = update.learning_rate,
          .epsilon = update.epsilon};
}

template <class Rule>
void apply(const Rule& rule, int tensor, const Tensors& gradient, Learned& learned) {
  const auto g = gradient.tensor(tensor);
  const auto w = learned.weights.tensor(tensor);
  const auto m = learned.first_moment.tensor(tensor);
  const auto v = learned.second_moment.tensor(tensor);
  for (size_t i = 0; i < g.size(); ++i) rule(w[i], m[i], v[i], g[i]);
}

}  // namespace

double gradient_norm(const Tensors& gradient) {
  double sum = 0;
  for (const double g : gradient.values()) sum += g * g;
  return std::sqrt(sum);
}

void apply_update(const ModelConfig& config, const Update& update, double norm, Tensors& gradient,
                  Learned& learned) {
  const bool averaging = update.ema_decay > 0;
  if (averaging && learned.ema.empty()) learned.ema = learned.weights;
  clip(update, norm, gradient);
  const std::vector<TensorInfo> layout = parameter_layout(config);
  for (int i = config.one_hot ? 1 : 0; i < static_cast<int>(layout.size()); ++i) {
    const bool matrix = layout[i].shape.size() == 2;
    const double rate = static_cast<double>(update.learning_rate) * update.weight_decay;
    const double decay = matrix ? 1 - rate : 1;
    if (update.optimizer == Optimizer::kAdam) {
      apply(adam(update, decay), i, gradient, learned);
    } else {
      apply(rmsprop(update, decay), i, gradient, learned);
    }
  }
  if (!averaging) return;
  const double decay = update.ema_decay;
  for (size_t i = 0; i < learned.ema.values().size(); ++i) {
    double& ema = learned.ema.values()[i];
    ema = decay * ema + (1 - decay) * learned.weights.values()[i];
  }
}

}  // namespace charrnn::reference
