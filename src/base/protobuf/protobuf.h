// Writes protobuf messages: a field is its number and wire type, then its value
// (https://protobuf.dev/programming-guides/encoding).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace charrnn {

class ProtobufMessage {
 public:
  ProtobufMessage& integer(int field, int64_t value);
  ProtobufMessage& real(int field, double value);   // `double`
  ProtobufMessage& single(int field, float value);  // `float`
  ProtobufMessage& bytes(int field, std::string_view value);
  ProtobufMessage& packed(int field, std::span<const double> values);  // `repeated double`
  ProtobufMessage& message(int field, const ProtobufMessage& value);
  // The beginning of a field of so many bytes, which the caller writes after the message.
  ProtobufMessage& begin_bytes(int field, uint64_t size);

  // Fields of the same message.
  void append(const ProtobufMessage& fields) { content_ += fields.content_; }

  const std::string& content() const { return content_; }
  uint64_t size() const { return content_.size(); }

 private:
  void varint(uint64_t value);
  void tag(int field, int wire_type);

  std::string content_;
};

}  // namespace charrnn
