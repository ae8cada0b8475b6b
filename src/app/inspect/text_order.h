// The characters of a text in order, those that the model doesn't know among the others.
#pragma once

#include <cstddef>
#include <string>

#include "evaluate/known_text.h"

namespace charrnn {

class TextOrder {
 public:
  // begin: of the part of the text to go through, which reaches to its end. unknown: those of the
  // part, or none to leave them out. The arguments outlive it.
  TextOrder(const Vocabulary& vocabulary, const KnownText& text, size_t begin,
            const UnknownCharacters& unknown);

  // Whether the next one is given, not predicted.
  bool at_given();
  // As UTF-8, or one byte.
  std::string next();

 private:
  std::string next_unknown();

  const Vocabulary& vocabulary_;
  const KnownText& text_;
  size_t begin_;
  size_t next_known_;
  size_t next_unknown_;  // the part's are the last ones of the text
  bool given_done_ = false;
  UnknownCursor cursor_;
  int64_t waiting_ = 0;  // unknown ones before the next known one
};

}  // namespace charrnn
