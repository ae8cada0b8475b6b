// What a run will do on a text: sizes that fit it, how many steps, how much memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/config.h"
#include "text/batches.h"
#include "text/corpus/corpus.h"
#include "train/settings/settings.h"

namespace charrnn {

struct Plan {
  ModelConfig config;
  Split parts;  // of the corpus, which must outlive the plan
  DocumentBorders borders;
  std::unique_ptr<Batches> batches;
  int64_t total_steps = 0;         // before --time changes it
  std::vector<std::string> notes;  // what was made smaller, what is missing
};

// Sets the settings to what will be used: batch and sequence length that fit the text, default
// intervals. strict: sizes that do not fit are an Error (kData). Throws Error (kData) if there is
// nothing to train on.
Plan make_plan(const Corpus& corpus, TrainingSettings& settings, bool strict);

// Sets the intervals that depend on the number of steps; call it again when that changes. The
// default is 20 to 50 validations per run, fewer if they would take more than a fifth of the time.
void fit_intervals(TrainingSettings& settings, const Plan& plan);

// The network these settings describe.
ModelConfig model_config(const TrainingSettings& settings, int vocabulary_size);

// Bytes that training needs: text, weights with their gradients and moments, activations.
double memory_estimate(const ModelConfig& config, const TrainingSettings& settings,
                       double text_bytes);

// Bytes this process may use: the machine's memory, or the control group's limit if that is lower.
double memory_limit();

}  // namespace charrnn
