// The tokens of a text of JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace charrnn {

enum class JsonToken {
  kFault,
  kEnd,
  kNull,
  kTrue,
  kFalse,
  kInteger,
  kUnsigned,
  kReal,
  kString,
  kBeginObject,
  kEndObject,
  kBeginArray,
  kEndArray,
  kColon,
  kComma
};

// One token after the other; position() counts the bytes that were looked at, the end as one.
class JsonLexer {
 public:
  explicit JsonLexer(std::string_view text) : text_(text) {}

  JsonToken next();

  size_t position() const { return position_; }
  // What the last token says, by its kind.
  std::string& string() { return string_; }
  int64_t integer() const { return integer_; }
  uint64_t unsigned_integer() const { return unsigned_; }
  double real() const { return real_; }

 private:
  static constexpr int kEndOfText = -1;

  int get() {
    const size_t at = position_++;
    return at < text_.size() ? static_cast<unsigned char>(text_[at]) : kEndOfText;
  }
  JsonToken literal(std::string_view rest, JsonToken token);
  bool digits(int& byte);
  JsonToken number(int byte);
  JsonToken convert(std::string_view number, bool is_negative, bool is_whole);
  bool scan_string();
  bool sequence(int lead);
  bool escape();
  bool unicode_escape();
  bool hex_code(int& code);

  std::string_view text_;
  size_t position_ = 0;
  std::string string_;
  int64_t integer_ = 0;
  uint64_t unsigned_ = 0;
  double real_ = 0;
};

}  // namespace charrnn
