// What to do with a file of PyTorch that is not read.
#pragma once

#include <string_view>

namespace charrnn {

// FILE: the file; chars: the characters in the order of their ids.
inline constexpr std::string_view kTorchHint =
    "convert it in Python, if you trust its source: import json, torch; from safetensors.torch "
    "import save_file; saved = torch.load(FILE, map_location='cpu', weights_only=False); "
    "save_file(saved if isinstance(saved, dict) else saved.state_dict(), 'model.safetensors', "
    "metadata={'vocabulary': json.dumps(chars)}); docs/model-file.md has the names";

}  // namespace charrnn
