// Any bytes as a text: it is read, with some vocabulary that means the same text, or refused with
// an Error.
//   build-fuzz/corpus_fuzz -max_len=4096 -max_total_time=60
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "text/characters/utf8.h"
#include "text/corpus/corpus.h"

namespace charrnn {
namespace {

void read_and_compare(std::string_view text, const CorpusOptions& options) {
  const Corpus corpus = corpus_of_text(text, options, "fuzz");
  const Vocabulary& vocabulary = corpus.vocabulary;
  std::vector<int32_t> ids(corpus.ids.size());
  corpus.ids.copy(0, ids);
  const std::string again = vocabulary.text(ids);
  check(vocabulary.encode(again).ids == ids, "a text and its ids say the same");
  const bool has_mark = options.encoding == Encoding::kUtf8 && text.starts_with("\xEF\xBB\xBF");
  const bool is_changed = options.lowercase || options.newline_lf || options.replace_invalid;
  check(is_changed || again == text.substr(has_mark ? 3 : 0), "a text that is read is kept");
  check(!options.newline_lf || again.find('\r') == again.npos, "no carriage return is left");
}

}  // namespace
}  // namespace charrnn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace charrnn;
  if (size == 0) return 0;
  CorpusOptions options;
  options.encoding = (data[0] & 1) != 0 ? Encoding::kBytes : Encoding::kUtf8;
  options.lowercase = (data[0] & 2) != 0;
  options.newline_lf = (data[0] & 4) != 0;
  options.replace_invalid = (data[0] & 8) != 0;
  options.max_vocabulary = (data[0] & 16) != 0 ? 20 : 65536;
  try {
    read_and_compare({reinterpret_cast<const char*>(data) + 1, size - 1}, options);
  } catch (const Error& error) {
    check(error.kind() == ErrorKind::kData, "a bad text is bad data");
  }
  return 0;
}
