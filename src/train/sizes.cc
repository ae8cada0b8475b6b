#include "train/sizes.h"

#include <algorithm>
#include <cmath>

#include "model/cost.h"

namespace charrnn {
namespace {

// A text must be seen often enough to be learned, and a network must not be so large that it learns
// a short text by heart before it has learned anything else.
struct Row {
  int64_t below;  // characters to train on
  int hidden_size, embedding_size, batch_size, sequence_length;
  int64_t epochs;
  double learning_rate, output_dropout;
};
constexpr Row kByText[] = {
    {3'000, 64, 16, 4, 32, 60, 8e-3, 0.2},       {20'000, 128, 32, 8, 48, 60, 8e-3, 0.3},
    {100'000, 256, 48, 16, 64, 30, 6e-3, 0.4},   {400'000, 384, 64, 16, 64, 20, 5e-3, 0.5},
    {5'000'000, 512, 64, 32, 96, 12, 4e-3, 0.2}, {30'000'000, 512, 64, 64, 128, 6, 4e-3, 0.05},
    {INT64_MAX, 512, 64, 128, 128, 2, 4e-3, 0},
};

// Sizes that a budget chooses among, and the learning rate that suits each.
struct Network {
  int hidden_size;
  int embedding_size;
  double learning_rate;
};
constexpr Network kLadder[] = {{64, 16, 1e-2},  {128, 32, 1e-2}, {192, 48, 7e-3}, {256, 64, 6e-3},
                               {384, 64, 5e-3}, {512, 64, 4e-3}, {768, 64, 3e-3}, {1024, 64, 2e-3}};

// A network is worth its size from so many characters a weight on.
constexpr double kCharactersPerWeight = 8;
// With dropout a network may have more weights than the text has characters, but not many more.
constexpr double kWeightsPerCharacter = 4;
constexpr int64_t kMostEpochs = 100;

double weights(int hidden_size, int vocabulary_size) {
  return flops_per_character(hidden_size, vocabulary_size) / 6;
}

// A text that is read a few times only can't be learned by heart: dropping outputs costs then. From
// five passes on more of them need more of it dropped.
double dropout_for(double epochs) {
  return std::clamp(0.15 * std::log2(std::max(epochs, 0.1) / 5), 0.0, 0.5);
}

// Recurrent weights are dropped too where the text is read many times: 0.15 of them at 20 passes,
// 0.3 at 60. In few passes it costs more than it saves.
double recurrent_dropout_for(double epochs) {
  if (epochs < 12) return 0;
  const double part = 0.15 + 0.095 * std::log2(std::max(epochs, 0.1) / 20);
  return std::round(std::clamp(part, 0.0, 0.3) * 20) / 20;
}

// Small batches make more steps of the same characters; from some thousand steps on larger ones are
// better estimates of the gradient, and a longer sequence sees further back. The smallest fills the
// vectors of two threads so badly that what it gains by steps it loses by speed.
void choose_batch(double characters, Sizes& sizes) {
  struct Batch {
    int streams, steps;
    double fewest_steps;
  };
  constexpr Batch kBatches[] = {{128, 128, 3000}, {64, 128, 3000}, {32, 96, 3000},
                                {32, 64, 3000},   {16, 64, 1500},  {8, 64, 0}};
  for (const Batch& batch : kBatches) {
    sizes.batch_size = batch.streams;
    sizes.sequence_length = batch.steps;
    if (characters / (batch.streams * batch.steps) >= batch.fewest_steps) break;
  }
}

// A learning rate that ends at zero learns little in its last steps. What the average of the
// weights takes away is the noise of a higher one, so it ends at a third of its height.
double last_learning_rate(double highest) { return std::round(highest / 3 * 1e4) / 1e4; }

// What depends on how many steps there are.
void fit_to_steps(double characters, Sizes& sizes) {
  const double steps = characters / (sizes.batch_size * sizes.sequence_length);
  sizes.warmup_steps = std::clamp<int64_t>(static_cast<int64_t>(steps / 20), 1, 50);
  // The average reaches back over about the last twentieth of the steps.
  sizes.average_decay = std::clamp(1 - 20 / std::max(steps, 1.0), 0.9, 0.999);
  sizes.average_decay = std::round(sizes.average_decay * 1000) / 1000;
}

}  // namespace

double flops_per_character(int hidden_size, int vocabulary_size) {
  const ModelConfig config{.cell = CellKind::kGru,
                           .layers = 1,
                           .hidden_size = hidden_size,
                           .embedding_size = 1,
                           .vocabulary_size = vocabulary_size};
  return 6 * (recurrent_products(config) + output_products(config));
}

Sizes sizes_for_text(int64_t training_characters) {
  const Row& row = *std::find_if(std::begin(kByText), std::end(kByText),
                                 [&](const Row& r) { return training_characters < r.below; });
  const auto epochs = static_cast<double>(row.epochs);
  Sizes sizes{.hidden_size = row.hidden_size,
              .embedding_size = row.embedding_size,
              .batch_size = row.batch_size,
              .sequence_length = row.sequence_length,
              .epochs = row.epochs,
              .learning_rate = row.learning_rate,
              .min_learning_rate = last_learning_rate(row.learning_rate),
              .output_dropout = row.output_dropout,
              .recurrent_dropout = recurrent_dropout_for(epochs)};
  fit_to_steps(epochs * static_cast<double>(training_characters), sizes);
  return sizes;
}

Sizes sizes_for_budget(int64_t training_characters, int vocabulary_size, double flops) {
  const double text = static_cast<double>(std::max<int64_t>(training_characters, 1));
  const Network* chosen = kLadder;
  for (const Network& network : kLadder) {
    const double size = weights(network.hidden_size, vocabulary_size);
    const double seen = std::min(flops / (6 * size), text * kMostEpochs);
    if (seen < kCharactersPerWeight * size || size > kWeightsPerCharacter * text) break;
    chosen = &network;
  }
  const double characters = flops / flops_per_character(chosen->hidden_size, vocabulary_size);
  const double epochs = std::min(characters / text, static_cast<double>(kMostEpochs));
  Sizes sizes{.hidden_size = chosen->hidden_size,
              .embedding_size = chosen->embedding_size,
              .epochs = kMostEpochs,
              .learning_rate = chosen->learning_rate,
              .min_learning_rate = last_learning_rate(chosen->learning_rate),
              .output_dropout = std::round(dropout_for(epochs) * 20) / 20,
              .recurrent_dropout = recurrent_dropout_for(epochs)};
  choose_batch(epochs * text, sizes);
  fit_to_steps(epochs * text, sizes);
  return sizes;
}

}  // namespace charrnn
