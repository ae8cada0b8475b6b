#include "text/corpus/corpus_options.h"

namespace charrnn {

void declare_corpus_options(OptionTable& table, CorpusOptions& options) {
  table
      .add_choice("encoding", options.encoding, "what a character is: a code point or a byte",
                  {{"utf-8", Encoding::kUtf8}, {"bytes", Encoding::kBytes}})
      .on_resuming(OnResume::kFixed);
  table.add("lowercase", options.lowercase, "turn the text into lower case")
      .on_resuming(OnResume::kFixed);
  declare_model_corpus_options(table, options);
}

void declare_model_corpus_options(OptionTable& table, CorpusOptions& options) {
  table
      .add_choice("invalid", options.replace_invalid, "what to do about bytes that are not UTF-8",
                  {{"error", false}, {"replace", true}})
      .on_resuming(OnResume::kFixed);
  table
      .add_choice("newline", options.newline_lf, "keep CRLF and CR, or turn them into LF",
                  {{"keep", false}, {"lf", true}})
      .on_resuming(OnResume::kFixed);
  table.add("recursive", options.recursive, "read all files of a folder, in the order of names");
  table.add("max-corpus", options.max_bytes, "bytes to read at most; 0: a quarter of the memory",
            {0, int64_t{1} << 50});
  table.add("max-vocab", options.max_vocabulary, "different characters to take at most",
            {1, int64_t{1} << 21});
}

}  // namespace charrnn
