// Values for options that are not given.
#pragma once

#include <string>

#include "base/option.h"
#include "train/plan/sizes.h"
#include "train/settings/seed.h"
#include "train/settings/settings.h"

namespace charrnn {

enum class Preset { kAuto, kNotebook, kCharRnn };

// The inputs of `auto`.
struct PresetInput {
  int64_t training_characters = 0;
  int64_t validation_characters = 0;
  int vocabulary_size = 0;
  double time_budget = 0;  // seconds; 0: none
  double flops = 0;        // that fit into it, at the speed of this machine
  bool fast_bf16 = false;  // was that speed measured with bf16 operands?
  Sizes settled;
};

// Gives settings that nobody gave the preset's values. Returns what they were chosen by, one line
// for a person.
std::string apply_preset(Preset preset, const PresetInput& input, TrainingSettings& settings,
                         OptionTable& table);

// The values that depend on the number of passes, once the number of steps in a budget is known:
// the speed by which sizes are chosen is only an estimate.
void apply_preset_for_length(Preset preset, int64_t training_characters, const Sizes& settled,
                             TrainingSettings& settings, OptionTable& table);

// The part that must be known before the text is read: lower case, the validation part.
void apply_text_preset(Preset preset, TrainingSettings& settings, Seed& seed, OptionTable& table);

// What a preset that asks nothing of a text gives where nothing else is given: kNotebook, kCharRnn.
TrainingSettings preset_settings(Preset preset);

}  // namespace charrnn
