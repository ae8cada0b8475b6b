#include "engine/cpu/training/weights.h"

#include <algorithm>
#include <type_traits>

namespace charrnn::cpu {

template <class S>
Weights<S>::Weights(const ModelConfig& config, const Isa& isa)
    : layout_(config, isa.lanes),
      isa_(isa),
      masks_(layout_, isa),
      master_(layout_.size),
      transposed_(layout_.size),
      sums_size_(int64_t{layout_.unit_blocks} * layout_.cell.sums * isa.lanes) {
  if constexpr (!std::is_same_v<S, float>) forward_ = HugeArray<S>(layout_.size);
  if (!config.one_hot) transposed_input_ = HugeArray<float>(layout_.input(0).size());
  // Rows a cache line off the powers of two, so that they don't compete for the same cache sets.
  table_stride_ = sums_size_ + 16;
  table_ = HugeArray<float>(table_stride_ * config.vocabulary_size);
  starts_.resize(sums_size_ * config.layers);
}

template <class S>
const S* Weights<S>::forward(const MatrixLayout& linear) const {
  if constexpr (std::is_same_v<S, float>) {
    return masks_.on(linear) ? &dropped_[linear.weights] : &master_[linear.weights];
  } else {
    return &forward_[linear.weights];
  }
}

template <class S>
void Weights<S>::pack_from(const float* weights, const MatrixLayout& linear, int panel,
                           int first_block, int last_block) {
  const int64_t offset = linear.weights + panel * linear.panel_stride();
  const auto fill = [&](auto pack) {
    pack.weights = weights + offset;
    pack.first_block = first_block;
    pack.last_block = last_block;
    pack.blocks = linear.in_blocks;
    pack.vectors = linear.vectors_of(panel);
    pack.first_vector = panel * linear.panel_vectors();
    pack.all_vectors = linear.vectors();
    return pack;
  };
  if (&linear == &layout_.input(0)) {
    if (layout_.config.one_hot) return;
    Pack<float> pack = fill(Pack<float>{});
    pack.transposed = transposed_input_.data();
    isa_.float32->pack(pack);
    return;
  }
  Pack<S> pack = fill(Pack<S>{});
  if constexpr (!std::is_same_v<S, float>) pack.forward = &forward_[offset];
  pack.transposed = &transposed_[linear.weights];
  kernels().pack(pack);
}

template <class S>
void Weights<S>::fill_table(int first, int last, const float* embedding) {
  const MatrixLayout &input = layout_.input(0), &recurrent = layout_.recurrent(0);
  const CellShape& cell = layout_.cell;
  const int W = layout_.lanes;
  const int64_t width = int64_t{input.vectors()} * W;
  std::vector<float> products(width * (last - first));
  if (layout_.config.one_hot) {
    for (int symbol = first; symbol < last; ++symbol) {
      for (int vector = 0; vector < input.vectors(); ++vector) {
        const int panel = vector / input.panel_vectors();
        const float* row =
            &master_[input.weights + panel * input.panel_stride() +
                     (int64_t{symbol} * input.vectors_of(panel) + vector % input.panel_vectors()) *
                         W];
        const float* bias = &master_[input.biases + vector * W];
        float* to = &products[(symbol - first) * width + vector * W];
        for (int i = 0; i < W; ++i) to[i] = bias[i] + row[i];
      }
    }
  } else {
    std::vector<int32_t> offsets(layout_.embedding_blocks);
    for (int block = 0; block < layout_.embedding_blocks; ++block) {
      offsets[block] = block * layout_.config.vocabulary_size * W;
    }
    Product<float> product{.rows = last - first,
                           .vectors = input.vectors(),
                           .panel_vectors = input.panel_vectors(),
                           .start = &master_[input.biases],
                           .operand = {},
                           .out = products.data(),
                           .row_stride = width};
    product.operand = {.values = embedding + int64_t{first} * W,
                       .offset = offsets.data(),
                       .blocks = layout_.embedding_blocks,
                       .full_blocks = input.inputs / W,
                       .tail = input.inputs % W,
                       .weights = &master_[input.weights],
                       .panel_stride = input.panel_stride()};
    isa_.float32->product(product);
  }
  for (int symbol = first; symbol < last; ++symbol) {
    for (int vector = 0; vector < input.vectors(); ++vector) {
      const int block = vector / cell.gates, gate = vector % cell.gates;
      const float* from = &products[(symbol - first) * width + vector * W];
      const float* bias = &master_[recurrent.biases + vector * W];
      float* sums = &table_[symbol * table_stride_ + int64_t{block} * cell.sums * W];
      float* to = sums + cell.input_sum[gate] * W;
      float* apart = sums + cell.recurrent_sum[gate] * W;
      for (int i = 0; i < W; ++i) to[i] = from[i];
      for (int i = 0; i < W; ++i) apart[i] = (to == apart ? to[i] : 0.0f) + bias[i];
    }
  }
}

template <class S>
void Weights<S>::fill_starts() {
  const CellShape& cell = layout_.cell;
  const int W = layout_.lanes;
  for (int layer = 0; layer < layout_.config.layers; ++layer) {
    float* start = &starts_[layer * sums_size_];
    std::fill(start, start + sums_size_, 0.0f);
    const auto add = [&](const MatrixLayout& linear, const int* to_sum) {
      for (int vector = 0; vector < linear.vectors(); ++vector) {
        float* sums = start + (vector / cell.gates * cell.sums + to_sum[vector % cell.gates]) * W;
        const float* bias = &master_[linear.biases + vector * W];
        for (int i = 0; i < W; ++i) sums[i] += bias[i];
      }
    };
    add(layout_.input(layer), cell.input_sum);
    add(layout_.recurrent(layer), cell.recurrent_sum);
  }
}

template <class S>
void Weights<S>::pack_all() {
  for (const MatrixLayout& linear : layout_.matrices) {
    for (int panel = 0; panel < linear.panels(); ++panel) pack(linear, panel, 0, linear.in_blocks);
  }
  fill_starts();
  fill_table(0, layout_.config.vocabulary_size, &master_[layout_.embedding]);
}

template <class S>
void Weights<S>::begin_dropout(const Dropout& dropout) {
  masks_.draw(dropout);
  if (dropped_.size() == 0) dropped_ = HugeArray<float>(layout_.size);
}

template <class S>
void Weights<S>::drop(const MatrixLayout& linear, int panel) {
  masks_.apply(linear, panel, master_.data(), dropped_.data());
  pack_from(dropped_.data(), linear, panel, 0, linear.in_blocks);
}

template <class S>
void Weights<S>::drop_embedding_rows(int first, int last) {
  masks_.apply_to_embedding(first, last, master_.data(), dropped_.data());
}

template <class S>
const float* Weights<S>::embedding() const {
  return (masks_.on_embedding() ? dropped_.data() : master_.data()) + layout_.embedding;
}

template class Weights<float>;
template class Weights<Bf16>;

}  // namespace charrnn::cpu
