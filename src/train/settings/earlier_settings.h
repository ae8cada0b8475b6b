// What settings were before they were changed on resuming. A run keeps the last values as its
// settings and the earlier ones in this list, so that a run from its config.toml repeats the
// changes. Changes of length are kept by the schedule (train/control/schedule.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/settings/settings.h"

namespace charrnn {

struct EarlierSetting {
  int64_t until = 0;  // the value held before this step
  std::string name, value;
  bool operator==(const EarlierSetting&) const = default;
};

// Of texts such as "100:learning-rate=0.004". Throws Error (kUsage) where one is no such text,
// where no run changes the setting on its way, or where the setting refuses the value.
std::vector<EarlierSetting> read_earlier_settings(const std::vector<std::string>& texts);
std::vector<std::string> earlier_settings_text(const std::vector<EarlierSetting>& earlier);

// Whether the list keeps earlier values of the option: of all that a run may change on its way but
// its length and how its text, which stays the same, is read.
bool keeps_earlier_values(const Option& option, const TrainingSettings& settings);

// The value of the setting before step `until`, which changes there: this replaces what the list
// has of later steps.
void add_earlier(std::vector<EarlierSetting>& earlier, EarlierSetting change);

// The settings of the step, by their last values and the list among them.
TrainingSettings settings_at(int64_t step, const TrainingSettings& last);

// The first step after this one at which settings change; INT64_MAX where none do.
int64_t next_change(int64_t step, const std::vector<EarlierSetting>& earlier);

}  // namespace charrnn
