// PyTorch's own files, `torch.save(model.state_dict(), "model.pt")`: a ZIP archive with a pickle
// that names the tensors, and their numbers as they are. Read without running anything.
// Format: torch/serialization.py of PyTorch 1.6 and newer.
#pragma once

#include <string>
#include <string_view>

namespace charrnn {

// By its first bytes: a ZIP archive.
bool may_be_torch_file(std::string_view content);

// The tensors of the file's one dict that has a recurrent layer's, as a safetensors file. One that
// is stored under another's name as well is named in the metadata, as TensorNames reads it; dtypes
// that a model file does not have are left out. The result is not larger than the content by more
// than the header. path is for messages. Throws Error (kModel).
std::string safetensors_of_torch_file(std::string_view content, const std::string& path);

}  // namespace charrnn
