// The tensors in a file of torch.save (.pt, .pth): a ZIP archive of a pickle, which says what there
// is, and of the tensors' storages. Of what such files may hold, these are read: a state dict, and
// a dict one of whose values is a state dict, as training scripts write checkpoints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/dtype.h"

namespace charrnn {

struct TorchTensor {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // in elements of the storage
  int64_t offset = 0;
  std::string_view storage;  // little-endian

  uint64_t bytes() const;  // of its values
  // Appends the values, row-major.
  void append_values(std::string& out) const;
};

// Whether the content begins as a ZIP archive does.
bool is_zip(std::string_view content);

// The tensors in the order of their names. They borrow the content, a whole file; path is for
// messages. All together they have at most twice the content's bytes, which lets one matrix be
// both embedding and output. Throws Error (kModel).
std::vector<TorchTensor> read_torch_file(std::string_view content, const std::string& path);

}  // namespace charrnn
