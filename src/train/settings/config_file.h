// Settings as a TOML file: what --config reads and what a run keeps as config.toml. The keys are
// the options' long names, dashes or underscores; a repeatable option takes a list.
#pragma once

#include <string>
#include <string_view>

#include "base/option.h"
#include "train/settings/setting_values.h"

namespace charrnn {

// The first words of a run's config.toml, which names every option that there was.
constexpr std::string_view kRunHeading = "# A run of charrnn";

// Sets the options named in the file (OptionSource::kFile). Throws Error (kUsage) with FILE:LINE
// for what is not TOML, unknown keys and values that the option refuses.
void read_config_file(const std::string& path, OptionTable& options);
void read_config_text(std::string_view text, const std::string& path, OptionTable& options);

// The values of all options that belong to a run's settings.
SettingValues setting_values(const OptionTable& options);

// What was saved of an option, under any of its names; nullptr where it was not.
const std::vector<std::string>* saved_values(const SettingValues& saved, const Option& option);

// Adds what a run does by options that were not there when it was saved.
void add_earlier_values(SettingValues& saved);

// Sets options from a checkpoint (OptionSource::kFile). A name that is no setting of a run, or a
// value that the option refuses, is an Error (kModel).
void apply_settings(const SettingValues& values, OptionTable& options);

// heading: comment lines at the top.
std::string config_text(const OptionTable& options, std::string_view heading);

}  // namespace charrnn
