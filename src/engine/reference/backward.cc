#include "engine/reference/backward.h"

#include "engine/reference/real.h"

namespace charrnn::reference {
namespace {

// For a linear map  y = W x + b  and d = the gradient with respect to y[r]:
//
//   dW[r] += d x      db[r] += d      dx += d W[r]
void add_row_gradient(int r, double d, std::span<const double> weight, std::span<const double> x,
                      std::span<double> d_weight, std::span<double> d_bias, std::span<double> d_x) {
  add_scaled(row(d_weight, r, x.size()), d, x);
  d_bias[r] += d;
  add_scaled(d_x, d, row(weight, r, x.size()));
}

// d_state: in, the gradient with respect to the layer's state after this step (the output's
// included in state 0); out, with respect to the state before it. Returns that of the input.
template <class Cell>
Vector layer_backward(const Tensors& weights, int layer, const LayerStep& step,
                      std::vector<Vector>& d_state, Tensors& gradient) {
  const auto weight_ih = weights.tensor(Places::weight_ih(layer));
  const auto weight_hh = weights.tensor(Places::weight_hh(layer));
  const auto d_weight_ih = gradient.tensor(Places::weight_ih(layer));
  const auto d_weight_hh = gradient.tensor(Places::weight_hh(layer));
  const auto d_bias_ih = gradient.tensor(Places::bias_ih(layer));
  const auto d_bias_hh = gradient.tensor(Places::bias_hh(layer));
  const int hidden_size = static_cast<int>(d_state[0].size());
  Vector d_input(step.input.size());
  Vector d_hidden(hidden_size);
  for (int unit = 0; unit < hidden_size; ++unit) {
    Real saved[Cell::saved], previous[Cell::states], d_states[Cell::states], d_sum[Cell::sums];
    for (int i = 0; i < Cell::saved; ++i) saved[i] = step.saved[i][unit];
    for (int i = 0; i < Cell::states; ++i) previous[i] = step.previous[i][unit];
    for (int i = 0; i < Cell::states; ++i) d_states[i] = d_state[i][unit];
    Cell::backward(saved, previous, d_states, d_sum);
    for (int i = 0; i < Cell::states; ++i) d_state[i][unit] = d_states[i].value;
    for (int gate = 0; gate < Cell::gates; ++gate) {
      const int r = gate * hidden_size + unit;
      add_row_gradient(r, d_sum[Cell::input_sum[gate]].value, weight_ih, step.input, d_weight_ih,
                       d_bias_ih, d_input);
      add_row_gradient(r, d_sum[Cell::recurrent_sum[gate]].value, weight_hh, step.previous[0],
                       d_weight_hh, d_bias_hh, d_hidden);
    }
  }
  add_scaled(d_state[0], 1, d_hidden);
  return d_input;
}

}  // namespace

std::vector<Vector> backward(const ModelConfig& config, const Tensors& weights,
                             const std::vector<Step>& steps, const std::vector<Vector>& d_logits,
                             StreamDropout dropout, Tensors& gradient) {
  const auto fc_weight = weights.tensor(Places::fc_weight(config.layers));
  const auto d_fc_weight = gradient.tensor(Places::fc_weight(config.layers));
  const auto d_fc_bias = gradient.tensor(Places::fc_bias(config.layers));
  StreamState d_state = zero_state(config);
  std::vector<Vector> d_embedded(steps.size());
  for (int t = static_cast<int>(steps.size()) - 1; t >= 0; --t) {
    const Step& step = steps[t];
    dropout.time = t;
    Vector d_value(config.hidden_size);  // with respect to what the last layer hands on
    for (size_t i = 0; i < d_logits[t].size(); ++i) {
      add_row_gradient(static_cast<int>(i), d_logits[t][i], fc_weight, step.output, d_fc_weight,
                       d_fc_bias, d_value);
    }
    for (int layer = config.layers - 1; layer >= 0; --layer) {
      dropout.apply(layer, d_value);
      add_scaled(d_state[layer][0], 1, d_value);
      d_value = with_cell(config.cell, [&]<class Cell>() {
        return layer_backward<Cell>(weights, layer, step.layers[layer], d_state[layer], gradient);
      });
    }
    d_embedded[t] = d_value;
    if (step.begins) d_state = zero_state(config);
  }
  return d_embedded;
}

}  // namespace charrnn::reference
