#include "text/corpus/corpus_reader.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/short_number.h"
#include "text/characters/display.h"
#include "text/characters/encoding_guess.h"
#include "text/characters/invalid_text.h"
#include "text/corpus/file_signature.h"

namespace charrnn {
namespace {

// Vocabularies beyond this make the output layer the larger part of the work.
constexpr int kLargeVocabulary = 8192;

struct Nothing {
  void ascii(std::string_view) {}
  void symbol(char32_t) {}
};

SymbolRules rules_of(const CorpusOptions& options) {
  return {options.encoding, options.lowercase, options.newline_lf};
}

struct LineEndings {
  uint64_t crlf = 0;
  uint64_t lone_cr = 0;
};

LineEndings count_line_endings(const Corpus& corpus) {
  LineEndings endings;
  const auto cr = corpus.vocabulary.find('\r');
  if (!cr) return endings;
  const int32_t lf = corpus.vocabulary.find('\n').value_or(-1);
  corpus.ids.visit([&](auto ids) {
    for (size_t i = 0; i < ids.size(); ++i) {
      if (static_cast<int64_t>(ids[i]) != *cr) continue;
      const bool is_crlf = i + 1 < ids.size() && static_cast<int64_t>(ids[i + 1]) == lf;
      ++(is_crlf ? endings.crlf : endings.lone_cr);
    }
  });
  return endings;
}

uint64_t count_of(const Corpus& corpus, char32_t symbol) {
  const auto id = corpus.vocabulary.find(symbol);
  if (!id) return 0;
  return corpus.ids.visit([&](auto ids) {
    using Id = typename decltype(ids)::value_type;
    return static_cast<uint64_t>(std::count(ids.begin(), ids.end(), static_cast<Id>(*id)));
  });
}

// 0 where most null characters stand at even places, as UTF-16BE has them in a text of ASCII,
// else 1.
int null_parity(const Corpus& corpus) {
  const auto null = static_cast<int64_t>(*corpus.vocabulary.find(0));
  return corpus.ids.visit([&](auto ids) {
    int64_t even = 0;
    for (size_t i = 0; i < ids.size(); ++i) {
      if (static_cast<int64_t>(ids[i]) == null) even += i % 2 == 0 ? 1 : -1;
    }
    return even > 0 ? 0 : 1;
  });
}

// 64-bit multiply and rotate over eight bytes at a time; the last ones are padded with zeros, the
// count goes in first.
class Hash {
 public:
  void add(uint64_t word) {
    value_ = (value_ ^ word) * 0x9E3779B97F4A7C15u;
    value_ ^= value_ >> 29;
  }
  void add_bytes(const void* data, size_t size) {
    add(size);
    const char* bytes = static_cast<const char*>(data);
    for (; size >= 8; size -= 8, bytes += 8) {
      uint64_t word;
      std::memcpy(&word, bytes, 8);
      add(word);
    }
    uint64_t last = 0;
    std::memcpy(&last, bytes, size);
    add(last);
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xCBF29CE484222325u;
};

// The first bytes, which come in pieces from a pipe.
std::string read_head(ByteSource& source) {
  std::string head(kSignatureSize, '\0');
  size_t size = 0;
  while (size < head.size()) {
    const size_t count = source.read(std::span(head).subspan(size));
    if (count == 0) break;
    size += count;
  }
  head.resize(size);
  return head;
}

uint64_t hash_of(const Corpus& corpus) {
  Hash hash;
  hash.add(corpus.vocabulary.encoding() == Encoding::kBytes);
  for (const char32_t symbol : corpus.vocabulary.symbols()) hash.add(symbol);
  corpus.ids.visit([&](auto ids) { hash.add_bytes(ids.data(), ids.size_bytes()); });
  return hash.value();
}

}  // namespace

int64_t default_max_bytes() {
  return static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) / 4 * sysconf(_SC_PAGESIZE);
}

CorpusReader::CorpusReader(const CorpusOptions& options, size_t chunk)
    : options_(options), buffer_(std::max(chunk, size_t{1}), '\0'), coder_(rules_of(options)) {
  if (options_.max_bytes <= 0) options_.max_bytes = default_max_bytes();
}

CorpusReader::CorpusReader(const CorpusOptions& options, const Vocabulary& vocabulary, size_t chunk)
    : CorpusReader(options, chunk) {
  options_.encoding = vocabulary.encoding();
  options_.lowercase = vocabulary.lowercase();
  coder_ = SymbolCoder(vocabulary, options.newline_lf);
}

void CorpusReader::count_bytes(size_t count, std::string_view where) {
  corpus_.bytes += static_cast<int64_t>(count);
  if (corpus_.bytes <= options_.max_bytes) return;
  throw Error(
      ErrorKind::kLimit, "corpus_too_large",
      fmt::format("the text is too large: more than {} bytes ({})", options_.max_bytes, where),
      "give a smaller text, or raise --max-corpus if the machine has the memory");
}

void CorpusReader::check_vocabulary_size(std::string_view where) const {
  if (coder_.vocabulary_size() <= options_.max_vocabulary) return;
  throw Error(ErrorKind::kData, "vocabulary_too_large",
              fmt::format("the text has too many different characters: more than {} ({})",
                          options_.max_vocabulary, where),
              options_.offers_bytes
                  ? "check that it is text, take its bytes with --encoding bytes, or raise "
                    "--max-vocab"
                  : "check that it is text, or raise --max-vocab");
}

// Examines the first bytes of a document and refuses what is not text. Returns the length of a byte
// order mark, which is dropped.
size_t CorpusReader::begin_document(std::string_view head, std::string_view where,
                                    std::string_view file) {
  corpus_.document_begins.push_back(coder_.size());
  if (options_.encoding == Encoding::kBytes) return 0;
  if (const auto signature = find_file_signature(head)) {
    throw_not_a_text(*signature, where, file, options_.offers_bytes);
  }
  if (!head.starts_with(kUtf8ByteOrderMark)) return 0;
  corpus_.notes.push_back(fmt::format("{}: byte order mark dropped", where));
  return kUtf8ByteOrderMark.size();
}

// After a fault that will end the reading, only further faults are counted.
void CorpusReader::decode(std::string_view bytes, Utf8Decoder& decoder) {
  if (options_.encoding == Encoding::kBytes) {
    coder_.bytes(bytes);
  } else if (decoder.faults() > 0 && !options_.replace_invalid) {
    decoder.feed(bytes, Nothing());
  } else {
    decoder.feed(bytes, coder_);
  }
}

// bytes: those that the decoder has just read. The sample begins before the first fault, at an even
// offset, which matters in UTF-16.
void CorpusReader::keep_sample(std::string_view bytes, const Utf8Decoder& decoder) {
  constexpr uint64_t kBefore = 1024;
  if (decoder.faults() == 0 || sample_.size() >= kEncodingSample) return;
  if (sample_.empty()) {
    const uint64_t begin = decoder.bytes() - bytes.size();
    const uint64_t fault = decoder.first_fault().offset;
    sample_offset_ = std::max(begin, fault > kBefore ? (fault - kBefore) & ~uint64_t{3} : 0);
    bytes.remove_prefix(sample_offset_ - begin);
  }
  sample_ += bytes.substr(0, kEncodingSample - sample_.size());
}

void CorpusReader::end_document(Utf8Decoder& decoder, std::string_view where,
                                std::string_view file) {
  decoder.finish(coder_);
  coder_.end_document();
  const bool is_ended = last_byte_ == '\n' || (last_byte_ == '\r' && options_.newline_lf);
  if (options_.end_files && !is_ended && coder_.size() > corpus_.document_begins.back()) {
    Utf8Decoder line_feed;
    decode("\n", line_feed);
    coder_.end_document();
  }
  last_byte_ = 0;
  if (decoder.faults() == 0) return;
  if (!options_.replace_invalid) {
    throw_invalid_utf8(decoder, {.where = where,
                                 .file = file,
                                 .sample = sample_,
                                 .offset = sample_offset_,
                                 .offers_bytes = options_.offers_bytes,
                                 .offers_replace = options_.offers_replace});
  }
  corpus_.notes.push_back(
      fmt::format("{}: {} invalid place{} replaced by U+FFFD, the first at byte {}, line {}", where,
                  decoder.faults(), decoder.faults() == 1 ? "" : "s", decoder.first_fault().offset,
                  decoder.first_fault().line));
}

void CorpusReader::read(ByteSource& source, std::string_view where, std::string_view file) {
  // A file that is too large is refused before it is read; for one that fits, memory is reserved
  // once.
  const int64_t expected = source.size_hint();
  if (expected > 0) {
    const int64_t before = corpus_.bytes;
    count_bytes(static_cast<size_t>(expected), where);
    corpus_.bytes = before;
    coder_.reserve(coder_.size() + static_cast<size_t>(expected));
  }
  if (!source.can_be_read_again()) corpus_.can_be_read_again = false;
  const std::string head = read_head(source);
  const size_t skipped = begin_document(head, where, file);

  Utf8Decoder decoder;
  file_ = corpus_.document_begins.size() == 1 ? file : std::string_view();
  sample_.clear();
  const auto take = [&](std::string_view bytes) {
    if (options_.should_stop && options_.should_stop()) throw ReadingStopped();
    count_bytes(bytes.size(), where);
    if (!bytes.empty()) last_byte_ = bytes.back();
    for (size_t i = 0; i < bytes.size(); i += buffer_.size()) {
      const std::string_view piece = bytes.substr(i, buffer_.size());
      decode(piece, decoder);
      keep_sample(piece, decoder);
    }
    if (decoder.faults() == 0 || options_.replace_invalid) check_vocabulary_size(where);
  };
  count_bytes(skipped, where);
  decoder.feed(std::string_view(head).substr(0, skipped), Nothing());
  take(std::string_view(head).substr(skipped));
  while (const size_t count = source.read(buffer_)) {
    take(std::string_view(buffer_).substr(0, count));
  }
  end_document(decoder, where, file);
}

void CorpusReader::check_content() const {
  if (coder_.unknown_count() > 0) {
    throw Error(ErrorKind::kData, "unknown_characters",
                fmt::format("the text has characters that the model doesn't know: {} ({} in all)",
                            list_symbols(coder_.unknown()), coder_.unknown_count()),
                "remove or replace them, or train on a text that has them");
  }
  if (coder_.size() == 0) {
    throw Error(ErrorKind::kData, "corpus_empty", "the corpus is empty: no character was read",
                "give a text of at least 2 characters");
  }
  if (coder_.size() < 2) {
    throw Error(ErrorKind::kData, "corpus_too_short",
                "the corpus is too short: at least 2 characters are needed (it has 1)",
                "give a longer text");
  }
}

void CorpusReader::note_content(Corpus& corpus) const {
  const auto note = [&](std::string text) { corpus.notes.push_back(std::move(text)); };
  const int vocabulary_size = corpus.vocabulary.size();
  if (vocabulary_size == 1) {
    note("vocabulary of 1: there is nothing to predict, the loss is 0");
  }
  if (vocabulary_size > kLargeVocabulary) {
    note(
        fmt::format("{}: each step computes a probability for every one of "
                    "them; --encoding bytes needs at most 256",
                    counted(vocabulary_size, "different character")));
  }
  const LineEndings endings = count_line_endings(corpus);
  if (endings.crlf > 0) {
    note(fmt::format("{} kept; --newline lf makes LF of it",
                     counted(endings.crlf, "CRLF line end")));
  }
  if (endings.lone_cr > 0) {
    note(fmt::format("{} kept; --newline lf makes LF of it",
                     counted(endings.lone_cr, "lone carriage return")));
  }
  const uint64_t nulls = count_of(corpus, 0);
  if (nulls > corpus.ids.size() / 4 && corpus.vocabulary.encoding() == Encoding::kUtf8) {
    note(
        fmt::format("{} kept: this looks like UTF-16 without a byte order mark; "
                    "convert it: {}",
                    counted(nulls, "null character"),
                    iconv_command(null_parity(corpus) == 0 ? "UTF-16BE" : "UTF-16LE", file_)));
  } else if (nulls > 0) {
    note(fmt::format("{} kept", counted(nulls, "null character")));
  }
}

Corpus CorpusReader::finish() {
  check_content();
  auto [vocabulary, ids] = coder_.finish();
  corpus_.vocabulary = std::move(vocabulary);
  corpus_.ids = std::move(ids);
  corpus_.hash = hash_of(corpus_);
  note_content(corpus_);
  return std::move(corpus_);
}

}  // namespace charrnn
