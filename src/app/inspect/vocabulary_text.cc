#include "app/inspect/vocabulary_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "text/characters/display.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

// "é", "line feed", "\x80", "U+200E": how one character is shown, and whether that is itself.
struct Shown {
  std::string text;
  bool is_itself = false;
};

Shown shown(char32_t symbol, Encoding encoding) {
  if (encoding == Encoding::kBytes && symbol >= 0x80) {
    return {fmt::format("\\x{:02x}", static_cast<uint32_t>(symbol)), false};
  }
  if (const std::string_view name = symbol_name(symbol); !name.empty()) {
    return {std::string(name), false};
  }
  const std::string text = utf8_text(symbol);
  const bool is_itself = quoted_symbol(symbol) == fmt::format("'{}'", text);
  return {is_itself ? text : quoted_symbol(symbol), is_itself};
}

// Fills lines word by word.
class Lines {
 public:
  explicit Lines(int columns) : columns_(columns) {}

  void add(const std::string& word, std::string_view separator) {
    const int width = display_width(word);
    if (width_ > 0 && width_ + static_cast<int>(separator.size()) + width > columns_) end();
    if (width_ > 0) line_ += separator;
    line_ += word;
    width_ = display_width(line_);
    ++words_;
  }
  void end() {
    if (!line_.empty()) lines_.push_back({std::move(line_), words_});
    line_.clear();
    width_ = words_ = 0;
  }

  struct Line {
    std::string text;
    int words;
  };
  const std::vector<Line>& lines() const { return lines_; }

 private:
  int columns_;
  std::vector<Line> lines_;
  std::string line_;
  int width_ = 0, words_ = 0;
};

}  // namespace

std::vector<std::string> vocabulary_lines(const Vocabulary& vocabulary, int columns,
                                          int max_lines) {
  Lines lines(columns);
  std::vector<std::string> names;
  for (const char32_t symbol : vocabulary.symbols()) {
    Shown character = shown(symbol, vocabulary.encoding());
    if (character.is_itself) {
      lines.add(character.text, "");
    } else {
      names.push_back(std::move(character.text));
    }
  }
  lines.end();
  for (size_t i = 0; i < names.size(); ++i) {
    lines.add(names[i] + (i + 1 < names.size() ? "," : ""), " ");
  }
  lines.end();
  std::vector<std::string> result;
  int left_out = 0;
  for (const auto& line : lines.lines()) {
    if (static_cast<int>(result.size()) < max_lines) {
      result.push_back(line.text);
    } else {
      left_out += line.words;
    }
  }
  if (left_out > 0) result.push_back(fmt::format("… and {} more", left_out));
  return result;
}

}  // namespace charrnn
