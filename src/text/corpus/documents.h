// A text of separate documents: where they begin, so that a network can forget the one before.
//
// A document ends with a line feed, which belongs to it and is what the next one's first character
// is predicted from: the state is zero before that line feed is read. So a network learns that one
// line feed at the start is followed by a document, which is how a text is begun with no prompt.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "text/corpus/corpus.h"

namespace charrnn {

enum class DocumentKind { kNone, kLines, kFiles };

class DocumentBorders {
 public:
  DocumentBorders() = default;  // one document
  // Each line is a document. line_feed: its id; -1: the text has none.
  static DocumentBorders lines(int32_t line_feed);
  // ends: the places in the text's ids of the line feeds that end a document, in order.
  static DocumentBorders at(std::vector<size_t> ends);

  bool any() const { return line_feed_ >= 0 || ends_ != nullptr; }
  // For the ids of `text` from `begin` on: 1 where the state is zero before the id is read, else 0.
  void mark(IdView text, size_t begin, std::span<const int32_t> ids,
            std::span<uint8_t> resets) const;

 private:
  int32_t line_feed_ = -1;
  std::shared_ptr<const std::vector<size_t>> ends_;
};

// Of a text that was read with CorpusOptions::end_files where its files are the documents; begins:
// where each file begins, in ids.
DocumentBorders borders_of(const Vocabulary& vocabulary, std::span<const size_t> begins,
                           DocumentKind kind);

}  // namespace charrnn
