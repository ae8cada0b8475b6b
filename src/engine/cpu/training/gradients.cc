#include "engine/cpu/training/gradients.h"

#include <algorithm>
#include <utility>

namespace charrnn::cpu {
namespace {

constexpr int kSymbolsInItem = 16;  // rows of the embedding that one item of phase 2 computes

}  // namespace

template <class S>
Gradients<S>::Gradients(const Weights<S>& weights, int threads)
    : weights_(weights), layout_(weights.layout()) {
  int vectors = 0;
  for (int i = 1; i < static_cast<int>(layout_.matrices.size()); ++i) {
    vectors += layout_.matrices[i].vectors();
    for (int panel = 0; panel < layout_.matrices[i].panels(); ++panel) {
      panels_.push_back({i, panel});
    }
  }
  // An item copies its inputs once for all of its vectors; several items for each thread even out
  // what the threads do.
  const int vectors_in_item = std::clamp(vectors / threads, 12, 48);
  for (int i = 1; i < static_cast<int>(layout_.matrices.size()); ++i) {
    const MatrixLayout& linear = layout_.matrices[i];
    const int at_once = std::max(1, vectors_in_item / linear.panel_vectors());
    for (int panel = 0; panel < linear.panels(); panel += at_once) {
      products_.push_back({i, panel, std::min(panel + at_once, linear.panels())});
    }
  }
  items_in_part_ = static_cast<int>(products_.size());
  linear_items_ = static_cast<int>(panels_.size()) + layout_.input(0).panels();
  embedding_items_ =
      layout_.config.one_hot ? 0 : ceil_div(layout_.config.vocabulary_size, kSymbolsInItem);
  table_ = HugeArray<float>(layout_.unit_blocks * table_block());
  squares_.resize(sum_items());
}

template <class S>
void Gradients<S>::set_parts(std::vector<Part> parts, std::vector<PartAddition> additions) {
  while (tables_.size() < parts.size()) {
    if (sums_.size() == tables_.size()) sums_.emplace_back(layout_.size);
    tables_.emplace_back(layout_.unit_blocks * table_block());
  }
  parts_ = std::move(parts);
  additions_ = std::move(additions);
}

template <class S>
void Gradients<S>::product(const SavedActivations<S>& saved, int item_index) {
  const int part_index = item_index / items_in_part_;
  const Part& part = parts_[part_index];
  const Panels item = products_[item_index % items_in_part_];
  const MatrixLayout& linear = layout_.matrices[item.linear];
  const int lanes = layout_.lanes, group = weights_.kernels().group;
  const bool output = &linear == &layout_.output();
  const int layer = output ? layout_.config.layers - 1 : item.linear / 2;
  const bool from_below = !output && item.linear % 2 == 0;
  const int slots = output ? 1 : layout_.cell.slots;
  const int* to_sum = from_below ? layout_.cell.input_sum : layout_.cell.recurrent_sum;

  WeightGradient<S> gradient;
  gradient.times = output ? saved.loss_times : saved.steps;
  gradient.rows = part.rows;
  const auto& source = saved.layers[from_below ? layer - 1 : layer];
  const bool masked = (output || from_below) && source.masked.size() > 0;
  // hidden[t + 1] is the output at time t, hidden[t] the state before it.
  const S* input = source.hidden.data() + (output || from_below ? saved.hidden_time_stride : 0);
  if (masked) input = source.masked.data();
  if (!output && !from_below && saved.with_resets) input = source.previous.data();
  if (output) input += (saved.steps - saved.loss_times) * saved.hidden_time_stride;
  gradient.input = input + int64_t{part.first_row} * lanes;
  gradient.input_time_stride = saved.hidden_time_stride;
  gradient.input_block_stride = saved.block_stride(1);
  gradient.inputs = linear.inputs;
  gradient.d_sums = (output ? saved.d_logits.data() : saved.layers[layer].gates.data()) +
                    int64_t{part.first_row} * slots * lanes;
  gradient.d_sums_time_stride = output ? saved.logits_time_stride : saved.gates_time_stride;
  gradient.d_sums_row_stride = slots * lanes;
  std::vector<GradientVector> vectors;
  float* to = sums_[part_index].data();
  for (int panel = item.first; panel < item.last; ++panel) {
    for (int vector = 0; vector < linear.vectors_of(panel); ++vector) {
      const int block = panel * linear.panel_blocks + vector / linear.gates;
      const int sum = output ? 0 : to_sum[vector % linear.gates];
      vectors.push_back(gradient_vector(linear, panel, vector, to));
      vectors.back().d_sums = block * saved.block_stride(slots) + sum * lanes * group;
    }
  }
  gradient.vector = vectors.data();
  gradient.vectors = static_cast<int>(vectors.size());
  if (&linear == &layout_.recurrent(0)) {
    recurrent_and_table(saved, part_index, item, vectors, gradient);
  } else {
    weights_.kernels().weight_gradient(gradient);
  }
}

// Where a vector's gradient goes in a block of numbers.
template <class S>
GradientVector Gradients<S>::gradient_vector(const MatrixLayout& linear, int panel, int vector,
                                             float* block) const {
  const int lanes = layout_.lanes;
  return {.weights = block + linear.weights + panel * linear.panel_stride() + vector * lanes,
          .stride = linear.vectors_of(panel) * lanes,
          .biases = block + linear.biases + (panel * linear.panel_vectors() + vector) * lanes};
}

// Layer 0's recurrent gradient, and the table's, which has the same gradients of sums but for those
// that only the input adds to.
template <class S>
void Gradients<S>::recurrent_and_table(const SavedActivations<S>& saved, int part, Panels item,
                                       std::vector<GradientVector>& vectors,
                                       WeightGradient<S>& gradient) {
  const CellShape& cell = layout_.cell;
  const MatrixLayout& linear = layout_.recurrent(0);
  const int lanes = layout_.lanes, group = weights_.kernels().group;
  const int first_block = item.first * linear.panel_blocks;
  const int blocks = static_cast<int>(vectors.size()) / cell.gates;
  const auto table = [&](int block, int sum) {
    return &tables_[part][(first_block + block) * table_block() + sum * lanes];
  };
  std::fill_n(table(0, 0), blocks * table_block(), 0.0f);
  std::vector<GradientVector> of_table_alone;
  for (int i = 0; i < static_cast<int>(vectors.size()); ++i) {
    const int block = i / cell.gates, gate = i % cell.gates, sum = cell.input_sum[gate];
    if (sum == cell.recurrent_sum[gate]) {
      vectors[i].table = table(block, sum);
    } else {
      const int64_t offset = (first_block + block) * saved.block_stride(cell.slots);
      of_table_alone.push_back(
          {.d_sums = offset + sum * lanes * group, .table = table(block, sum)});
    }
  }
  gradient.symbols = saved.inputs.data() + parts_[part].first_row;
  gradient.symbol_time_stride = saved.rows;
  gradient.table_stride = cell.sums * lanes;
  weights_.kernels().weight_gradient(gradient);
  if (of_table_alone.empty()) return;
  gradient.inputs = 0;
  gradient.vector = of_table_alone.data();
  gradient.vectors = static_cast<int>(of_table_alone.size());
  weights_.kernels().weight_gradient(gradient);
}

template <class S>
void Gradients<S>::sum(int item) {
  if (item < static_cast<int>(panels_.size())) {
    squares_[item] = sum_panel(panels_[item]);
  } else if (item < linear_items_) {
    const int panel = item - static_cast<int>(panels_.size());
    input_panel(panel);
    squares_[item] = sum_panel({0, panel});
  } else {
    const int first = (item - linear_items_) * kSymbolsInItem;
    squares_[item] =
        embedding_rows(first, std::min(first + kSymbolsInItem, layout_.config.vocabulary_size));
  }
}

// Adds the parts of one panel and its biases (layer 0's input has its sum already).
template <class S>
double Gradients<S>::sum_panel(Panel item) {
  const MatrixLayout& linear = layout_.matrices[item.linear];
  const bool add = !additions_.empty() && item.linear != 0;
  if (weights_.masks().on(linear)) {
    for (size_t i = 0; i < (add ? parts_.size() : 1); ++i) {
      weights_.masks().apply(linear, item.panel, sums_[i].data(), sums_[i].data());
    }
  }
  const auto range = [&](int64_t offset, int64_t count) {
    const auto& sum_and_square = weights_.isa().floats->sum_and_square;
    if (!add) return sum_and_square(&sums_[0][offset], nullptr, count);
    double squares = 0;  // after the last addition, of the whole sum
    for (const auto [to, from] : additions_) {
      squares = sum_and_square(&sums_[to][offset], &sums_[from][offset], count);
    }
    return squares;
  };
  const int vectors = linear.vectors_of(item.panel), lanes = layout_.lanes;
  return range(linear.weights + item.panel * linear.panel_stride(),
               int64_t{linear.in_blocks} * lanes * vectors * lanes) +
         range(linear.biases + item.panel * linear.panel_vectors() * lanes, vectors * lanes);
}

// Layer 0's input: from the gradient of the table's rows to that of W_ih and b_ih.
template <class S>
void Gradients<S>::input_panel(int panel) {
  const MatrixLayout& linear = layout_.input(0);
  const int lanes = layout_.lanes, sums = layout_.cell.sums;
  const int vocabulary = layout_.config.vocabulary_size;
  const int first_block = panel * linear.panel_blocks;
  const int vectors = linear.vectors_of(panel);
  for (int block = first_block; block < first_block + vectors / linear.gates; ++block) {
    sum_tables(block * table_block(), table_block(), &table_[block * table_block()]);
  }
  std::vector<GradientVector> targets;
  for (int vector = 0; vector < vectors; ++vector) {
    targets.push_back(gradient_vector(linear, panel, vector, sums_[0].data()));
    targets.back().d_sums = (first_block + vector / linear.gates) * table_block() +
                            layout_.cell.input_sum[vector % linear.gates] * lanes;
  }
  if (layout_.config.one_hot) {
    for (const GradientVector& target : targets) {
      std::fill_n(target.biases, lanes, 0.0f);
      for (int symbol = 0; symbol < vocabulary; ++symbol) {
        const float* row = &table_[target.d_sums + int64_t{symbol} * sums * lanes];
        float* to = target.weights + symbol * target.stride;
        for (int i = 0; i < lanes; ++i) to[i] = row[i], target.biases[i] += row[i];
      }
    }
    return;
  }
  weights_.isa().float32->weight_gradient({.times = 1,
                                           .rows = vocabulary,
                                           .input = weights_.embedding(),
                                           .input_time_stride = 0,
                                           .input_block_stride = int64_t{vocabulary} * lanes,
                                           .inputs = linear.inputs,
                                           .d_sums = table_.data(),
                                           .d_sums_time_stride = 0,
                                           .d_sums_row_stride = sums * lanes,
                                           .vector = targets.data(),
                                           .vectors = vectors});
}

// A range of the sum of the parts' tables, which stay as they are: other threads read them too.
template <class S>
void Gradients<S>::sum_tables(int64_t offset, int64_t count, float* sum) const {
  std::vector<const float*> values(parts_.size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = &tables_[i][offset];
  std::vector<float> partial(parts_.size() > 2 ? values.size() * count : 0);
  std::copy_n(values[0], count, sum);
  values[0] = sum;
  for (const auto [to, from] : additions_) {
    float* const target = to == 0 ? sum : &partial[to * count];
    if (values[to] != target) std::copy_n(values[to], count, target);
    values[to] = target;
    weights_.isa().floats->sum_and_square(target, values[from], count);
  }
}

// d E[symbol] = d table[symbol] W_ih^T, for some symbols.
template <class S>
double Gradients<S>::embedding_rows(int first, int last) {
  const MatrixLayout& linear = layout_.input(0);
  const int lanes = layout_.lanes, rows = last - first;
  const int vocabulary = layout_.config.vocabulary_size;
  const int64_t block_size = int64_t{rows} * lanes;
  std::vector<float> d_table(linear.vectors() * block_size);
  std::vector<int32_t> offsets(linear.vectors());
  const int64_t table_row = int64_t{layout_.cell.sums} * lanes;
  std::vector<float> sum(rows * table_row);  // of a block of units
  for (int vector = 0; vector < linear.vectors(); ++vector) {
    const int block = vector / linear.gates, gate = vector % linear.gates;
    if (gate == 0)
      sum_tables(block * table_block() + first * table_row, rows * table_row, sum.data());
    offsets[vector] = static_cast<int32_t>(vector * block_size);
    for (int row = 0; row < rows; ++row) {
      std::copy_n(&sum[row * table_row + layout_.cell.input_sum[gate] * lanes], lanes,
                  &d_table[offsets[vector] + row * lanes]);
    }
  }
  const int64_t width = int64_t{linear.in_blocks} * lanes;
  std::vector<float> out(rows * width);
  Product<float> product{.rows = rows,
                         .vectors = linear.in_blocks,
                         .panel_vectors = kPlainPanelBlocks,
                         .start = nullptr,
                         .operand = {},
                         .out = out.data(),
                         .row_stride = width};
  product.operand = {.values = d_table.data(),
                     .offset = offsets.data(),
                     .blocks = linear.vectors(),
                     .full_blocks = linear.units / lanes * linear.gates,
                     .tail = linear.units % lanes,
                     .weights = weights_.transposed_input(),
                     .panel_stride = int64_t{kPlainPanelBlocks} * lanes * linear.vectors() * lanes};
  weights_.isa().float32->product(product);
  const auto offset = [&](int block) {
    return &sums_[0][layout_.embedding + (int64_t{block} * vocabulary + first) * lanes];
  };
  for (int row = 0; row < rows; ++row) {
    for (int block = 0; block < linear.in_blocks; ++block) {
      std::copy_n(&out[row * width + block * lanes], lanes, offset(block) + row * lanes);
    }
  }
  if (weights_.masks().on_embedding()) {
    float* all = sums_[0].data();
    weights_.masks().apply_to_embedding(first, last, all, all);
  }
  double squares = 0;
  for (int block = 0; block < linear.in_blocks; ++block) {
    squares += weights_.isa().floats->sum_and_square(offset(block), nullptr, int64_t{rows} * lanes);
  }
  return squares;
}

template <class S>
double Gradients<S>::squared_norm() const {
  double total = 0;
  for (const double square : squares_) total += square;
  return total;
}

template class Gradients<float>;
template class Gradients<Bf16>;

}  // namespace charrnn::cpu
