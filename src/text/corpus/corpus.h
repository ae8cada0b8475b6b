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
  bool recursive = false;          // a folder's files, all of them, in name order
  int64_t max_bytes = 0;           // 0: a quarter of the machine's memory
  int64_t max_vocabulary = 65536;  // of different characters
  // Asked between chunks and when a signal interrupts the wait for a pipe: true ends the reading by
  // ReadingStopped.
  std::function<bool()> should_stop;
};

// Reading a text was ended because the options' should_stop said so.
class ReadingStopped : public std::exception {
 public:
  const char* what() const noexcept override { return "reading a text was stopped"; }
};

struct Corpus {
  IdArray ids;
  Vocabulary vocabulary;
  std::string name;  // of the first source without folder and ending; "stdin" for "-"
  std::vector<std::string> sources;     // as given
  std::vector<size_t> document_begins;  // of each source file, in ids
  int64_t bytes = 0;                    // read
  uint64_t hash = 0;               // of the ids and the vocabulary: the same text gives the same
  bool can_be_read_again = true;   // false where a source is a pipe or a device
  std::vector<std::string> notes;  // what a person should know: a dropped BOM, CRLF kept, …
};

// sources: files, folders ("input.txt" inside, or all files when recursive) or "-". Throws Error:
// kData for what is in a text (at least 2 characters are needed), kIo for what the system says,
// kLimit for too much.
Corpus read_corpus(const std::vector<std::string>& sources, const CorpusOptions& options);

// The same with a vocabulary that is already there (a model's): unknown characters are an Error
// (kData) that lists up to ten of them.
Corpus read_corpus(const std::vector<std::string>& sources, const CorpusOptions& options,
                   const Vocabulary& vocabulary);

// A text in memory, for the notebook and for tests.
Corpus corpus_of_text(std::string_view text, const CorpusOptions& options, std::string name);

struct Split {
  IdView training;
  IdView validation;  // the last part; may be empty
};
// The last `validation_fraction` (0 to 1) of the ids is held out. nanoGPT's rule: training takes
// the first int(size * (1 - fraction)) characters.
Split split(const Corpus& corpus, double validation_fraction);

}  // namespace charrnn
