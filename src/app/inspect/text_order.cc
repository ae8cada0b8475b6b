#include "app/inspect/text_order.h"

namespace charrnn {

TextOrder::TextOrder(const Vocabulary& vocabulary, const KnownText& text, size_t begin,
                     const UnknownCharacters& unknown)
    : vocabulary_(vocabulary),
      text_(text),
      begin_(begin),
      next_known_(begin),
      next_unknown_(text.unknown_ids.size() - static_cast<size_t>(unknown.count())),
      cursor_(unknown, text.ids.size() - begin) {}

bool TextOrder::at_given() {
  if (given_done_) return false;
  if (begin_ == text_.ids.size()) return true;  // nothing is known: the first unknown one
  waiting_ += cursor_.take(next_known_ - begin_);
  return waiting_ == 0;
}

std::string TextOrder::next() {
  if (at_given()) {
    given_done_ = true;
    if (begin_ == text_.ids.size()) return next_unknown();
  }
  waiting_ += cursor_.take(next_known_ - begin_);
  if (waiting_ == 0) return vocabulary_.text(text_.ids[next_known_++]);
  --waiting_;
  return next_unknown();
}

std::string TextOrder::next_unknown() {
  const char32_t symbol = text_.unknown[text_.unknown_ids[next_unknown_++]];
  return Vocabulary({symbol}, vocabulary_.encoding(), false).text(0);
}

}  // namespace charrnn
