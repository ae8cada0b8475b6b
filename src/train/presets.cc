#include "train/presets.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace charrnn {
namespace {

// Karpathy's char-rnn, train.lua: its defaults.
PresetValues char_rnn() {
  return {{{"cell", "lstm"},         {"layers", "2"},         {"hidden-size", "128"},
           {"one-hot", "true"},      {"init", "char-rnn"},    {"objective", "all"},
           {"seq-length", "50"},     {"batch-size", "50"},    {"epochs", "50"},
           {"optimizer", "rmsprop"}, {"beta2", "0.95"},       {"learning-rate", "0.002"},
           {"lr-schedule", "step"},  {"lr-decay", "0.97"},    {"lr-decay-after", "10"},
           {"lr-decay-every", "1"},  {"clip", "element"},     {"grad-clip", "5"},
           {"dropout", "0"},         {"output-dropout", "0"}, {"weight-decay", "0"},
           {"warmup-steps", "0"},    {"average-decay", "0"},  {"eval-every", "1000"}},
          "char-rnn's defaults (--preset char-rnn)"};
}

// The notebook's settings, on a text of one's own.
PresetValues notebook() {
  return {{{"cell", "rnn"},
           {"layers", "2"},
           {"hidden-size", "256"},
           {"embedding-size", "64"},
           {"objective", "last"},
           {"seq-length", "40"},
           {"batch-size", "64"},
           {"epochs", "15"},
           {"optimizer", "adam"},
           {"learning-rate", "0.003"},
           {"lr-schedule", "constant"},
           {"clip", "norm"},
           {"grad-clip", "1"},
           {"dropout", "0"},
           {"output-dropout", "0"},
           {"weight-decay", "0"},
           {"warmup-steps", "0"},
           {"average-decay", "0"}},
          "the notebook's settings (--preset notebook)"};
}

// Sizes by the length of the text. A text must be seen often enough to be learned and a network
// must not be so large that it learns a short text by heart before it has learned anything else.
struct Sizes {
  int64_t below;  // characters to train on
  int hidden_size;
  int embedding_size;
  int batch_size;
  int sequence_length;
  int64_t epochs;
  double learning_rate;
  double output_dropout;
};
constexpr Sizes kSizes[] = {
    {3'000, 64, 16, 4, 32, 60, 8e-3, 0.2},         {20'000, 128, 32, 8, 48, 40, 8e-3, 0.3},
    {100'000, 256, 48, 16, 64, 25, 6e-3, 0.4},     {400'000, 384, 64, 32, 64, 16, 5e-3, 0.4},
    {5'000'000, 512, 64, 32, 96, 12, 4e-3, 0.4},   {30'000'000, 512, 64, 64, 128, 6, 4e-3, 0.2},
    {INT64_MAX, 512, 64, 128, 128, 2, 4e-3, 0.05},
};

PresetValues automatic(const PresetInput& input) {
  const Sizes& sizes = *std::find_if(std::begin(kSizes), std::end(kSizes), [&](const Sizes& row) {
    return input.training_characters < row.below;
  });
  const std::string number = fmt::format("{}", sizes.learning_rate);
  return {{{"cell", "gru"},
           {"layers", "1"},
           {"hidden-size", std::to_string(sizes.hidden_size)},
           {"embedding-size", std::to_string(sizes.embedding_size)},
           {"objective", "all"},
           {"seq-length", std::to_string(sizes.sequence_length)},
           {"batch-size", std::to_string(sizes.batch_size)},
           {"epochs", std::to_string(sizes.epochs)},
           {"optimizer", "adam"},
           {"learning-rate", number},
           {"lr-schedule", "cosine"},
           {"warmup-steps", "20"},
           {"weight-decay", "0.01"},
           {"clip", "norm"},
           {"grad-clip", "1"},
           {"output-dropout", fmt::format("{}", sizes.output_dropout)},
           {"average-decay", "0.999"},
           {"patience", "8"}},
          fmt::format("sizes that suit {} characters to learn from (--preset auto)",
                      input.training_characters)};
}

}  // namespace

PresetValues preset_values(Preset preset, const PresetInput& input) {
  switch (preset) {
    case Preset::kCharRnn:
      return char_rnn();
    case Preset::kNotebook:
      return notebook();
    case Preset::kAuto:
      break;
  }
  return automatic(input);
}

PresetValues preset_text_values(Preset preset) {
  switch (preset) {
    case Preset::kCharRnn:
      return {{{"val-fraction", "0.05"}, {"seed", "123"}}, ""};
    case Preset::kNotebook:
      return {{{"val-fraction", "0"}, {"lowercase", "true"}, {"seed", "42"}}, ""};
    case Preset::kAuto:
      break;
  }
  return {};
}

void apply(const PresetValues& preset, OptionTable& options) {
  for (const auto& [name, value] : preset.values) {
    if (options.find(name)->source < OptionSource::kPreset) {
      options.set(name, value, OptionSource::kPreset);
    }
  }
}

}  // namespace charrnn
