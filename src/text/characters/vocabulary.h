// The characters a model knows, sorted by code point: id ↔ character.
//
// In byte encoding a "character" is a byte, represented in files and messages by the code point of
// the same value (U+0000 to U+00FF).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace charrnn {

enum class Encoding { kUtf8, kBytes };

class Vocabulary {
 public:
  Vocabulary() = default;
  // symbols: distinct code points (or bytes) in id order; usually sorted, but a model file may hold
  // any order.
  Vocabulary(std::vector<char32_t> symbols, Encoding encoding, bool lowercase);

  int size() const { return static_cast<int>(symbols_.size()); }
  Encoding encoding() const { return encoding_; }
  bool lowercase() const { return lowercase_; }  // texts are lower-cased before encoding
  const std::vector<char32_t>& symbols() const { return symbols_; }

  std::optional<int32_t> find(char32_t symbol) const;

  // One character as text: UTF-8, or the byte itself.
  std::string text(int32_t id) const;
  std::string text(std::span<const int32_t> ids) const;

  struct Unknown {
    char32_t symbol;
    size_t position;  // counted in characters
  };
  struct Encoded {
    std::vector<int32_t> ids;      // of the known characters
    std::vector<Unknown> unknown;  // in order, each occurrence
  };
  // Lower-cases where the vocabulary does. Text that is not UTF-8 throws Error (kData) naming the
  // byte.
  Encoded encode(std::string_view text) const;

  bool operator==(const Vocabulary&) const = default;

 private:
  std::vector<char32_t> symbols_;
  Encoding encoding_ = Encoding::kUtf8;
  bool lowercase_ = false;
  std::unordered_map<char32_t, int32_t> ids_;
};

}  // namespace charrnn
