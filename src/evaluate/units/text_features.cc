#include "evaluate/units/text_features.h"

#include <utf8proc.h>

#include <algorithm>
#include <functional>

namespace charrnn {
namespace {

bool is_letter(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_upper(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_LU;
}

bool is_digit(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}

bool is_space(char32_t c) { return c == U' ' || c == U'\n' || c == U'\t' || c == U'\r'; }

bool is_sentence_end(char32_t c) { return c == U'.' || c == U'!' || c == U'?'; }

bool is_vowel(char32_t c) {
  static constexpr std::u32string_view kVowels = U"aeiouyAEIOUYäöüéèêàâôîûåæø";
  return kVowels.find(c) != std::u32string_view::npos;
}

// Walks the text once; its state after each character gives the features.
class Reader {
 public:
  void read(char32_t c) {
    in_word_ = is_letter(c) ? in_word_ + 1 : 0;
    in_line_ = c == U'\n' ? 0 : in_line_ + 1;
    blank_lines_ = c == U'\n' ? blank_lines_ + 1 : 0;
    indent_ = c == U'\n'                                               ? 0
              : (indent_ == in_line_ - 1 && (c == U' ' || c == U'\t')) ? in_line_
                                                                       : indent_;
    in_sentence_ = is_sentence_end(c) ? 0 : in_sentence_ + 1;
    if (c == U'\n' && blank_lines_ > 1) quoted_ = curly_ = false, round_ = square_ = 0;
    if (c == U'"') quoted_ = !quoted_;
    if (c == U'\u201c') curly_ = true;
    if (c == U'\u201d') curly_ = false;
    count(c, U'(', U')', round_);
    count(c, U'[', U']', square_);
    count(c, U'{', U'}', curly_depth_);
    last_ = c;
  }

  bool in_quotes() const { return quoted_ || curly_; }
  bool in_brackets() const { return round_ + square_ > 0; }
  int in_word() const { return in_word_; }
  int in_line() const { return in_line_; }
  int in_sentence() const { return in_sentence_; }
  int indent() const { return indent_; }
  int depth() const { return round_ + square_ + curly_depth_; }
  char32_t last() const { return last_; }

 private:
  static void count(char32_t c, char32_t open, char32_t close, int& depth) {
    if (c == open) ++depth;
    if (c == close) depth = std::max(0, depth - 1);
  }

  int in_word_ = 0, in_line_ = 0, in_sentence_ = 0, blank_lines_ = 0, indent_ = 0;
  int round_ = 0, square_ = 0, curly_depth_ = 0;
  bool quoted_ = false, curly_ = false;
  char32_t last_ = 0;
};

struct Declared {
  const char* name;
  const char* title;
  bool is_binary;
  float (*value)(const Reader&);
};

float bit(bool value) { return value ? 1.0f : 0.0f; }

constexpr Declared kFeatures[] = {
    {"inside_quotes", "Inside quotes", true, [](const Reader& r) { return bit(r.in_quotes()); }},
    {"inside_brackets", "Inside brackets", true,
     [](const Reader& r) { return bit(r.in_brackets()); }},
    {"nesting_depth", "Depth of brackets and braces", false,
     [](const Reader& r) { return float(r.depth()); }},
    {"line_position", "Position in the line", false,
     [](const Reader& r) { return float(r.in_line()); }},
    {"line_indent", "Indentation of the line", false,
     [](const Reader& r) { return float(r.indent()); }},
    {"word_position", "Position in the word", false,
     [](const Reader& r) { return float(r.in_word()); }},
    {"sentence_position", "Position in the sentence", false,
     [](const Reader& r) { return float(r.in_sentence()); }},
    {"in_word", "In a word", true, [](const Reader& r) { return bit(r.in_word() > 0); }},
    {"word_begin", "First letter of a word", true,
     [](const Reader& r) { return bit(r.in_word() == 1); }},
    {"space", "After a space", true, [](const Reader& r) { return bit(r.last() == U' '); }},
    {"newline", "After a line's end", true, [](const Reader& r) { return bit(r.last() == U'\n'); }},
    {"sentence_end", "After . ! or ?", true,
     [](const Reader& r) { return bit(is_sentence_end(r.last())); }},
    {"capital", "After a capital letter", true,
     [](const Reader& r) { return bit(is_upper(r.last())); }},
    {"vowel", "After a vowel", true, [](const Reader& r) { return bit(is_vowel(r.last())); }},
    {"digit", "After a digit", true, [](const Reader& r) { return bit(is_digit(r.last())); }},
    {"punctuation", "After punctuation", true,
     [](const Reader& r) {
       return bit(!is_letter(r.last()) && !is_digit(r.last()) && !is_space(r.last()));
     }},
};

}  // namespace

std::vector<TextFeature> text_features(std::span<const char32_t> text) {
  std::vector<TextFeature> features;
  for (const Declared& declared : kFeatures) {
    features.push_back({declared.name, declared.title, declared.is_binary, {}});
    features.back().values.reserve(text.size());
  }
  Reader reader;
  for (const char32_t c : text) {
    reader.read(c);
    for (size_t i = 0; i < features.size(); ++i) {
      features[i].values.push_back(kFeatures[i].value(reader));
    }
  }
  // The last letter of a word is known only from the next character. This feature looks ahead,
  // since a unit that anticipates it is worth finding.
  TextFeature end{"word_end", "Last letter of a word (foreseen)", true, {}};
  for (size_t t = 0; t < text.size(); ++t) {
    end.values.push_back(
        bit(is_letter(text[t]) && (t + 1 == text.size() || !is_letter(text[t + 1]))));
  }
  features.push_back(std::move(end));
  return features;
}

}  // namespace charrnn
