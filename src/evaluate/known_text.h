// Re-encodes a text that was read with its own vocabulary in the ids of a model.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "evaluate/unknown_characters.h"
#include "model/file/model_file.h"
#include "text/characters/vocabulary.h"
#include "text/corpus/corpus.h"

namespace charrnn {

struct KnownText {
  IdArray ids;                          // of the characters that the model knows
  std::vector<size_t> document_begins;  // of each source file, in ids
  std::vector<char32_t> unknown;        // the others, each once, in the order of their code points
  IdArray unknown_ids;                  // of all of them in their order: indices into `unknown`
  UnknownCharacters unknown_places;     // where these stand
  int64_t unknown_count() const { return unknown_places.count(); }
};

// The corpus must have been read in the model's encoding and case. rare: a character of the model
// that replaces all unknown ones.
KnownText in_ids_of(const Vocabulary& model, const Corpus& corpus,
                    std::optional<char32_t> rare = std::nullopt);
// The same for a model of a file: one of --min-count knows every character, the rare ones as one.
KnownText in_ids_of(const Model& model, const Corpus& corpus);

}  // namespace charrnn
