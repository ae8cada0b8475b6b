#include "base/json/json_lexer.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace charrnn {
namespace {

bool is_digit(int byte) { return byte >= '0' && byte <= '9'; }

// Whether a number that does not fit a double is too large rather than too small for it: the power
// of ten of its first digit that is not 0 tells.
bool is_too_large(std::string_view number) {
  const size_t e = number.find_first_of("eE");
  const std::string_view digits = number.substr(0, e);
  const size_t point = std::min(digits.find('.'), digits.size());
  const size_t first = std::min(digits.find_first_of("123456789"), digits.size());
  int64_t power = static_cast<int64_t>(point) - static_cast<int64_t>(first);
  if (e != std::string_view::npos) {
    const char* begin = number.data() + e + (number[e + 1] == '+' ? 2 : 1);
    int64_t exponent = 0;
    const auto [end, error] = std::from_chars(begin, number.data() + number.size(), exponent);
    // Past 64 bits no count of digits makes up for it.
    if (error == std::errc::result_out_of_range) return *begin != '-';
    power += exponent;
  }
  return power > 0;
}

}  // namespace

JsonToken JsonLexer::next() {
  int byte = get();
  if (position_ == 1 && byte == 0xef) {
    if (get() != 0xbb || get() != 0xbf) return JsonToken::kFault;
    byte = get();
  }
  while (byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r') byte = get();
  switch (byte) {
    case '{':
      return JsonToken::kBeginObject;
    case '}':
      return JsonToken::kEndObject;
    case '[':
      return JsonToken::kBeginArray;
    case ']':
      return JsonToken::kEndArray;
    case ':':
      return JsonToken::kColon;
    case ',':
      return JsonToken::kComma;
    case 't':
      return literal("rue", JsonToken::kTrue);
    case 'f':
      return literal("alse", JsonToken::kFalse);
    case 'n':
      return literal("ull", JsonToken::kNull);
    case '"':
      return scan_string() ? JsonToken::kString : JsonToken::kFault;
    case kEndOfText:
      return JsonToken::kEnd;
    default:
      return byte == '-' || is_digit(byte) ? number(byte) : JsonToken::kFault;
  }
}

JsonToken JsonLexer::literal(std::string_view rest, JsonToken token) {
  for (const char letter : rest) {
    if (get() != letter) return JsonToken::kFault;
  }
  return token;
}

// Passes over digits, of which there must be one; `byte` is the first, then the one after them.
bool JsonLexer::digits(int& byte) {
  if (!is_digit(byte)) return false;
  while (is_digit(byte)) byte = get();
  return true;
}

JsonToken JsonLexer::number(int byte) {
  const size_t begin = position_ - 1;
  const bool is_negative = byte == '-';
  bool is_whole = true;
  if (is_negative) byte = get();
  if (byte == '0') {
    byte = get();
  } else if (!digits(byte)) {
    return JsonToken::kFault;
  }
  if (byte == '.') {
    is_whole = false;
    byte = get();
    if (!digits(byte)) return JsonToken::kFault;
  }
  if (byte == 'e' || byte == 'E') {
    is_whole = false;
    byte = get();
    if (byte == '+' || byte == '-') byte = get();
    if (!digits(byte)) return JsonToken::kFault;
  }
  --position_;  // that byte is not the number's
  return convert(text_.substr(begin, position_ - begin), is_negative, is_whole);
}

JsonToken JsonLexer::convert(std::string_view number, bool is_negative, bool is_whole) {
  const char* const begin = number.data();
  const char* const end = begin + number.size();
  if (is_whole && is_negative && std::from_chars(begin, end, integer_).ec == std::errc()) {
    return JsonToken::kInteger;
  }
  if (is_whole && !is_negative && std::from_chars(begin, end, unsigned_).ec == std::errc()) {
    return JsonToken::kUnsigned;
  }
  if (std::from_chars(begin, end, real_).ec == std::errc::result_out_of_range) {
    if (is_too_large(number.substr(is_negative ? 1 : 0))) return JsonToken::kFault;
    real_ = is_negative ? -0.0 : 0.0;
  }
  return JsonToken::kReal;
}

bool JsonLexer::scan_string() {
  string_.clear();
  while (true) {
    const size_t begin = position_;
    int byte = get();
    while (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') byte = get();
    string_.append(text_, begin, position_ - 1 - begin);
    if (byte == '"') return true;
    if (byte < 0x20) return false;  // a control character, or the end
    if (byte == '\\' ? !escape() : !sequence(byte)) return false;
  }
}

// The rest of a sequence of UTF-8 (RFC 3629): no surrogates, no longer forms than are needed.
bool JsonLexer::sequence(int lead) {
  const size_t begin = position_ - 1;
  if (lead < 0xc2 || lead > 0xf4) return false;
  const int rest = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  int low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (int i = 0; i < rest; ++i) {
    const int byte = get();
    if (byte < low || byte > high) return false;
    low = 0x80, high = 0xbf;
  }
  string_.append(text_, begin, position_ - begin);
  return true;
}

bool JsonLexer::escape() {
  static constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  const int byte = get();
  if (byte == 'u') return unicode_escape();
  const size_t index = byte < 0 ? std::string_view::npos : kNames.find(static_cast<char>(byte));
  if (index == std::string_view::npos) return false;
  string_ += kMeanings[index];
  return true;
}

bool JsonLexer::unicode_escape() {
  int code = 0;
  if (!hex_code(code)) return false;
  if (code >= 0xdc00 && code <= 0xdfff) return false;
  if (code >= 0xd800 && code <= 0xdbff) {
    int low = 0;
    if (get() != '\\' || get() != 'u' || !hex_code(low)) return false;
    if (low < 0xdc00 || low > 0xdfff) return false;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  const auto put = [this](int value) { string_ += static_cast<char>(value); };
  if (code < 0x80) return put(code), true;
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
  return true;
}

bool JsonLexer::hex_code(int& code) {
  for (int i = 0; i < 4; ++i) {
    const int byte = get(), letter = byte | 0x20;
    int digit = 0;
    if (is_digit(byte)) {
      digit = byte - '0';
    } else if (byte >= 0 && letter >= 'a' && letter <= 'f') {
      digit = letter - 'a' + 10;
    } else {
      return false;
    }
    code = code << 4 | digit;
  }
  return true;
}

}  // namespace charrnn
