#include "app/inspect/data_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

namespace charrnn {
namespace {

std::vector<int32_t> ids_by_count(const std::vector<uint64_t>& counts) {
  std::vector<int32_t> ids(counts.size());
  std::iota(ids.begin(), ids.end(), 0);
  std::stable_sort(ids.begin(), ids.end(),
                   [&](int32_t a, int32_t b) { return counts[a] > counts[b]; });
  return ids;
}

// The last ones of the training part, the ones next to what is looked up in it.
IdView last_part(IdView text, int64_t size) {
  const size_t count = std::min(text.size, static_cast<size_t>(size));
  return text.part(text.size - count, count);
}

}  // namespace

DataReport make_data_report(const Corpus& corpus, double validation_fraction,
                            const DataLimits& limits,
                            const std::function<void(std::string_view)>& progress) {
  DataReport report;
  const int vocabulary_size = corpus.vocabulary.size();
  progress("counting characters");
  report.counts = count_ids(corpus.ids, vocabulary_size);
  report.by_count = ids_by_count(report.counts);
  report.lines = line_statistics(corpus);

  progress("measuring entropies");
  report.entropy_characters = std::min(corpus.ids.size(), limits.entropy_characters);
  report.entropies = conditional_entropies(view(corpus.ids).part(0, report.entropy_characters),
                                           vocabulary_size, 3);

  report.parts = split(corpus, validation_fraction);
  const IdView training = report.parts.training;
  const IdView held_out = report.parts.validation;
  report.has_figures = training.size > 0 && held_out.size > 1;
  if (!report.has_figures) return report;
  const IdView scored = held_out.part(0, std::min(held_out.size, limits.scored_characters));
  report.ngram = ngram_report(training, scored, vocabulary_size, limits.ngram, [&](int context) {
    progress(fmt::format("n-grams of {} characters", context + 1));
  });
  CompressionLimits compression = limits.compression;
  compression.max_scored = std::min(compression.max_scored, scored.size);
  report.compression = compression_report(corpus.vocabulary, training, scored, compression, [&] {
    progress("compressing");
    return false;
  });
  progress("looking for copies");
  std::vector<int32_t> sample(std::min(scored.size, limits.copy_characters));
  scored.copy(0, sample);
  report.copies = find_copies(sample, last_part(training, limits.ngram.max_training), kLeakLength,
                              [&](int64_t) { progress("looking for copies"); });
  return report;
}

}  // namespace charrnn
