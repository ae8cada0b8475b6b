#include "engine/reference/weight_dropout.h"

#include "model/dropout.h"

namespace charrnn::reference {
namespace {

double factor(float rate, uint64_t key, int unit) {
  const bool dropped = counter_bits(key, static_cast<uint32_t>(unit)) < dropout_threshold(rate);
  return dropped ? 0 : 1 / (1 - static_cast<double>(rate));
}

}  // namespace

void apply_weight_dropout(const ModelConfig& config, const Dropout& dropout, Tensors& tensors) {
  const int hidden_size = config.hidden_size;
  for (int layer = 0; layer < config.layers && dropout.recurrent_weights > 0; ++layer) {
    const auto weight = tensors.tensor(Places::weight_hh(layer));
    for (int gate = 0; gate < config.gates(); ++gate) {
      for (int column = 0; column < hidden_size; ++column) {
        const uint64_t key = recurrent_dropout_key(dropout.seed, dropout.step, layer, gate, column);
        for (int unit = 0; unit < hidden_size; ++unit) {
          row(weight, gate * hidden_size + unit, hidden_size)[column] *=
              factor(dropout.recurrent_weights, key, unit);
        }
      }
    }
  }
  if (dropout.embedding <= 0 || config.one_hot) return;
  const auto embedding = tensors.tensor(Places::embedding);
  for (int id = 0; id < config.vocabulary_size; ++id) {
    const uint64_t key = embedding_dropout_key(dropout.seed, dropout.step, id);
    const auto values = row(embedding, id, config.embedding_size);
    for (int i = 0; i < config.embedding_size; ++i) {
      values[i] *= factor(dropout.embedding, key, i);
    }
  }
}

}  // namespace charrnn::reference
