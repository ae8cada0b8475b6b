// For tests: checkpoints as somebody would change them, with their checksums right.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/faulty_file_system.h"
#include "model/file/safetensors.h"
#include "train/checkpoint/checkpoint_json.h"

namespace charrnn {

struct CheckpointTensor {
  Dtype dtype;
  std::vector<int64_t> shape;
  std::string bytes;
};

// A checkpoint taken apart, to be changed and put together again.
struct CheckpointParts {
  explicit CheckpointParts(const std::string& path) {
    const SafetensorsFile file = SafetensorsFile::read(path);
    metadata = file.metadata();
    for (const SafetensorsEntry& entry : file.entries()) {
      tensors[entry.name] = {entry.dtype, entry.shape, std::string(file.data(entry))};
    }
  }

  void set(const std::string& setting, const std::string& value) {
    SettingValues settings = read_settings(metadata.at("settings"));
    settings[setting] = {value};
    metadata["settings"] = settings_json(settings);
  }

  // The data fits whatever the shape has become.
  void reshape(const std::string& name, std::vector<int64_t> shape) {
    CheckpointTensor& tensor = tensors.at(name);
    size_t size = static_cast<size_t>(dtype_traits(tensor.dtype).bytes);
    for (const int64_t extent : shape) size *= static_cast<size_t>(extent);
    tensor.shape = std::move(shape);
    tensor.bytes.resize(size, '\0');
  }

  void write(const std::string& path) const {
    std::vector<TensorView> views;
    for (const auto& [name, tensor] : tensors) {
      TensorView view(name, tensor.shape, std::span<const float>());
      view.dtype = tensor.dtype;
      view.data = [&bytes = tensor.bytes] { return std::string_view(bytes); };
      views.push_back(std::move(view));
    }
    std::map<std::string, std::string> summed = metadata;
    try {
      summed["metadata_crc32"] = metadata_crc32(summed);
    } catch (const std::out_of_range&) {  // a part is left out
    }
    FaultyFileSystem files(real_file_system(), 0, 0, false);  // no call fails
    files.leave_out_syncs();
    write_safetensors(path, std::move(views), std::move(summed), files);
  }

  std::map<std::string, std::string> metadata;
  std::map<std::string, CheckpointTensor> tensors;
};

}  // namespace charrnn
