// What a run begins with: fresh values, or those of another model whose vocabulary may be another.
#pragma once

#include "base/random.h"
#include "model/file/model_file.h"
#include "text/corpus/corpus.h"
#include "train/settings/settings.h"

namespace charrnn {

// The known characters with their ids, then those that only `more` has.
Vocabulary joined(const Vocabulary& known, const Vocabulary& more);

// Numbers the text's ids anew by a vocabulary that has all of its characters.
void renumber(Corpus& corpus, const Vocabulary& vocabulary);

// Fresh values in `config`, drawn from the generator.
Parameters fresh_values(const ModelConfig& config, const TrainingSettings& settings,
                        MersenneTwister& generator);

// The model's weights in a network whose vocabulary begins with the model's; the rows of further
// characters keep the values they have in `fresh`. Throws Error (kUsage) where the networks differ
// in more than the vocabulary.
Parameters grown(const Model& model, Parameters fresh);

}  // namespace charrnn
