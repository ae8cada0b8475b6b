// Reads sources into a corpus: bytes are read in chunks, decoded and kept as ids only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "text/characters/symbol_coder.h"
#include "text/characters/utf8.h"
#include "text/corpus/corpus.h"
#include "text/corpus/source.h"

namespace charrnn {

constexpr size_t kReadChunk = size_t{1} << 20;

class CorpusReader {
 public:
  // chunk: bytes read at a time; at least 1.
  explicit CorpusReader(const CorpusOptions& options, size_t chunk = kReadChunk);
  CorpusReader(const CorpusOptions& options, const Vocabulary& vocabulary,
               size_t chunk = kReadChunk);

  // Reads one source to its end. where: how messages name it. file: its name for a command that
  // reads it anew; empty where there is none.
  void read(ByteSource& source, std::string_view where, std::string_view file = {});
  // The whole corpus except its name and sources.
  Corpus finish();

 private:
  size_t begin_document(std::string_view head, std::string_view where, std::string_view file);
  void decode(std::string_view bytes, Utf8Decoder& decoder);
  void keep_sample(std::string_view bytes, const Utf8Decoder& decoder);
  void end_document(Utf8Decoder& decoder, std::string_view where, std::string_view file);
  void count_bytes(size_t count, std::string_view where);
  void check_vocabulary_size(std::string_view where) const;
  void check_content() const;
  void note_content(Corpus& corpus) const;

  CorpusOptions options_;
  std::string buffer_;
  SymbolCoder coder_;
  Corpus corpus_;       // as far as it is known
  std::string file_;    // of the text, where it is one
  char last_byte_ = 0;  // of the document so far
  std::string sample_;  // of a document that is not UTF-8, from about its first fault on
  uint64_t sample_offset_ = 0;
};

// The default limit of what is read: a quarter of the machine's memory.
int64_t default_max_bytes();

}  // namespace charrnn
