// Which network and which training suit a text and a number of computations: what --preset auto
// chooses by. The reasons and the measurements are in docs/quality.md.
#pragma once

#include <cstdint>
#include <string>

namespace charrnn {

struct Sizes {
  int hidden_size = 0;
  int embedding_size = 0;
  int batch_size = 0;
  int sequence_length = 0;
  int64_t epochs = 0;            // at most
  double learning_rate = 0;      // the highest
  double min_learning_rate = 0;  // the last
  double output_dropout = 0;
  double recurrent_dropout = 0;  // of the recurrent weights
  double average_decay = 0;
  int64_t warmup_steps = 0;
};

// Without a limit on time: by the length of the text alone.
Sizes sizes_for_text(int64_t training_characters);

// With `flops` multiply-adds counted twice to spend (a time budget times the machine's speed).
Sizes sizes_for_budget(int64_t training_characters, int vocabulary_size, double flops);

// Floating-point operations that training spends on one character of one GRU layer.
double flops_per_character(int hidden_size, int vocabulary_size);

}  // namespace charrnn
