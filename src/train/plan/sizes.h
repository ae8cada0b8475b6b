// Chooses the sizes of network and training for a text and a compute budget, for --preset auto.
// Reasons and measurements are in docs/quality.md.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace charrnn {

// Sizes fixed beforehand, by the user or by --init-from; 0: free.
struct SettledSizes {
  CellKind cell = CellKind::kGru;
  int layers = 1;
  int hidden_size = 0;
  int batch_size = 0;
  int sequence_length = 0;
  int64_t epochs = 0;
  int64_t steps = 0;
  double learning_rate = 0;
};

struct Sizes {
  int hidden_size = 0;
  int embedding_size = 0;
  int batch_size = 0;
  int sequence_length = 0;
  int64_t epochs = 0;            // at most
  double passes = 0;             // over the text, by the steps or the budget
  double learning_rate = 0;      // the highest
  double min_learning_rate = 0;  // the last
  double output_dropout = 0;
  double recurrent_dropout = 0;  // of the recurrent weights
  double average_decay = 0;
  int64_t warmup_steps = 0;
};

// Without a time budget: by the length of the text alone.
Sizes sizes_for_text(int64_t training_characters, const SettledSizes& settled = {});

// For `flops` floating-point operations, a multiply-add being two: time budget times speed.
Sizes sizes_for_budget(int64_t training_characters, int vocabulary_size, double flops,
                       const SettledSizes& settled = {});

// Floating-point operations that training spends on one character.
double flops_per_character(const ModelConfig& config);

}  // namespace charrnn
