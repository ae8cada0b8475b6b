// Text from files, folders and standard input, as ids.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "text/characters/id_array.h"
#include "text/characters/vocabulary.h"

namespace charrnn {

struct CorpusOptions {
  Encoding encoding = Encoding::kUtf8;
  bool lowercase = false;
  bool replace_invalid = false;    // invalid UTF-8 becomes U+FFFD instead of an error
  bool newline_lf = false;         // CRLF and CR become LF
  bool end_files = false;          // a file that does not end with a line feed gets one
  bool recursive = false;          // all files below a folder, in name order
  int64_t max_bytes = 0;           // 0: a quarter of the machine's memory
  int64_t max_vocabulary = 65536;  // of different characters
  // What errors may advise: whether there is a choice of the encoding and of replace_invalid.
  bool offers_bytes = true;
  bool offers_replace = true;
  // Polled between chunks and when a signal interrupts a blocking read; true stops with
  // ReadingStopped.
  std::function<bool()> should_stop;
};

// Thrown when should_stop has ended the reading of a text.
class ReadingStopped : public std::exception {
 public:
  const char* what() const noexcept override { return "reading a text was stopped"; }
};

struct Corpus {
  IdArray ids;
  Vocabulary vocabulary;
  std::string name;                  // of the first source, no folder or extension; "stdin" for "-"
  std::vector<std::string> sources;  // as given
  std::vector<size_t> document_begins;  // of each source file, in ids
  int64_t bytes = 0;                    // read
  uint64_t hash = 0;               // of the ids and the vocabulary: the same text gives the same
  bool can_be_read_again = true;   // false where a source is a pipe or a device
  std::vector<std::string> notes;  // for the user: a dropped BOM, CRLF kept, …
};

// sources: files, folders ("input.txt" inside, or all files when recursive) or "-". Throws Error:
// kData for a bad text (at least 2 characters are needed), kIo for a system error, kLimit for too
// large a text.
Corpus read_corpus(const std::vector<std::string>& sources, const CorpusOptions& options);

// The same with an existing vocabulary (a model's): unknown characters are an Error (kData) that
// lists up to ten of them.
Corpus read_corpus(const std::vector<std::string>& sources, const CorpusOptions& options,
                   const Vocabulary& vocabulary);

// A text in memory, for the notebook and for tests.
Corpus corpus_of_text(std::string_view text, const CorpusOptions& options, std::string name);

struct Split {
  IdView training;
  IdView validation;  // the last part; may be empty
};
// The last `validation_fraction` (0 to 1) of the ids is held out. nanoGPT's rule: training takes
// the first int(size * (1 - fraction)) characters. Where that is one character of a few, nothing is
// held out: to learn from, two are needed.
Split split(const Corpus& corpus, double validation_fraction);

}  // namespace charrnn
