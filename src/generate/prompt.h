// Encodes a prompt for a model.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/option.h"
#include "text/characters/vocabulary.h"

namespace charrnn {

enum class UnknownRule { kError, kSkip };

struct Prompt {
  std::vector<int32_t> ids;
  std::string text;  // as the model reads it (lower-cased for some)
  std::vector<Vocabulary::Unknown> skipped;
};

// Throws Error (kData) for text that is not UTF-8 and, unless they are skipped, for characters that
// the model does not know, with a list of them and of replacements. what: the text in messages.
Prompt encode_prompt(std::string_view text, const Vocabulary& vocabulary,
                     UnknownRule rule = UnknownRule::kError, std::string_view what = "prompt");
// The option of that rule, --unknown.
Option& declare_unknown_rule(OptionTable& table, UnknownRule& rule);

// A character of the vocabulary that looks like `symbol` or means nearly the same: a straight quote
// for a curly one, a letter without its accent, the other case.
std::optional<char32_t> nearest_known(char32_t symbol, const Vocabulary& vocabulary);

// "for '“' write '"', for 'É' write 'E'": the first few that have a replacement; else empty.
std::string nearest_known_hint(std::span<const char32_t> unknown, const Vocabulary& vocabulary);

// Resolves \n, \t, \r, \\, \", \', \xHH and \uHHHH; any other escape throws Error (kUsage).
std::string unescape(std::string_view text);

}  // namespace charrnn
