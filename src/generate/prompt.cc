#include "generate/prompt.h"

#include <fmt/core.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "text/characters/display.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

struct LookAlikes {
  char32_t plain;
  std::u32string_view others;
};

constexpr std::array<LookAlikes, 7> kLookAlikes = {{
    {U'\'', U"‘’‚‛′´`"},
    {U'"', U"“”„‟″«»"},
    {U'\'', U"\"“”„‟″«»"},  // better than none
    {U'-', U"‐‑‒–—―−"},
    {U' ', U"\t\u00a0\u2009\u200a"},
    {U'\n', U"\r\u0085\u2028\u2029"},
    {U'.', U"…·•"},
}};

// The first code point of the compatibility decomposition: é → e, ﬁ → f, ² → 2.
char32_t base_of(char32_t symbol) {
  std::array<utf8proc_int32_t, 32> buffer;
  int boundary = UTF8PROC_BOUNDCLASS_START;
  const auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK);
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(symbol), buffer.data(),
                                             buffer.size(), options, &boundary);
  return count > 0 ? static_cast<char32_t>(buffer[0]) : symbol;
}

std::vector<char32_t> candidates_for(char32_t symbol) {
  std::vector<char32_t> candidates;
  for (const LookAlikes& group : kLookAlikes) {
    if (group.others.find(symbol) == group.others.npos && group.plain != symbol) continue;
    candidates.push_back(group.plain);
    candidates.insert(candidates.end(), group.others.begin(), group.others.end());
  }
  candidates.push_back(symbol);  // for its other case
  candidates.push_back(base_of(symbol));
  for (size_t i = 0, count = candidates.size(); i < count; ++i) {
    const auto letter = static_cast<utf8proc_int32_t>(candidates[i]);
    candidates.push_back(static_cast<char32_t>(utf8proc_tolower(letter)));
    candidates.push_back(static_cast<char32_t>(utf8proc_toupper(letter)));
  }
  return candidates;
}

char32_t hexadecimal(std::string_view digits, std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) {
    throw Error(ErrorKind::kUsage, "bad_escape",
                fmt::format("bad escape in {}: \\x needs two hexadecimal digits and \\u four",
                            in_quotes(text)),
                "write \\\\ for a backslash itself");
  }
  return value;
}

}  // namespace

std::optional<char32_t> nearest_known(char32_t symbol, const Vocabulary& vocabulary) {
  if (vocabulary.encoding() == Encoding::kBytes) return std::nullopt;
  for (const char32_t candidate : candidates_for(symbol)) {
    if (candidate != symbol && vocabulary.find(candidate)) return candidate;
  }
  return std::nullopt;
}

std::string nearest_known_hint(std::span<const char32_t> unknown, const Vocabulary& vocabulary) {
  constexpr int kShown = 5;
  std::string hint;
  int shown = 0;
  for (const char32_t symbol : unknown) {
    const auto near = nearest_known(symbol, vocabulary);
    if (!near || shown++ == kShown) continue;
    hint += fmt::format("{}for {} write {}", hint.empty() ? "" : ", ", quoted_symbol(symbol),
                        quoted_symbol(*near));
  }
  return hint;
}

Prompt encode_prompt(std::string_view text, const Vocabulary& vocabulary, UnknownRule rule,
                     std::string_view what) {
  Vocabulary::Encoded encoded = vocabulary.encode(text);
  if (rule == UnknownRule::kError && !encoded.unknown.empty()) {
    std::vector<char32_t> symbols;
    for (const auto& unknown : encoded.unknown) {
      if (std::find(symbols.begin(), symbols.end(), unknown.symbol) == symbols.end()) {
        symbols.push_back(unknown.symbol);
      }
    }
    const std::string near = nearest_known_hint(symbols, vocabulary);
    throw Error(ErrorKind::kData, "unknown_characters",
                fmt::format("the {} has characters that the model doesn't know: {} (the first is "
                            "character {})",
                            what, list_symbols(symbols), encoded.unknown.front().position + 1),
                fmt::format("{}{}--unknown skip leaves them out", near, near.empty() ? "" : "; "));
  }
  std::string read = vocabulary.text(encoded.ids);
  return {std::move(encoded.ids), std::move(read), std::move(encoded.unknown)};
}

Option& declare_unknown_rule(OptionTable& table, UnknownRule& rule) {
  return table.add_choice("unknown", rule, "characters of the prompt that the model doesn't know",
                          {{"error", UnknownRule::kError}, {"skip", UnknownRule::kSkip}});
}

std::string unescape(std::string_view text) {
  constexpr std::string_view kLetters = "ntr0\\\"'", kMeant("\n\t\r\0\\\"'", 7);
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    const char letter = ++i < text.size() ? text[i] : '?';
    if (const size_t place = kLetters.find(letter); place != kLetters.npos) {
      result += kMeant[place];
    } else if (letter == 'x') {
      const std::string_view digits = text.substr(i + 1, 2);
      result += static_cast<char>(hexadecimal(digits.size() == 2 ? digits : "", text));
      i += 2;
    } else if (letter == 'u') {
      const std::string_view digits = text.substr(i + 1, 4);
      const char32_t symbol = hexadecimal(digits.size() == 4 ? digits : "", text);
      if (symbol >= 0xd800 && symbol < 0xe000) {
        throw Error(ErrorKind::kUsage, "bad_escape",
                    fmt::format("bad escape in {}: \\u{} is half a surrogate pair", in_quotes(text),
                                digits),
                    "write the character itself");
      }
      append_utf8(symbol, result);
      i += 4;
    } else {
      throw Error(ErrorKind::kUsage, "bad_escape",
                  fmt::format("bad escape in {}: \\{} means nothing", in_quotes(text), letter),
                  "write \\\\ for a backslash itself");
    }
  }
  return result;
}

}  // namespace charrnn
