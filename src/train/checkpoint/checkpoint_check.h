// Whether what a checkpoint says of itself is one thing: its settings and progress against the
// network of its tensors, and the whole of it against the text it is to go on with. A file made by
// anybody passes through here before its arrays are used.
#pragma once

#include <string>

#include "text/batches.h"
#include "train/checkpoint/checkpoint.h"

namespace charrnn {

// streams: those of its carried state. Throws Error (kModel) with the path of the file.
void check_facts(const CheckpointFacts& facts, const ModelConfig& config, int64_t streams,
                 const std::string& path);

// Throws Error (kModel) where the checkpoint cannot go on with this network and these batches.
void check_resumable(const Checkpoint& checkpoint, const ModelConfig& config,
                     const Batches& batches);

[[noreturn]] void refuse_checkpoint(const std::string& why, const std::string& path);

}  // namespace charrnn
