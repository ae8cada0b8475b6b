#include "model/file/reading_rules.h"

#include "text/corpus/plain_text.h"

namespace charrnn {

void follow_model(const Model& model, CorpusOptions& options, bool newline_is_chosen) {
  options.encoding = model.vocabulary.encoding();
  options.lowercase = model.vocabulary.lowercase();
  if (!newline_is_chosen) options.newline_lf = model.facts.contains("newline");
  options.end_files = model.documents() == DocumentKind::kFiles;
  options.offers_bytes = false;  // the encoding is the model's
}

CorpusOptions reading_rules(const Model& model) {
  CorpusOptions options;
  follow_model(model, options);
  options.offers_replace = false;
  return options;
}

std::string with_line_ends_of(const Model& model, std::string_view text) {
  return model.facts.contains("newline") ? with_line_feeds(text) : std::string(text);
}

}  // namespace charrnn
