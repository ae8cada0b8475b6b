#include "text/characters/vocabulary.h"

#include "base/error.h"
#include "text/characters/invalid_text.h"
#include "text/characters/lower_case.h"
#include "text/characters/utf8.h"

namespace charrnn {

Vocabulary::Vocabulary(std::vector<char32_t> symbols, Encoding encoding, bool lowercase)
    : symbols_(std::move(symbols)), encoding_(encoding), lowercase_(lowercase) {
  ids_.reserve(symbols_.size());
  for (size_t i = 0; i < symbols_.size(); ++i) {
    const char32_t symbol = symbols_[i];
    check(encoding_ == Encoding::kUtf8 || symbol < 256, "a byte is less than 256");
    check(ids_.emplace(symbol, static_cast<int32_t>(i)).second,
          "the symbols of a vocabulary are distinct");
  }
}

std::optional<int32_t> Vocabulary::find(char32_t symbol) const {
  const auto found = ids_.find(symbol);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::string Vocabulary::text(int32_t id) const { return text(std::span(&id, 1)); }

std::string Vocabulary::text(std::span<const int32_t> ids) const {
  std::string text;
  for (const int32_t id : ids) {
    check(id >= 0 && id < size(), "an id is less than the size of its vocabulary");
    if (encoding_ == Encoding::kBytes) {
      text += static_cast<char>(symbols_[id]);
    } else {
      append_utf8(symbols_[id], text);
    }
  }
  return text;
}

namespace {

// Looks every character up.
struct Encoder {
  const Vocabulary& vocabulary;
  Vocabulary::Encoded result = {};
  size_t position = 0;

  void ascii(std::string_view run) {
    for (const char byte : run) symbol(static_cast<uint8_t>(byte));
  }
  void symbol(char32_t symbol) {
    if (vocabulary.lowercase()) symbol = lower_case(symbol, vocabulary.encoding());
    if (const auto id = vocabulary.find(symbol)) {
      result.ids.push_back(*id);
    } else {
      result.unknown.push_back({symbol, position});
    }
    ++position;
  }
};

}  // namespace

Vocabulary::Encoded Vocabulary::encode(std::string_view text) const {
  Encoder encoder{*this};
  if (encoding_ == Encoding::kBytes) {
    encoder.ascii(text);
    return std::move(encoder.result);
  }
  Utf8Decoder decoder;
  decoder.feed(text, encoder);
  decoder.finish(encoder);
  if (decoder.faults() > 0) {
    throw_invalid_utf8(
        decoder,
        {.where = "the text", .sample = text, .offers_bytes = false, .offers_replace = false});
  }
  return std::move(encoder.result);
}

}  // namespace charrnn
