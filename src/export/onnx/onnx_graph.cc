#include "export/onnx/onnx_graph.h"

namespace charrnn {
namespace {

// AttributeProto.AttributeType
constexpr int64_t kInteger = 2;
constexpr int64_t kIntegers = 7;

// ValueInfoProto {1: name, 2: TypeProto {1: Tensor {1: elem_type, 2: shape {1: dim …}}}}
ProtobufMessage value_info(const std::string& name, OnnxType type,
                           const std::vector<OnnxGraph::Dimension>& shape) {
  ProtobufMessage dimensions;
  for (const OnnxGraph::Dimension& dimension : shape) {
    ProtobufMessage entry;  // 1: dim_value, 2: dim_param
    if (dimension.name.empty()) {
      entry.integer(1, dimension.size);
    } else {
      entry.bytes(2, dimension.name);
    }
    dimensions.message(1, entry);
  }
  const auto tensor =
      ProtobufMessage().integer(1, static_cast<int64_t>(type)).message(2, dimensions);
  return ProtobufMessage().bytes(1, name).message(2, ProtobufMessage().message(1, tensor));
}

}  // namespace

OnnxGraph::OnnxGraph(std::string_view name) { rest_.bytes(2, name); }

// NodeProto {1: input …, 2: output …, 3: name, 4: op_type, 5: attribute …}
void OnnxGraph::node(std::string_view op, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs,
                     const std::vector<ProtobufMessage>& attributes) {
  ProtobufMessage node;
  for (const std::string& name : inputs) node.bytes(1, name);
  for (const std::string& name : outputs) node.bytes(2, name);
  node.bytes(3, outputs.front()).bytes(4, op);
  for (const ProtobufMessage& attribute : attributes) node.message(5, attribute);
  rest_.message(1, node);
}

void OnnxGraph::input(const std::string& name, OnnxType type, const std::vector<Dimension>& shape) {
  rest_.message(11, value_info(name, type, shape));
}

void OnnxGraph::output(const std::string& name, OnnxType type,
                       const std::vector<Dimension>& shape) {
  rest_.message(12, value_info(name, type, shape));
}

// GraphProto {5: TensorProto {1: dims …, 2: data_type, 8: name, 9: raw_data}}
void OnnxGraph::constant(const std::string& name, OnnxType type, const std::vector<int64_t>& shape,
                         std::string bytes) {
  ProtobufMessage tensor;
  for (const int64_t size : shape) tensor.integer(1, size);
  tensor.integer(2, static_cast<int64_t>(type)).bytes(8, name).begin_bytes(9, bytes.size());
  Constant constant;
  constant.head.begin_bytes(5, tensor.size() + bytes.size());
  constant.bytes = std::move(bytes);
  constants_.push_back(std::move(constant));
  constants_.back().head.append(tensor);
}

uint64_t OnnxGraph::size() const {
  uint64_t size = rest_.size();
  for (const Constant& constant : constants_) size += constant.head.size() + constant.bytes.size();
  return size;
}

void OnnxGraph::write(const std::function<void(std::string_view)>& write) const {
  write(rest_.content());
  for (const Constant& constant : constants_) {
    write(constant.head.content());
    write(constant.bytes);
  }
}

// AttributeProto {1: name, 3: i, 8: ints …, 20: type}
ProtobufMessage onnx_attribute(std::string_view name, int64_t value) {
  return ProtobufMessage().bytes(1, name).integer(3, value).integer(20, kInteger);
}

ProtobufMessage onnx_attribute(std::string_view name, const std::vector<int64_t>& values) {
  ProtobufMessage attribute;
  attribute.bytes(1, name);
  for (const int64_t value : values) attribute.integer(8, value);
  return attribute.integer(20, kIntegers);
}

}  // namespace charrnn
