#include "base/protobuf/protobuf.h"

#include <bit>

namespace charrnn {
namespace {

static_assert(std::endian::native == std::endian::little, "the format's numbers are little-endian");

constexpr int kVarint = 0;
constexpr int kEightBytes = 1;
constexpr int kLengthDelimited = 2;
constexpr int kFourBytes = 5;

std::string_view raw(const auto& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

}  // namespace

// Seven bits a byte, the lowest first; the top bit says that more follow.
void ProtobufMessage::varint(uint64_t value) {
  for (; value >= 128; value >>= 7) content_ += static_cast<char>(value | 128);
  content_ += static_cast<char>(value);
}

void ProtobufMessage::tag(int field, int wire_type) {
  varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type));
}

ProtobufMessage& ProtobufMessage::integer(int field, int64_t value) {
  tag(field, kVarint);
  varint(static_cast<uint64_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::real(int field, double value) {
  tag(field, kEightBytes);
  content_ += raw(value);
  return *this;
}

ProtobufMessage& ProtobufMessage::single(int field, float value) {
  tag(field, kFourBytes);
  content_ += raw(value);
  return *this;
}

ProtobufMessage& ProtobufMessage::packed(int field, std::span<const double> values) {
  return bytes(field, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

ProtobufMessage& ProtobufMessage::bytes(int field, std::string_view value) {
  begin_bytes(field, value.size());
  content_ += value;
  return *this;
}

ProtobufMessage& ProtobufMessage::message(int field, const ProtobufMessage& value) {
  return bytes(field, value.content());
}

ProtobufMessage& ProtobufMessage::begin_bytes(int field, uint64_t size) {
  tag(field, kLengthDelimited);
  varint(size);
  return *this;
}

}  // namespace charrnn
