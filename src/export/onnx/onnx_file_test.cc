// What the bytes of a file are; that they mean the model is shown by tests/onnx_test.py.
#include "export/onnx/onnx_file.h"

#include <gtest/gtest.h>

#include "export/onnx/onnx_graph.h"
#include "export/onnx/onnx_operator.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

std::string written(const FileContent& content) {
  std::string bytes;
  content([&bytes](std::string_view part) { bytes += part; });
  return bytes;
}

// The fields of a message: their numbers, and the values of those that are bytes.
class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}

  bool next() {
    if (rest_.empty()) return false;
    const uint64_t tag = varint();
    number = static_cast<int>(tag >> 3);
    integer = 0;
    bytes = {};
    if ((tag & 7) == 0) {
      integer = varint();
    } else if ((tag & 7) == 2) {
      const uint64_t size = varint();
      EXPECT_LE(size, rest_.size());
      bytes = rest_.substr(0, size);
      rest_.remove_prefix(size);
    } else {
      ADD_FAILURE() << "wire type " << (tag & 7);
      return false;
    }
    return true;
  }

  int number = 0;
  uint64_t integer = 0;
  std::string_view bytes;

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; !rest_.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) break;
    }
    return value;
  }

  std::string_view rest_;
};

std::string_view field(std::string_view message, int number) {
  for (Fields fields(message); fields.next();) {
    if (fields.number == number) return fields.bytes;
  }
  return {};
}

TEST(OnnxFile, HasEachConstantWithAsManyBytesAsItsShapeSays) {
  for (const auto type : {WeightType::kFloat32, WeightType::kFloat16, WeightType::kInt8}) {
    const Model model = random_model({CellKind::kLstm, 2, 7, 5, 200}, 3);
    const std::string file = written(onnx_content(model, type));
    int constants = 0;
    for (Fields graph(field(file, 7)); graph.next();) {
      if (graph.number != 5) continue;
      uint64_t values = 1, data_type = 0;
      size_t bytes = 0;
      for (Fields tensor(graph.bytes); tensor.next();) {
        if (tensor.number == 1) values *= tensor.integer;
        if (tensor.number == 2) data_type = tensor.integer;
        if (tensor.number == 9) bytes = tensor.bytes.size();
      }
      const uint64_t width = data_type == 1 ? 4 : data_type == 3 ? 1 : data_type == 7 ? 8 : 2;
      EXPECT_EQ(bytes, values * width) << field(graph.bytes, 8);
      ++constants;
    }
    EXPECT_GE(constants, 9);
  }
}

TEST(OnnxFile, IsTheSameEachTime) {
  const Model model = random_model({CellKind::kGru, 1, 6, 5, 12}, 3);
  EXPECT_EQ(written(onnx_content(model, WeightType::kInt8)),
            written(onnx_content(model, WeightType::kInt8)));
}

TEST(OnnxOperator, HasEachBlockOfGatesOnce) {
  for (const CellTraits& cell : kCells) {
    const auto op = onnx_operator(cell.kind);
    ASSERT_TRUE(op.has_value()) << cell.name;
    std::vector<int> gates(op->gates.begin(), op->gates.end());
    std::ranges::sort(gates);
    ASSERT_EQ(gates.size(), static_cast<size_t>(cell.gates));
    for (int gate = 0; gate < cell.gates; ++gate) EXPECT_EQ(gates[gate], gate);
  }
}

TEST(Protobuf, WritesVarintsOfAnyLength) {
  for (const int64_t value :
       {int64_t{0}, int64_t{127}, int64_t{128}, int64_t{1} << 40, int64_t{-1}}) {
    const ProtobufMessage message = ProtobufMessage().integer(20, value);
    Fields fields(message.content());
    ASSERT_TRUE(fields.next());
    EXPECT_EQ(fields.number, 20);
    EXPECT_EQ(static_cast<int64_t>(fields.integer), value);
  }
}

}  // namespace
}  // namespace charrnn
