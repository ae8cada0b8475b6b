// How a model reads texts: as the text that it learned was read.
#pragma once

#include <string>
#include <string_view>

#include "model/file/model_file.h"
#include "text/corpus/corpus.h"

namespace charrnn {

// Sets the model's encoding, case, ends of files, and line ends unless a person chose them.
void follow_model(const Model& model, CorpusOptions& options, bool newline_is_chosen = false);
// The same where a person chooses nothing.
CorpusOptions reading_rules(const Model& model);

// A prompt or another short text with the line ends that the model knows. Its case is the
// vocabulary's matter.
std::string with_line_ends_of(const Model& model, std::string_view text);

}  // namespace charrnn
