#include "text/corpus/corpus.h"

#include <algorithm>

#include "base/error.h"
#include "text/characters/display.h"
#include "text/corpus/corpus_reader.h"

namespace charrnn {
namespace {

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::string_view text) : text_(text) {}
  int64_t size_hint() const override { return static_cast<int64_t>(text_.size()); }
  bool can_be_read_again() const override { return true; }
  size_t read(std::span<char> buffer) override {
    const size_t count = text_.copy(buffer.data(), buffer.size());
    text_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view text_;  // what is left
};

Corpus read_all(CorpusReader& reader, const std::vector<std::string>& names,
                const CorpusOptions& options) {
  check(!names.empty(), "a corpus has sources");
  const SourceList list = list_sources(names, options.recursive);
  for (const std::string& file : list.files) {
    const auto source = open_source(file, options.should_stop);
    reader.read(*source, file == "-" ? "standard input" : in_quotes(file),
                source->can_be_read_again() ? file : "");
  }
  Corpus corpus = reader.finish();
  corpus.name = source_title(names.front());
  corpus.sources = names;
  if (list.hidden_skipped > 0) {
    corpus.notes.push_back(std::to_string(list.hidden_skipped) +
                           " files or folders with names that begin with a dot left out");
  }
  return corpus;
}

}  // namespace

Corpus read_corpus(const std::vector<std::string>& sources, const CorpusOptions& options) {
  CorpusReader reader(options);
  return read_all(reader, sources, options);
}

Corpus read_corpus(const std::vector<std::string>& sources, const CorpusOptions& options,
                   const Vocabulary& vocabulary) {
  CorpusReader reader(options, vocabulary);
  return read_all(reader, sources, options);
}

Corpus corpus_of_text(std::string_view text, const CorpusOptions& options, std::string name) {
  CorpusReader reader(options, std::clamp<size_t>(text.size(), 1, kReadChunk));
  MemorySource source(text);
  reader.read(source, in_quotes(name));
  Corpus corpus = reader.finish();
  corpus.sources = {name};
  corpus.name = std::move(name);
  return corpus;
}

Split split(const Corpus& corpus, double validation_fraction) {
  check(validation_fraction >= 0 && validation_fraction <= 1, "a fraction is from 0 to 1");
  const size_t size = corpus.ids.size();
  auto training =
      std::min(size, static_cast<size_t>(static_cast<double>(size) * (1 - validation_fraction)));
  if (training < 2 && validation_fraction < 0.5) training = size;
  const IdView all = view(corpus.ids);
  return {all.part(0, training), all.part(training, size - training)};
}

}  // namespace charrnn
