#include "train/presets.h"

#include <fmt/core.h>

#include <algorithm>

#include "train/sizes.h"

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

// Enough for the third digit of a loss; of a large text more would take longer than learning.
constexpr int64_t kMostToValidate = 2'000'000;

// AdamW with a cosine schedule and a running average on one GRU layer; sizes by text and time.
PresetValues automatic(const PresetInput& input) {
  const bool limited = input.flops > 0;
  const Sizes sizes =
      limited ? sizes_for_budget(input.training_characters, input.vocabulary_size, input.flops)
              : sizes_for_text(input.training_characters);
  std::string reason =
      fmt::format("sizes that suit {} characters to learn from", input.training_characters);
  if (limited) {
    const double characters =
        input.flops / flops_per_character(sizes.hidden_size, input.vocabulary_size);
    reason += fmt::format(
        ", which {:.0f} s at {:.0f} GFLOP/s can read {:.2g} times with a GRU of {}",
        input.time_budget, input.flops / input.time_budget * 1e-9,
        characters / static_cast<double>(std::max<int64_t>(input.training_characters, 1)),
        sizes.hidden_size);
  }
  return {{{"cell", "gru"},
           {"layers", "1"},
           {"hidden-size", std::to_string(sizes.hidden_size)},
           {"embedding-size", std::to_string(sizes.embedding_size)},
           {"objective", "all"},
           {"seq-length", std::to_string(sizes.sequence_length)},
           {"batch-size", std::to_string(sizes.batch_size)},
           {"epochs", std::to_string(sizes.epochs)},
           {"optimizer", "adam"},
           {"learning-rate", fmt::format("{}", sizes.learning_rate)},
           {"min-learning-rate", fmt::format("{}", sizes.min_learning_rate)},
           {"lr-schedule", "cosine"},
           {"warmup-steps", std::to_string(sizes.warmup_steps)},
           {"weight-decay", "0.1"},
           {"clip", "norm"},
           {"grad-clip", "1"},
           {"output-dropout", fmt::format("{}", sizes.output_dropout)},
           {"recurrent-dropout", fmt::format("{}", sizes.recurrent_dropout)},
           {"average-decay", fmt::format("{}", sizes.average_decay)},
           {"precision", limited && input.fast_bf16 ? "bf16" : "f32"},
           {"val-characters",
            input.validation_characters > kMostToValidate ? std::to_string(kMostToValidate) : "0"},
           {"patience", "8"},
           {"on-nan", "rollback"}},
          reason + " (--preset auto)"};
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
