// For tests: model files as other programs may write them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "model/parameters.h"
#include "model/testing/raw_safetensors.h"

namespace charrnn {

inline constexpr ModelConfig kSmall = {CellKind::kGru, 2, 5, 3, 4, false};

// A model file as another program may write it: named float32 tensors and any metadata.
struct ForeignFile {
  std::map<std::string, std::vector<int64_t>> shapes;
  std::map<std::string, std::string> metadata = {{"vocabulary", R"(["a","b","c","d"])"}};
  float fill = 0.25f;
  std::map<std::string, float> fills;  // of tensors that have another one

  ForeignFile() {
    for (const TensorInfo& info : parameter_layout(kSmall)) shapes[info.name] = info.shape;
  }

  std::string bytes() const {
    JsonValue header = JsonValue::object();
    header["__metadata__"] = metadata;
    std::string data;
    for (const auto& [name, shape] : shapes) {
      const size_t begin = data.size();
      const auto own = fills.find(name);
      const float value = own == fills.end() ? fill : own->second;
      int64_t size = 1;
      for (const int64_t extent : shape) size *= extent;
      for (int64_t i = 0; i < size; ++i) {
        data.append(reinterpret_cast<const char*>(&value), sizeof(value));
      }
      header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data.size()}}};
    }
    return raw_safetensors(dump_json(JsonOutput(header)), data);
  }
};

}  // namespace charrnn
