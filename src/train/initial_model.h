// Initial parameters of a run: fresh values, or those of another model, whose vocabulary may
// differ.
#pragma once

#include <string_view>

#include "base/random.h"
#include "model/file/model_file.h"
#include "text/corpus/corpus.h"
#include "train/settings/settings.h"

namespace charrnn {

// The characters of `known` with their ids, then those that only `more` has.
Vocabulary joined(const Vocabulary& known, const Vocabulary& more);

// Re-encodes the corpus with a vocabulary that has all of its characters.
void renumber(Corpus& corpus, const Vocabulary& vocabulary);

// Fresh values in `config`, drawn from the generator.
Parameters fresh_values(const ModelConfig& config, const TrainingSettings& settings,
                        MersenneTwister& generator);

// A network of this shape before any training, to compare a trained one with.
struct Untrained {
  Parameters weights;
  std::string_view init;   // as --init names it
  double forget_bias = 0;  // as --forget-bias
};

// Drawn from a fixed seed, the way a run's config.toml says. config_text: the file's content; where
// it is empty or no configuration, the usual initial values are drawn.
Untrained untrained_network(const ModelConfig& config, std::string_view config_text);

// Throws Error (kUsage) where the networks differ in more than the vocabulary.
void check_same_network(ModelConfig model, const ModelConfig& wanted);

// The model's weights in a network whose vocabulary begins with the model's; rows of further
// characters come from `fresh`. Throws as check_same_network does.
Parameters grown(const Model& model, Parameters fresh);

}  // namespace charrnn
