// A graph of ONNX under construction: nodes, and tensors of constants.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/protobuf/protobuf.h"

namespace charrnn {

// The numbers of TensorProto.DataType.
enum class OnnxType { kFloat = 1, kInt8 = 3, kInt64 = 7, kFloat16 = 10 };

class OnnxGraph {
 public:
  explicit OnnxGraph(std::string_view name);

  struct Dimension {
    int64_t size = 0;
    std::string name;  // of one that may be any; then size is not used
  };

  // op(inputs) → outputs. attributes: AttributeProto messages. "" stands for an input left out.
  void node(std::string_view op, const std::vector<std::string>& inputs,
            const std::vector<std::string>& outputs,
            const std::vector<ProtobufMessage>& attributes = {});
  void input(const std::string& name, OnnxType type, const std::vector<Dimension>& shape);
  void output(const std::string& name, OnnxType type, const std::vector<Dimension>& shape);
  // A constant; bytes: little-endian, row-major.
  void constant(const std::string& name, OnnxType type, const std::vector<int64_t>& shape,
                std::string bytes);

  uint64_t size() const;  // bytes
  void write(const std::function<void(std::string_view)>& write) const;

 private:
  struct Constant {
    ProtobufMessage head;  // all of the field but the values
    std::string bytes;
  };

  ProtobufMessage rest_;
  std::vector<Constant> constants_;
};

ProtobufMessage onnx_attribute(std::string_view name, int64_t value);
ProtobufMessage onnx_attribute(std::string_view name, const std::vector<int64_t>& values);

}  // namespace charrnn
