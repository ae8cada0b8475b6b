#include "model/parameters.h"

#include <fmt/core.h>

#include <limits>

#include "base/error.h"

namespace charrnn {
namespace {

// Saturating int64 products and sums.
int64_t times(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}

int64_t plus(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}

}  // namespace

int64_t TensorInfo::size() const {
  int64_t size = 1;
  for (const int64_t extent : shape) size = times(size, extent);
  return size;
}

std::vector<TensorInfo> parameter_layout(const ModelConfig& config) {
  const int64_t vocabulary = config.vocabulary_size, hidden = config.hidden_size;
  const int64_t rows = config.gates() * hidden;
  std::vector<TensorInfo> layout;
  int64_t offset = 0;
  const auto add = [&](std::string name, std::vector<int64_t> shape) {
    layout.push_back({std::move(name), std::move(shape), offset});
    offset = plus(offset, layout.back().size());
  };
  add("embedding.weight", {vocabulary, config.embedding_size});
  for (int layer = 0; layer < config.layers; ++layer) {
    add(fmt::format("rnn.weight_ih_l{}", layer), {rows, config.input_size(layer)});
    add(fmt::format("rnn.weight_hh_l{}", layer), {rows, hidden});
    add(fmt::format("rnn.bias_ih_l{}", layer), {rows});
    add(fmt::format("rnn.bias_hh_l{}", layer), {rows});
  }
  add("fc.weight", {vocabulary, hidden});
  add("fc.bias", {vocabulary});
  return layout;
}

int64_t parameter_count(const ModelConfig& config) {
  const TensorInfo last = parameter_layout(config).back();
  return plus(last.offset, last.size());
}

int64_t trainable_parameter_count(const ModelConfig& config) {
  const int64_t frozen =
      config.one_hot ? times(config.vocabulary_size, config.embedding_size) : int64_t{0};
  return parameter_count(config) - frozen;
}

Parameters::Parameters(const ModelConfig& config)
    : config_(config), layout_(parameter_layout(config)) {
  values_.resize(static_cast<size_t>(parameter_count(config)));
}

std::span<float> Parameters::tensor(int i) {
  check(i >= 0 && i < static_cast<int>(layout_.size()), "a tensor asked for is in the layout");
  return std::span<float>(values_).subspan(layout_[i].offset, layout_[i].size());
}

std::span<const float> Parameters::tensor(int i) const {
  return const_cast<Parameters*>(this)->tensor(i);
}

}  // namespace charrnn
