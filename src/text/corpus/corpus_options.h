// The options of every command that reads a text, declared once.
#pragma once

#include "base/option.h"
#include "text/corpus/corpus.h"

namespace charrnn {

// --encoding, --lowercase, --invalid, --newline, --recursive, --max-corpus, --max-vocab.
void declare_corpus_options(OptionTable& table, CorpusOptions& options);
// The same without --encoding and --lowercase, for commands that have them from a model.
void declare_model_corpus_options(OptionTable& table, CorpusOptions& options);

}  // namespace charrnn
