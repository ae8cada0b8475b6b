// The facts of a checkpoint that are not arrays, as JSON in the metadata of its file.
#pragma once

#include <string>

#include "train/checkpoint/checkpoint.h"

namespace charrnn {

// Readers throw JsonError, or the JSON library's own errors, where the text is not what a writer
// wrote.
std::string progress_text(const TrainingProgress& progress, const RecentSteps& recent);
TrainingProgress read_progress(const std::string& text);
RecentSteps read_recent(const std::string& text);

std::string config_json(const ModelConfig& config);
ModelConfig read_config(const std::string& text);

std::string settings_json(const SettingValues& settings);
SettingValues read_settings(const std::string& text);

}  // namespace charrnn
