// Values for options that are not given.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/option.h"
#include "train/plan/sizes.h"

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
  SettledSizes settled;
};

struct PresetValues {
  std::vector<std::pair<std::string_view, std::string>> values;  // option, value
  std::string reason;                                            // one line for a person
};

PresetValues preset_values(Preset preset, const PresetInput& input);

// Values that depend on the number of passes, set again once the number of steps in a budget is
// known: the speed by which sizes are chosen is only an estimate.
PresetValues preset_values_for_length(Preset preset, int64_t training_characters,
                                      const SettledSizes& settled);

// The part that must be known before the text is read: lower case, the validation part.
PresetValues preset_text_values(Preset preset);

// Fills the options that still have their default.
void apply(const PresetValues& preset, OptionTable& options);

}  // namespace charrnn
