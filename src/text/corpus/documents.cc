#include "text/corpus/documents.h"

#include <algorithm>

#include "base/error.h"

namespace charrnn {

DocumentBorders DocumentBorders::lines(int32_t line_feed) {
  DocumentBorders borders;
  borders.line_feed_ = line_feed;
  return borders;
}

DocumentBorders DocumentBorders::at(std::vector<size_t> ends) {
  DocumentBorders borders;
  borders.ends_ = std::make_shared<const std::vector<size_t>>(std::move(ends));
  return borders;
}

void DocumentBorders::mark(IdView text, size_t begin, std::span<const int32_t> ids,
                           std::span<uint8_t> resets) const {
  check(resets.size() == ids.size(), "each id has its mark");
  if (ends_ == nullptr) {
    std::ranges::transform(ids, resets.begin(),
                           [this](int32_t id) { return static_cast<uint8_t>(id == line_feed_); });
    return;
  }
  std::ranges::fill(resets, uint8_t{0});
  const size_t first = text.begin + begin;
  auto end = std::ranges::lower_bound(*ends_, first);
  for (; end != ends_->end() && *end < first + ids.size(); ++end) resets[*end - first] = 1;
}

DocumentBorders borders_of(const Vocabulary& vocabulary, std::span<const size_t> begins,
                           DocumentKind kind) {
  if (kind == DocumentKind::kLines) {
    return DocumentBorders::lines(vocabulary.find(U'\n').value_or(-1));
  }
  if (kind == DocumentKind::kNone) return {};
  std::vector<size_t> ends;
  for (const size_t begin : begins) {
    if (begin > 0 && (ends.empty() || ends.back() != begin - 1)) ends.push_back(begin - 1);
  }
  return DocumentBorders::at(std::move(ends));
}

}  // namespace charrnn
