#include "model/file/safetensors_from_torch.h"

#include <cstdint>

#include "model/file/safetensors_header.h"
#include "model/torch/torch_file.h"

namespace charrnn {

std::string safetensors_from_torch(std::string_view content, const std::string& path) {
  SafetensorsHeader header;
  uint64_t end = 0;
  const std::vector<TorchTensor> tensors = read_torch_file(content, path);
  for (const TorchTensor& tensor : tensors) {
    const uint64_t begin = end;
    end += tensor.bytes();
    header.entries.push_back({tensor.name, tensor.dtype, tensor.shape, begin, end});
  }
  const std::string text = format_safetensors_header(header);
  const uint64_t length = text.size();
  std::string file;
  file.reserve(sizeof(length) + length + end);
  file.append(reinterpret_cast<const char*>(&length), sizeof(length)).append(text);
  for (const TorchTensor& tensor : tensors) tensor.append_values(file);
  return file;
}

}  // namespace charrnn
