// Where the documents of a text begin: the network's state is reset there.
//
// A document ends with a line feed. The state is zero before that line feed is read, and the next
// document's first character is predicted from it. So the network learns that an initial line feed
// is followed by a document, which is how generation starts without a prompt.
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
  // ends: positions, in ids, of the line feeds that end a document, in ascending order.
  static DocumentBorders at(std::vector<size_t> ends);

  bool any() const { return line_feed_ >= 0 || ends_ != nullptr; }
  // For the ids of `text` from `begin` on: 1 where the state is zero before the id is read, else 0.
  void mark(IdView text, size_t begin, std::span<const int32_t> ids,
            std::span<uint8_t> resets) const;

 private:
  int32_t line_feed_ = -1;
  std::shared_ptr<const std::vector<size_t>> ends_;
};

// begins: where each source file begins, in ids. For kFiles the text must have been read with
// CorpusOptions::end_files.
DocumentBorders borders_of(const Vocabulary& vocabulary, std::span<const size_t> begins,
                           DocumentKind kind);

}  // namespace charrnn
