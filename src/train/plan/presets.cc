#include "train/plan/presets.h"

#include <fmt/core.h>

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

// The notebook's settings, for any text.
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

// Enough for the third digit of a loss; on a large text more would take longer than training.
constexpr int64_t kMaxToValidate = 2'000'000;

PresetValues values_by_passes(const Sizes& sizes) {
  return {{{"warmup-steps", std::to_string(sizes.warmup_steps)},
           {"output-dropout", fmt::format("{}", sizes.output_dropout)},
           {"recurrent-dropout", fmt::format("{}", sizes.recurrent_dropout)},
           {"average-decay", fmt::format("{}", sizes.average_decay)}},
          ""};
}

// AdamW with a cosine schedule and EMA on one GRU layer; sizes by text and time.
PresetValues automatic(const PresetInput& input) {
  const bool limited = input.flops > 0;
  const Sizes sizes = limited ? sizes_for_budget(input.training_characters, input.vocabulary_size,
                                                 input.flops, input.settled)
                              : sizes_for_text(input.training_characters, input.settled);
  std::string reason =
      fmt::format("sizes that suit {} characters to learn from", input.training_characters);
  if (limited) {
    reason += fmt::format(" and {:.0f} s at {:.0f} GFLOP/s", input.time_budget,
                          input.flops / input.time_budget * 1e-9);
  }
  PresetValues values{
      {{"cell", "gru"},
       {"layers", "1"},
       {"hidden-size", std::to_string(sizes.hidden_size)},
       {"embedding-size", std::to_string(sizes.embedding_size)},
       {"objective", "all"},
       {"seq-length", std::to_string(sizes.sequence_length)},
       {"batch-size", std::to_string(sizes.batch_size)},
       {"epochs", std::to_string(sizes.epochs)},
       {"optimizer", "adam"},
       {"learning-rate", fmt::format("{}", sizes.learning_rate)},
       {"min-learning-rate", fmt::format("{:.2g}", sizes.min_learning_rate)},
       {"lr-schedule", "cosine"},
       {"weight-decay", "0.1"},
       {"clip", "norm"},
       {"grad-clip", "1"},
       {"precision", limited && input.fast_bf16 ? "bf16" : "f32"},
       {"val-characters",
        input.validation_characters > kMaxToValidate ? std::to_string(kMaxToValidate) : "0"},
       {"patience", "8"},
       {"on-nan", "rollback"}},
      reason + " (--preset auto)"};
  const PresetValues by_passes = values_by_passes(sizes);
  values.values.insert(values.values.end(), by_passes.values.begin(), by_passes.values.end());
  return values;
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

PresetValues preset_values_for_length(Preset preset, int64_t training_characters,
                                      const SettledSizes& settled) {
  if (preset != Preset::kAuto) return {};
  return values_by_passes(sizes_for_text(training_characters, settled));
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
