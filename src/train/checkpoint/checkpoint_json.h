// The facts of a checkpoint that are not arrays, as JSON in the metadata of its file.
#pragma once

#include <map>
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
// Whether input is one-hot, which shapes do not tell. Throws where the text says anything about the
// network that its shapes do not.
bool read_one_hot(const std::string& text, const ModelConfig& from_shapes);

std::string settings_json(const SettingValues& settings);
SettingValues read_settings(const std::string& text);

// The sum of the metadata of a checkpoint, as metadata_crc32 has it: data_crc32 covers the tensors
// alone. Throws std::out_of_range where a part is missing.
std::string metadata_crc32(const std::map<std::string, std::string>& metadata);

}  // namespace charrnn
