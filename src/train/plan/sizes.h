// Chooses the sizes of network and training for a text and a compute budget, for --preset auto.
// Reasons and measurements are in docs/quality.md.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace charrnn {

// Those that are settled beforehand, by the user or by --init-from, go in with the others free (0);
// all of them come out.
struct Sizes {
  CellKind cell = CellKind::kGru;
  int layers = 1;
  int hidden_size = 0;
  int embedding_size = 0;  // chosen whether it is free or not
  int batch_size = 0;
  int sequence_length = 0;
  int64_t epochs = 0;            // at most
  int64_t steps = 0;             // never chosen
  double passes = 0;             // over the text, by the steps or the budget
  double learning_rate = 0;      // the highest
  double min_learning_rate = 0;  // the last
  double output_dropout = 0;
  double recurrent_dropout = 0;  // of the recurrent weights
  double average_decay = 0;
  int64_t warmup_steps = 0;
};

// Without a time budget: by the length of the text alone.
Sizes sizes_for_text(int64_t training_characters, const Sizes& settled = {});

// For `flops` floating-point operations, a multiply-add being two: time budget times speed.
Sizes sizes_for_budget(int64_t training_characters, int vocabulary_size, double flops,
                       const Sizes& settled = {});

// Floating-point operations that training spends on one character.
double flops_per_character(const ModelConfig& config);

}  // namespace charrnn
