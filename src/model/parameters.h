// A network's parameters: named float32 tensors in PyTorch's shapes, contiguous in one block.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"

namespace charrnn {

struct TensorInfo {
  std::string name;            // as in the notebook's state_dict
  std::vector<int64_t> shape;  // row-major
  int64_t offset = 0;          // of its first value in the block
  int64_t size() const;        // values
};

// The tensors of a model, in the order in which PyTorch draws their initial values:
//
//   embedding.weight [V, E]
//   for each layer k: rnn.weight_ih_l{k} [G H, input], rnn.weight_hh_l{k} [G H, H],
//                     rnn.bias_ih_l{k} [G H],          rnn.bias_hh_l{k} [G H]
//   fc.weight [V, H], fc.bias [V]
std::vector<TensorInfo> parameter_layout(const ModelConfig& config);

// The number of parameters, without allocating them; saturates at INT64_MAX.
int64_t parameter_count(const ModelConfig& config);

// The number of trained parameters: all but a one-hot embedding.
int64_t trainable_parameter_count(const ModelConfig& config);

class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(const ModelConfig& config);  // zeros

  const ModelConfig& config() const { return config_; }
  const std::vector<TensorInfo>& layout() const { return layout_; }
  std::span<float> values() { return values_; }
  std::span<const float> values() const { return values_; }

  // Row-major views with the shapes named above.
  std::span<float> embedding() { return tensor(0); }
  std::span<float> weight_ih(int layer) { return tensor(1 + 4 * layer); }
  std::span<float> weight_hh(int layer) { return tensor(2 + 4 * layer); }
  std::span<float> bias_ih(int layer) { return tensor(3 + 4 * layer); }
  std::span<float> bias_hh(int layer) { return tensor(4 + 4 * layer); }
  std::span<float> fc_weight() { return tensor(1 + 4 * config_.layers); }
  std::span<float> fc_bias() { return tensor(2 + 4 * config_.layers); }
  std::span<const float> embedding() const { return tensor(0); }
  std::span<const float> weight_ih(int layer) const { return tensor(1 + 4 * layer); }
  std::span<const float> weight_hh(int layer) const { return tensor(2 + 4 * layer); }
  std::span<const float> bias_ih(int layer) const { return tensor(3 + 4 * layer); }
  std::span<const float> bias_hh(int layer) const { return tensor(4 + 4 * layer); }
  std::span<const float> fc_weight() const { return tensor(1 + 4 * config_.layers); }
  std::span<const float> fc_bias() const { return tensor(2 + 4 * config_.layers); }

  // The i-th tensor of the layout.
  std::span<float> tensor(int i);
  std::span<const float> tensor(int i) const;

  bool empty() const { return values_.empty(); }

 private:
  ModelConfig config_;
  std::vector<TensorInfo> layout_;
  std::vector<float> values_;
};

}  // namespace charrnn
