#include "engine/reference/forward.h"

#include "base/error.h"
#include "engine/reference/real.h"
#include "model/dropout.h"
#include "model/log_softmax.h"

namespace charrnn::reference {
namespace {

// Gates g of unit j are rows g H + j of both matrices. Their sums, from which the cell's formulas
// make the new state:
//
//   sum[input_sum[g]]     gets  W_ih[g H + j] . x + b_ih[g H + j]
//   sum[recurrent_sum[g]] gets  W_hh[g H + j] . h + b_hh[g H + j]
template <class Cell>
void read_layer(const Tensors& weights, int layer, int hidden_size, LayerStep& step) {
  const auto weight_ih = weights.tensor(Places::weight_ih(layer));
  const auto weight_hh = weights.tensor(Places::weight_hh(layer));
  const auto bias_ih = weights.tensor(Places::bias_ih(layer));
  const auto bias_hh = weights.tensor(Places::bias_hh(layer));
  const Vector& x = step.input;
  const Vector& h = step.previous[0];
  for (int unit = 0; unit < hidden_size; ++unit) {
    double sum[Cell::sums] = {};
    for (int gate = 0; gate < Cell::gates; ++gate) {
      const int r = gate * hidden_size + unit;
      sum[Cell::input_sum[gate]] += dot(row(weight_ih, r, x.size()), x) + bias_ih[r];
      sum[Cell::recurrent_sum[gate]] += dot(row(weight_hh, r, h.size()), h) + bias_hh[r];
    }
    Real sums[Cell::sums], state[Cell::states], saved[Cell::saved];
    for (int i = 0; i < Cell::sums; ++i) sums[i] = sum[i];
    for (int i = 0; i < Cell::states; ++i) state[i] = step.previous[i][unit];
    Cell::forward(sums, state, saved);
    for (int i = 0; i < Cell::states; ++i) step.state[i][unit] = state[i].value;
    for (int i = 0; i < Cell::saved; ++i) step.saved[i][unit] = saved[i].value;
  }
}

//   logits = W_fc h + b_fc
Vector score(const Tensors& weights, int layers, const Vector& output) {
  const auto weight = weights.tensor(Places::fc_weight(layers));
  const auto bias = weights.tensor(Places::fc_bias(layers));
  Vector logits(bias.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    logits[i] = dot(row(weight, static_cast<int>(i), output.size()), output) + bias[i];
  }
  return logits;
}

//   log p[i] = logits[i] - log sum over j of exp(logits[j])
Vector log_softmax(const Vector& logits) {
  const LogSoftmax log_p{std::span<const double>(logits)};
  Vector log_probabilities(logits.size());
  std::ranges::transform(logits, log_probabilities.begin(), log_p);
  return log_probabilities;
}

}  // namespace

void StreamDropout::apply(int layer, std::span<double> values) const {
  const float rate = layer == layers - 1 ? dropout.before_output : dropout.between_layers;
  if (rate <= 0) return;
  const uint64_t key =
      dropout_key(dropout.seed, dropout.step, layer, dropout.locked ? 0 : time, stream);
  for (size_t unit = 0; unit < values.size(); ++unit) {
    const bool dropped = counter_bits(key, static_cast<uint32_t>(unit)) < dropout_threshold(rate);
    values[unit] = dropped ? 0 : values[unit] / (1 - static_cast<double>(rate));
  }
}

Step read_character(const ModelConfig& config, const Tensors& weights, int32_t id,
                    const StreamDropout& dropout, std::span<const Hold> holds, bool with_logits,
                    StreamState& state, Vector* logits) {
  check(id >= 0 && id < config.vocabulary_size, "an id read is in the vocabulary");
  Step step;
  step.id = id;
  step.layers.resize(config.layers);
  const auto embedded =
      row(weights.tensor(Places::embedding), id, static_cast<size_t>(config.embedding_size));
  Vector value(embedded.begin(), embedded.end());
  for (int layer = 0; layer < config.layers; ++layer) {
    LayerStep& done = step.layers[layer];
    done.input = value;
    done.previous = state[layer];
    done.state = state[layer];
    done.saved.assign(cell_traits(config.cell).saved, Vector(config.hidden_size));
    with_cell(config.cell,
              [&]<class Cell>() { read_layer<Cell>(weights, layer, config.hidden_size, done); });
    for (const Hold& hold : holds) {
      if (hold.layer == layer) done.state[0][hold.unit] = hold.value;
    }
    state[layer] = done.state;
    value = done.state[0];
    dropout.apply(layer, value);
  }
  step.output = value;
  if (with_logits) {
    const Vector scores = score(weights, config.layers, value);
    step.log_probabilities = log_softmax(scores);
    if (logits) *logits = scores;
  }
  return step;
}

StreamState zero_state(const ModelConfig& config) {
  return StreamState(config.layers,
                     std::vector<Vector>(config.states(), Vector(config.hidden_size)));
}

}  // namespace charrnn::reference
