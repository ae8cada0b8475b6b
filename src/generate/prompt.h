// From what a person writes to what a model reads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/characters/vocabulary.h"

namespace charrnn {

enum class UnknownRule { kError, kSkip };

struct Prompt {
  std::vector<int32_t> ids;
  std::string text;  // what of it the model reads (in lower case for some)
  std::vector<Vocabulary::Unknown> skipped;
};

// Throws Error (kData): text that is not UTF-8; and characters that the model doesn't know, with a
// list of them and what could be written instead, unless they are skipped.
Prompt encode_prompt(std::string_view text, const Vocabulary& vocabulary,
                     UnknownRule rule = UnknownRule::kError);

// A character of the vocabulary that looks like `symbol` or means nearly the same: a straight quote
// for a curly one, a letter without its accent, the other case.
std::optional<char32_t> nearest_known(char32_t symbol, const Vocabulary& vocabulary);

// "for '“' write '"', for 'É' write 'E'": of those that have a neighbour, the first few; else
// empty.
std::string nearest_known_hint(std::span<const char32_t> unknown, const Vocabulary& vocabulary);

// \n, \t, \r, \\, \", \', \xHH and \uHHHH as they are meant; anything else after a backslash throws
// Error (kUsage).
std::string unescape(std::string_view text);

}  // namespace charrnn
