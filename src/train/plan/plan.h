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

// Settings as this text makes them: the same, or other values where those given do not fit it or
// stand for a default.
struct FittedSettings {
  int batch_size = 0;
  int sequence_length = 0;
  int embedding_size = 0;
  int64_t evaluate_every = 0;
  int64_t report_every = 0;
};

struct Plan {
  ModelConfig config;
  Split parts;  // of the corpus, which must outlive the plan
  DocumentBorders borders;
  std::unique_ptr<Batches> batches;
  FittedSettings fitted;
  int64_t total_steps = 0;         // before --time changes it
  std::vector<std::string> notes;  // what was made smaller, what is missing
};

// The parts of the corpus to learn from and to validate on. Throws Error (kUsage) where the
// settings ask for more than the whole.
Split split(const Corpus& corpus, const TrainingSettings& settings);

// Batch and sequence length are made to fit the text; strict: that is an Error (kData). Intervals
// that are 0 get their default: 20 to 50 validations per run, fewer if they would take more than a
// fifth of the time. Throws Error (kData) if there is nothing to train on.
Plan make_plan(const Corpus& corpus, const TrainingSettings& settings, bool strict);

// Takes the values that differ for settings, with their source (measured).
void take_values(const FittedSettings& fitted, TrainingSettings& settings, OptionTable& table);

// 200 lines of metrics in a run.
int64_t usual_report_interval(int64_t total_steps);

// The network these settings describe.
ModelConfig model_config(const TrainingSettings& settings, int vocabulary_size);

// Bytes that training needs: text, weights with their gradients and moments, activations.
double memory_estimate(const ModelConfig& config, const TrainingSettings& settings,
                       double text_bytes);

// Bytes this process may use: the machine's memory, or the control group's limit if that is lower.
double memory_limit();

}  // namespace charrnn
