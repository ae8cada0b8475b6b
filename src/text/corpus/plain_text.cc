#include "text/corpus/plain_text.h"

#include <fmt/core.h>

#include "base/error.h"
#include "text/characters/invalid_text.h"
#include "text/corpus/file_signature.h"

namespace charrnn {
namespace {

struct NoSink {
  void ascii(std::string_view) {}
  void symbol(char32_t) {}
};

}  // namespace

std::string plain_text(std::string_view bytes, const CorpusOptions& options, std::string_view where,
                       std::string_view file) {
  if (options.encoding == Encoding::kBytes) return std::string(bytes);
  if (const auto signature = find_file_signature(bytes.substr(0, kSignatureSize))) {
    throw_not_a_text(*signature, where, file, options.offers_bytes);
  }
  Utf8Decoder decoder;
  decoder.feed(bytes, NoSink());
  decoder.finish(NoSink());
  if (decoder.faults() > 0) {
    throw_invalid_utf8(decoder, {.where = where,
                                 .file = file,
                                 .sample = bytes,
                                 .offers_bytes = options.offers_bytes,
                                 .offers_replace = options.offers_replace});
  }
  if (bytes.starts_with(kUtf8ByteOrderMark)) bytes.remove_prefix(kUtf8ByteOrderMark.size());
  return std::string(bytes);
}

std::string with_line_feeds(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_cr = text[i] == '\r';
    result += is_cr ? '\n' : text[i];
    if (is_cr && i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return result;
}

}  // namespace charrnn
