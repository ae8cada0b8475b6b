#include "engine/cpu/training/weight_masks.h"

#include "model/dropout.h"

namespace charrnn::cpu {

void WeightMasks::draw(const Dropout& dropout) {
  const ModelConfig& config = layout_.config;
  recurrent_rate_ = dropout.recurrent_weights;
  embedding_rate_ = config.one_hot ? 0 : dropout.embedding;
  recurrent_keys_.resize(config.layers);
  for (int layer = 0; layer < config.layers && recurrent_rate_ > 0; ++layer) {
    recurrent_keys_[layer].clear();
    for (int column = 0; column < config.hidden_size; ++column) {
      for (int gate = 0; gate < layout_.cell.gates; ++gate) {
        recurrent_keys_[layer].push_back(
            recurrent_dropout_key(dropout.seed, dropout.step, layer, gate, column));
      }
    }
  }
  embedding_keys_.clear();
  for (int id = 0; id < config.vocabulary_size && embedding_rate_ > 0; ++id) {
    embedding_keys_.push_back(embedding_dropout_key(dropout.seed, dropout.step, id));
  }
}

void WeightMasks::apply(const MatrixLayout& linear, int panel, const float* from, float* to) const {
  const int64_t offset = linear.weights + panel * linear.panel_stride();
  isa_.floats->mask_weights({.from = from + offset,
                             .to = to + offset,
                             .inputs = linear.inputs,
                             .vectors = linear.vectors_of(panel),
                             .gates = linear.gates,
                             .first_block = panel * linear.panel_blocks,
                             .keys = recurrent_keys_[layer_of(linear)].data(),
                             .threshold = dropout_threshold(recurrent_rate_),
                             .scale = 1 / (1 - recurrent_rate_)});
}

void WeightMasks::apply_to_embedding(int first, int last, const float* from, float* to) const {
  for (int block = 0; block < layout_.embedding_blocks; ++block) {
    const int64_t offset =
        layout_.embedding +
        (int64_t{block} * layout_.config.vocabulary_size + first) * layout_.lanes;
    isa_.floats->mask_weights({.from = from + offset,
                               .to = to + offset,
                               .inputs = last - first,
                               .vectors = 1,
                               .gates = 1,
                               .first_block = block,
                               .keys = &embedding_keys_[first],
                               .threshold = dropout_threshold(embedding_rate_),
                               .scale = 1 / (1 - embedding_rate_)});
  }
}

int WeightMasks::layer_of(const MatrixLayout& linear) const {
  for (int layer = 0; layer < layout_.config.layers; ++layer) {
    if (&layout_.recurrent(layer) == &linear) return layer;
  }
  return -1;
}

}  // namespace charrnn::cpu
