// The facts of a checkpoint that are not arrays, as JSON in the metadata of its file.
#pragma once

#include <string>

#include "train/checkpoint/checkpoint.h"

namespace charrnn {

// Readers throw JsonError, or the JSON library's own errors, where the text is not what a writer
// wrote.
//
// The numbers of the loop and of what it delegates to.
std::string progress_json(const CheckpointFacts& facts);
void read_progress(const std::string& text, CheckpointFacts& facts);

std::string config_json(const ModelConfig& config);
ModelConfig read_config(const std::string& text);

std::string settings_json(const SettingValues& settings);
SettingValues read_settings(const std::string& text);

}  // namespace charrnn
