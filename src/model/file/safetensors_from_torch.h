// A file of torch.save as the safetensors file of the same tensors, so that what follows (names,
// shapes, element types) has one reader.
#pragma once

#include <string>
#include <string_view>

namespace charrnn {

// content: a whole file; path is for messages. Throws Error (kModel).
std::string safetensors_from_torch(std::string_view content, const std::string& path);

}  // namespace charrnn
