#include "train/checkpoint/passage.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace charrnn {
namespace {

constexpr size_t kNearby = 200;  // characters in which a good place to begin or end is looked for
constexpr char32_t kEnds[] = {'\n', ' '};  // the better one first

// The place after the first of these, and after more of them.
size_t begin_of(std::u32string_view text) {
  for (const char32_t end : kEnds) {
    const size_t found = text.substr(0, kNearby).find(end);
    if (found == std::u32string_view::npos) continue;
    const size_t begin = text.find_first_not_of(U"\n ", found);
    if (begin != std::u32string_view::npos) return begin;
  }
  return 0;
}

size_t end_of(std::u32string_view text) {
  for (const char32_t end : kEnds) {
    const size_t found = text.rfind(end);
    if (found != std::u32string_view::npos && found + kNearby >= text.size()) return found + 1;
  }
  return text.size();
}

}  // namespace

std::string passage_of(const Split& parts, const Vocabulary& vocabulary, size_t most) {
  const IdView source = parts.validation.size > 1 ? parts.validation : parts.training;
  std::vector<int32_t> ids(std::min(source.size, kNearby + most));
  source.copy(0, ids);
  if (source.size <= most) return vocabulary.text(ids);
  std::u32string text;
  for (const int32_t id : ids) text.push_back(vocabulary.symbols()[static_cast<size_t>(id)]);
  const size_t begin = begin_of(text);
  const size_t length = end_of(std::u32string_view(text).substr(begin, most));
  return vocabulary.text(std::span(ids).subspan(begin, length));
}

}  // namespace charrnn
