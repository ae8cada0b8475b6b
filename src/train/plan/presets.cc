#include "train/plan/presets.h"

#include <fmt/core.h>

#include <cmath>

#include "base/short_number.h"

namespace charrnn {
namespace {

// Gives settings values of one source.
class SettingFiller {
 public:
  SettingFiller(OptionTable& table, OptionSource source) : table_(table), source_(source) {}

  template <class T>
  void operator()(T& setting, std::type_identity_t<T> value) const {
    table_.assign(setting, std::move(value), source_);
  }

 private:
  OptionTable& table_;
  OptionSource source_;
};

// Karpathy's char-rnn, train.lua: its defaults.
void fill_like_char_rnn_defaults(TrainingSettings& s, const SettingFiller& fill) {
  fill(s.cell, CellKind::kLstm);
  fill(s.layers, 2);
  fill(s.hidden_size, 128);
  fill(s.one_hot, true);
  fill(s.initial_values, InitialValues::kCharRnn);
  fill(s.objective, Objective::kAll);
  fill(s.sequence_length, 50);
  fill(s.batch_size, 50);
  fill(s.stream_offset, false);
  fill(s.epochs, 50);
  fill(s.optimizer, Optimizer::kRmsprop);
  fill(s.beta2, 0.95);
  fill(s.learning_rate, 0.002);
  fill(s.schedule, ScheduleKind::kStep);
  fill(s.decay, 0.97);
  fill(s.decay_after, 10);
  fill(s.decay_every, 1);
  fill(s.clip, Clip::kElement);
  fill(s.grad_clip, 5);
  fill(s.dropout, 0);
  fill(s.output_dropout, 0);
  fill(s.weight_decay, 0);
  fill(s.warmup_steps, 0);
  fill(s.average_decay, 0);
  fill(s.evaluate_every, 1000);
}

// The notebook's settings, for any text.
void fill_like_notebook(TrainingSettings& s, const SettingFiller& fill) {
  fill(s.cell, CellKind::kRnn);
  fill(s.layers, 2);
  fill(s.hidden_size, 256);
  fill(s.embedding_size, 64);
  fill(s.objective, Objective::kLast);
  fill(s.sequence_length, 40);
  fill(s.batch_size, 64);
  fill(s.stream_offset, false);
  fill(s.epochs, 15);
  fill(s.optimizer, Optimizer::kAdam);
  fill(s.learning_rate, 0.003);
  fill(s.schedule, ScheduleKind::kConstant);
  fill(s.clip, Clip::kNorm);
  fill(s.grad_clip, 1);
  fill(s.dropout, 0);
  fill(s.output_dropout, 0);
  fill(s.weight_decay, 0);
  fill(s.warmup_steps, 0);
  fill(s.average_decay, 0);
}

// Enough for the third digit of a loss; on a large text more would take longer than training.
constexpr int64_t kMaxToValidate = 2'000'000;

void fill_by_passes(const Sizes& sizes, TrainingSettings& s, const SettingFiller& fill) {
  fill(s.warmup_steps, sizes.warmup_steps);
  fill(s.output_dropout, sizes.output_dropout);
  fill(s.recurrent_dropout, sizes.recurrent_dropout);
  fill(s.average_decay, sizes.average_decay);
}

// To two significant digits, halves away from an odd one, as printf's %.2g rounds.
double rounded_to_two_digits(double value) {
  if (!(value > 0)) return value;
  const int last_place = static_cast<int>(std::floor(std::log10(value))) - 1;
  const double scale = std::pow(10, std::abs(last_place));  // exact
  double digits = std::floor(last_place < 0 ? value * scale : value / scale);
  const double beyond_half = last_place < 0 ? std::fma(value, scale, -(digits + 0.5))
                                            : std::fma(-(digits + 0.5), scale, value);
  if (beyond_half > 0 || (beyond_half == 0 && std::fmod(digits, 2) == 1)) ++digits;
  return last_place < 0 ? digits / scale : digits * scale;
}

// AdamW with a cosine schedule and EMA on one GRU layer; sizes by text and time.
std::string fill_automatically(const PresetInput& input, TrainingSettings& s,
                               const SettingFiller& fill) {
  const bool limited = input.flops > 0;
  const Sizes sizes = limited ? sizes_for_budget(input.training_characters, input.vocabulary_size,
                                                 input.flops, input.settled)
                              : sizes_for_text(input.training_characters, input.settled);
  fill(s.cell, CellKind::kGru);
  fill(s.layers, 1);
  fill(s.hidden_size, sizes.hidden_size);
  fill(s.embedding_size, sizes.embedding_size);
  fill(s.objective, Objective::kAll);
  fill(s.sequence_length, sizes.sequence_length);
  fill(s.batch_size, sizes.batch_size);
  fill(s.epochs, sizes.epochs);
  fill(s.optimizer, Optimizer::kAdam);
  fill(s.learning_rate, sizes.learning_rate);
  fill(s.min_learning_rate, rounded_to_two_digits(sizes.min_learning_rate));
  fill(s.schedule, ScheduleKind::kCosine);
  fill(s.weight_decay, 0.1);
  fill(s.clip, Clip::kNorm);
  fill(s.grad_clip, 1);
  fill(s.precision, limited && input.fast_bf16 ? Precision::kBfloat16 : Precision::kFloat32);
  fill(s.validation_characters, input.validation_characters > kMaxToValidate ? kMaxToValidate : 0);
  fill(s.patience, 8);
  fill(s.on_nan, OnNan::kRollback);
  fill_by_passes(sizes, s, fill);
  std::string reason =
      fmt::format("sizes that suit {} to learn from",
                  counted(static_cast<uint64_t>(input.training_characters), "character"));
  if (limited) {
    reason += fmt::format(" and {:.0f} s at {:.0f} GFLOP/s", input.time_budget,
                          input.flops / input.time_budget * 1e-9);
  }
  return reason + " (--preset auto)";
}

}  // namespace

std::string apply_preset(Preset preset, const PresetInput& input, TrainingSettings& settings,
                         OptionTable& table) {
  const SettingFiller fill(table, OptionSource::kPreset);
  switch (preset) {
    case Preset::kCharRnn:
      fill_like_char_rnn_defaults(settings, fill);
      return "char-rnn's defaults (--preset char-rnn)";
    case Preset::kNotebook:
      fill_like_notebook(settings, fill);
      return "the notebook's settings (--preset notebook)";
    case Preset::kAuto:
      break;
  }
  return fill_automatically(input, settings, fill);
}

void apply_preset_for_length(Preset preset, int64_t training_characters, const Sizes& settled,
                             TrainingSettings& settings, OptionTable& table) {
  if (preset != Preset::kAuto) return;
  fill_by_passes(sizes_for_text(training_characters, settled), settings,
                 SettingFiller(table, OptionSource::kMeasured));
}

void apply_text_preset(Preset preset, TrainingSettings& settings, Seed& seed, OptionTable& table) {
  const SettingFiller fill(table, OptionSource::kPreset);
  switch (preset) {
    case Preset::kCharRnn:
      fill(settings.validation_fraction, 0.05);
      fill(seed, {.value = 123, .is_chosen = true});
      break;
    case Preset::kNotebook:
      fill(settings.validation_fraction, 0);
      fill(settings.reading.lowercase, true);
      fill(seed, {.value = 42, .is_chosen = true});
      break;
    case Preset::kAuto:
      break;
  }
}

TrainingSettings preset_settings(Preset preset) {
  TrainingSettings settings;
  Seed seed;
  OptionTable table;
  settings.declare(table);
  declare_seed(table, seed);
  apply_text_preset(preset, settings, seed, table);
  apply_preset(preset, {}, settings, table);
  return settings;
}

}  // namespace charrnn
