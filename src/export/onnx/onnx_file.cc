#include "export/onnx/onnx_file.h"

#include <fmt/core.h>

#include <memory>

#include "base/error.h"
#include "export/onnx/onnx_graph.h"
#include "export/onnx/onnx_operator.h"
#include "model/file/model_metadata.h"

namespace charrnn {
namespace {

constexpr int64_t kIrVersion = 8;
constexpr int64_t kOpset = 14;
constexpr uint64_t kMaxBytes = (1u << 31) - 1;  // of a protobuf message

template <class Number>
std::string bytes_of(std::span<const Number> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::string bytes_of(std::initializer_list<int64_t> values) {
  return bytes_of(std::span<const int64_t>(values.begin(), values.size()));
}

// The blocks of rows of a matrix or bias in ONNX's order.
std::vector<float> in_onnx_order(std::span<const float> values, std::span<const int> gates) {
  const size_t block = values.size() / gates.size();
  std::vector<float> ordered;
  ordered.reserve(values.size());
  for (const int gate : gates) {
    const auto rows = values.subspan(static_cast<size_t>(gate) * block, block);
    ordered.insert(ordered.end(), rows.begin(), rows.end());
  }
  return ordered;
}

// Builds the graph of a model.
class GraphBuilder {
 public:
  GraphBuilder(const Model& model, const OnnxOperator& op, WeightType type)
      : weights_(model.weights), config_(model.config()), op_(op), type_(type) {}

  OnnxGraph build() && {
    const OnnxGraph::Dimension time{0, "time"}, batch{0, "batch"}, layers{config_.layers, {}},
        hidden{config_.hidden_size, {}}, vocabulary{config_.vocabulary_size, {}};
    graph_.constant("axis_1", OnnxType::kInt64, {1}, bytes_of({1}));
    graph_.input("input", OnnxType::kInt64, {time, batch});
    matrix("embedding.weight", weights_.embedding(),
           {config_.vocabulary_size, config_.embedding_size});
    graph_.node("Gather", {"embedding.weight", "input"}, {"embedded"});
    std::string below = "embedded";
    for (int layer = 0; layer < config_.layers; ++layer) below = add_layer(layer, below);
    matrix("fc.weight", weights_.fc_weight(), {config_.vocabulary_size, config_.hidden_size});
    constant("fc.bias", weights_.fc_bias(), {config_.vocabulary_size});
    graph_.node("Transpose", {"fc.weight"}, {"fc.weight.T"},
                {onnx_attribute("perm", std::vector<int64_t>{1, 0})});
    graph_.node("MatMul", {below, "fc.weight.T"}, {"fc"});
    graph_.node("Add", {"fc", "fc.bias"}, {"logits"});
    graph_.output("logits", OnnxType::kFloat, {time, batch, vocabulary});
    for (int state = 0; state < config_.states(); ++state) {
      const std::string name = kStateNames[state];
      graph_.input(name + "_0", OnnxType::kFloat, {layers, batch, hidden});
      std::vector<std::string> ends;
      for (int layer = 0; layer < config_.layers; ++layer)
        ends.push_back(state_name(state, layer, "n"));
      graph_.node("Concat", ends, {name + "_n"}, {onnx_attribute("axis", 0)});
      graph_.output(name + "_n", OnnxType::kFloat, {layers, batch, hidden});
    }
    return std::move(graph_);
  }

 private:
  static constexpr const char* kStateNames[] = {"h", "c"};

  static std::string state_name(int state, int layer, std::string_view end) {
    return fmt::format("{}_{}_l{}", kStateNames[state], end, layer);
  }

  void constant(const std::string& name, std::span<const float> values,
                const std::vector<int64_t>& shape) {
    graph_.constant(name, OnnxType::kFloat, shape, bytes_of(values));
  }

  // A matrix as it is stored, and the node that makes float32 of it where it is not. Rows are the
  // extent before the last; the ones before that are 1.
  void matrix(const std::string& name, std::span<const float> values,
              const std::vector<int64_t>& shape) {
    const int64_t row_axis = static_cast<int64_t>(shape.size()) - 2;
    const int64_t rows = shape[static_cast<size_t>(row_axis)];
    const bool exact =
        type_ == WeightType::kFloat32 || (name == "embedding.weight" && config_.one_hot);
    if (exact) return constant(name, values, shape);
    StoredMatrix stored = store_matrix(values, rows, type_);
    const std::string packed = name + ".stored";
    if (type_ == WeightType::kFloat16) {
      graph_.constant(packed, OnnxType::kFloat16, shape, std::move(stored.bytes));
      graph_.node("Cast", {packed}, {name},
                  {onnx_attribute("to", static_cast<int64_t>(OnnxType::kFloat))});
    } else {
      graph_.constant(packed, OnnxType::kInt8, shape, std::move(stored.bytes));
      constant(name + ".scale", stored.scales, {rows});
      graph_.node("DequantizeLinear", {packed, name + ".scale"}, {name},
                  {onnx_attribute("axis", row_axis)});
    }
  }

  // One recurrent layer over the sequence `below`; returns its output's name, [time, batch,
  // hidden].
  std::string add_layer(int layer, const std::string& below) {
    const int64_t rows = int64_t{config_.gates()} * config_.hidden_size;
    const auto named = [layer](std::string_view tensor) {
      return fmt::format("rnn.{}_l{}", tensor, layer);
    };
    const auto ordered = [this](std::span<const float> values) {
      return in_onnx_order(values, op_.gates);
    };
    matrix(named("weight_ih"), ordered(weights_.weight_ih(layer)),
           {1, rows, config_.input_size(layer)});
    matrix(named("weight_hh"), ordered(weights_.weight_hh(layer)), {1, rows, config_.hidden_size});
    std::vector<float> biases = ordered(weights_.bias_ih(layer));
    const std::vector<float> recurrent = ordered(weights_.bias_hh(layer));
    biases.insert(biases.end(), recurrent.begin(), recurrent.end());
    constant(named("bias"), biases, {1, 2 * rows});

    std::vector<std::string> inputs = {below, named("weight_ih"), named("weight_hh"), named("bias"),
                                       ""};  // all texts of a batch are of one length
    std::vector<std::string> outputs = {named("steps")};
    for (int state = 0; state < config_.states(); ++state) {
      inputs.push_back(begin_state(state, layer));
      outputs.push_back(state_name(state, layer, "n"));
    }
    std::vector<ProtobufMessage> attributes = {onnx_attribute("hidden_size", config_.hidden_size)};
    if (op_.linear_before_reset) attributes.push_back(onnx_attribute("linear_before_reset", 1));
    graph_.node(op_.name, inputs, outputs, attributes);
    // [time, directions, batch, hidden] without the 1 for the one direction.
    graph_.node("Squeeze", {named("steps"), "axis_1"}, {named("output")});
    return named("output");
  }

  // A layer's part of the carried state, [1, batch, hidden].
  std::string begin_state(int state, int layer) {
    const std::string name = state_name(state, layer, "0");
    const std::string index = fmt::format("index_{}_l{}", kStateNames[state], layer);
    graph_.constant(index, OnnxType::kInt64, {1}, bytes_of({layer}));
    graph_.node("Gather", {fmt::format("{}_0", kStateNames[state]), index}, {name});
    return name;
  }

  const Parameters& weights_;
  const ModelConfig& config_;
  const OnnxOperator& op_;
  WeightType type_;
  OnnxGraph graph_{"charrnn"};
};

// ModelProto {1: ir_version, 2: producer_name, 3: producer_version, 7: graph,
//             8: opset_import {1: domain, 2: version}, 14: metadata_props {1: key, 2: value} …}
ProtobufMessage head_of(const Model& model, WeightType type) {
  ProtobufMessage head;
  head.integer(1, kIrVersion).bytes(2, "charrnn").bytes(3, CHARRNN_VERSION);
  head.message(8, ProtobufMessage().bytes(1, "").integer(2, kOpset));
  Metadata metadata = make_metadata(model);
  metadata["weight_type"] = weight_type_name(type);
  for (const auto& [key, value] : metadata) {
    head.message(14, ProtobufMessage().bytes(1, key).bytes(2, value));
  }
  return head;
}

}  // namespace

FileContent onnx_content(const Model& model, WeightType type) {
  const auto op = onnx_operator(model.config().cell);
  if (!op) {
    throw Error(
        ErrorKind::kModel, "no_onnx_operator",
        fmt::format("ONNX has no operator for the cell {}", cell_traits(model.config().cell).name),
        "export it as .html, or train with --cell lstm");
  }
  auto graph = std::make_shared<OnnxGraph>(GraphBuilder(model, *op, type).build());
  ProtobufMessage head = head_of(model, type);
  head.begin_bytes(7, graph->size());
  if (head.size() + graph->size() > kMaxBytes) {
    throw Error(ErrorKind::kLimit, "onnx_too_large",
                fmt::format("the model takes {} bytes, and a file of ONNX at most {}",
                            head.size() + graph->size(), kMaxBytes),
                type == WeightType::kInt8 ? "export it as .html" : "give --precision int8");
  }
  return [head = std::move(head), graph](const std::function<void(std::string_view)>& write) {
    write(head.content());
    graph->write(write);
  };
}

}  // namespace charrnn
