#include "train/plan/sizes.h"

#include <algorithm>
#include <cmath>

#include "model/cost.h"

namespace charrnn {
namespace {

// A text must be read often enough to be learned, and a network must not be so large that it
// overfits a short text first.
struct Row {
  int64_t below;  // characters to train on
  int hidden_size, batch_size, sequence_length;
  int64_t epochs;
};
constexpr Row kByText[] = {
    {3'000, 64, 4, 32, 60},        {20'000, 128, 8, 48, 60},     {100'000, 256, 16, 64, 30},
    {400'000, 384, 16, 64, 20},    {5'000'000, 512, 32, 96, 12}, {30'000'000, 512, 64, 128, 6},
    {INT64_MAX, 512, 128, 128, 2},
};

// The sizes a budget chooses from, each with its settings.
struct NetworkSize {
  int hidden_size;
  int embedding_size;
  double learning_rate;
};
constexpr NetworkSize kLadder[] = {
    {64, 32, 1e-2},   {128, 64, 1e-2},  {192, 96, 7e-3},  {256, 128, 6e-3},
    {384, 128, 5e-3}, {512, 128, 4e-3}, {768, 128, 3e-3}, {1024, 128, 2e-3},
};

// Characters per weight from which a network is worth its size.
constexpr double kCharactersPerWeight = 8;
// Below this, fast batches make too few steps for any network.
constexpr double kMinCharacters = 1.5e6;
// With dropout a network may have more weights than the text has characters, up to this factor.
constexpr double kWeightsPerCharacter = 4;
constexpr int64_t kMaxEpochs = 100;
// Wide embeddings learn faster but overfit sooner. From this many passes on, the embedding is
// narrow where the network has more weights than the text has characters.
constexpr double kManyPasses = 12;
constexpr int kNarrowEmbedding = 64;

ModelConfig config_of(int hidden_size, int vocabulary_size, const Sizes& sizes) {
  return {.cell = sizes.cell,
          .layers = sizes.layers,
          .hidden_size = hidden_size,
          .embedding_size = 1,
          .vocabulary_size = vocabulary_size};
}

// The size itself where it is settled, else the value chosen for it.
template <class T>
T or_chosen(T settled, T chosen) {
  return settled > 0 ? settled : chosen;
}

// The settings of the largest listed size that is no larger than this.
const NetworkSize& suiting(int hidden_size) {
  const NetworkSize* chosen = kLadder;
  for (const NetworkSize& network : kLadder) {
    if (network.hidden_size <= hidden_size) chosen = &network;
  }
  return *chosen;
}

// In few passes a network cannot overfit, and output dropout only costs. From five passes on it
// grows with their number, and more if the weights outnumber the text's characters.
double output_dropout_for(double passes, double weights_per_character) {
  const double by_passes = 0.15 * std::log2(std::max(passes, 0.1) / 5);
  const double by_size = 1 + 0.6 * std::log2(std::max(weights_per_character, 1.0));
  return std::round(std::clamp(by_passes * by_size, 0.0, 0.5) * 20) / 20;
}

// Recurrent dropout starts at ten passes and reaches 0.15 at 20 and 0.3 at 60. In few passes it
// costs more than it gains.
double recurrent_dropout_for(double passes) {
  const double part = 0.15 + 0.095 * std::log2(std::max(passes, 0.1) / 20);
  return std::round(std::clamp(part, 0.0, 0.3) * 20) / 20;
}

// Small batches make more steps of the same characters; from some thousand steps on larger ones
// estimate the gradient better, and longer sequences see further back. The smallest batch fills the
// vectors of two threads so badly that it loses in speed what it gains in steps.
void choose_batch(double characters, Sizes& sizes) {
  struct Batch {
    int streams, steps;
    double fewest_steps;
  };
  constexpr Batch kBatches[] = {{128, 128, 3000}, {64, 128, 3000}, {32, 96, 3000},
                                {32, 64, 3000},   {16, 64, 1500},  {8, 64, 0}};
  const Batch& chosen = *std::ranges::find_if(kBatches, [characters](const Batch& batch) {
    return characters / (batch.streams * batch.steps) >= batch.fewest_steps;
  });
  sizes.batch_size = or_chosen(sizes.batch_size, chosen.streams);
  sizes.sequence_length = or_chosen(sizes.sequence_length, chosen.steps);
}

// A learning rate that ends at zero learns little in its last steps. EMA removes the noise of a
// higher one, so it ends at a third of the maximum.
double last_learning_rate(double highest) { return highest / 3; }

// Settings that depend on the network's size.
void fit_to_network(Sizes& sizes) {
  const NetworkSize& network = suiting(sizes.hidden_size);
  sizes.embedding_size = network.embedding_size;
  sizes.learning_rate = or_chosen(sizes.learning_rate, network.learning_rate);
  sizes.min_learning_rate = last_learning_rate(sizes.learning_rate);
}

// Settings that depend on the number of passes and steps.
void fit_to_passes(double text, Sizes& sizes) {
  const double weights_per_character =
      recurrent_products(config_of(sizes.hidden_size, 0, sizes)) / text;
  if (sizes.passes >= kManyPasses && weights_per_character > 1) {
    sizes.embedding_size = std::min(sizes.embedding_size, kNarrowEmbedding);
  }
  sizes.output_dropout = output_dropout_for(sizes.passes, weights_per_character);
  sizes.recurrent_dropout = recurrent_dropout_for(sizes.passes);
  const double steps = sizes.passes * text / (sizes.batch_size * sizes.sequence_length);
  sizes.warmup_steps = std::clamp<int64_t>(static_cast<int64_t>(steps / 20), 1, 50);
  // The EMA covers about the last twentieth of the steps.
  sizes.average_decay = std::clamp(1 - 20 / std::max(steps, 1.0), 0.9, 0.999);
  sizes.average_decay = std::round(sizes.average_decay * 1000) / 1000;
}

// The number of passes that is settled, or infinity. The batch is known.
double settled_passes(double text, const Sizes& settled, const Sizes& sizes) {
  double passes = INFINITY;
  if (settled.epochs > 0) passes = static_cast<double>(settled.epochs);
  if (settled.steps > 0) {
    const double characters =
        static_cast<double>(settled.steps) * sizes.batch_size * sizes.sequence_length;
    passes = std::min(passes, characters / text);
  }
  return passes;
}

}  // namespace

double flops_per_character(const ModelConfig& config) {
  return 6 * (recurrent_products(config) + output_products(config));
}

Sizes sizes_for_text(int64_t training_characters, const Sizes& settled) {
  const Row& row = *std::find_if(std::begin(kByText), std::end(kByText),
                                 [&](const Row& r) { return training_characters < r.below; });
  Sizes sizes = settled;
  sizes.hidden_size = or_chosen(sizes.hidden_size, row.hidden_size);
  sizes.batch_size = or_chosen(sizes.batch_size, row.batch_size);
  sizes.sequence_length = or_chosen(sizes.sequence_length, row.sequence_length);
  sizes.epochs = or_chosen(sizes.epochs, row.epochs);
  fit_to_network(sizes);
  const double text = static_cast<double>(std::max<int64_t>(training_characters, 1));
  const double asked = settled_passes(text, settled, sizes);
  sizes.passes = std::isfinite(asked) ? asked : static_cast<double>(row.epochs);
  fit_to_passes(text, sizes);
  return sizes;
}

Sizes sizes_for_budget(int64_t training_characters, int vocabulary_size, double flops,
                       const Sizes& settled) {
  const double text = static_cast<double>(std::max<int64_t>(training_characters, 1));
  const auto cost = [&](int hidden_size) {
    return flops_per_character(config_of(hidden_size, vocabulary_size, settled));
  };
  const NetworkSize* chosen = kLadder;
  for (const NetworkSize& network : kLadder) {
    const double weights = cost(network.hidden_size) / 6;
    const double within = flops / cost(network.hidden_size);
    const double seen = std::min(within, text * kMaxEpochs);
    if (within < kMinCharacters || seen < kCharactersPerWeight * weights) break;
    if (weights > kWeightsPerCharacter * text) break;
    chosen = &network;
  }
  Sizes sizes = settled;
  sizes.hidden_size = or_chosen(sizes.hidden_size, chosen->hidden_size);
  sizes.epochs = or_chosen(sizes.epochs, kMaxEpochs);
  fit_to_network(sizes);
  const double within = flops / cost(sizes.hidden_size);  // characters
  choose_batch(std::min(within, text * kMaxEpochs), sizes);
  sizes.passes = std::min(
      {within / text, static_cast<double>(kMaxEpochs), settled_passes(text, settled, sizes)});
  fit_to_passes(text, sizes);
  return sizes;
}

}  // namespace charrnn
