#include "app/inspect/model_report.h"

#include "model/file/model_tensors.h"
#include "model/file/safetensors.h"

namespace charrnn {

ModelReport make_model_report(const std::string& path, const ModelReadOptions& options) {
  ModelReport report;
  report.path = model_path(path);
  report.model = read_model(report.path, options);
  const SafetensorsFile file = SafetensorsFile::read(report.path);
  report.bytes = file.bytes();
  const auto version = file.metadata().find("charrnn_version");
  if (version != file.metadata().end()) report.charrnn_version = version->second;
  const ModelTensors tensors = find_model_tensors(file);
  for (size_t i = 0; i < tensors.entries.size(); ++i) {
    if (tensors.entries[i] == nullptr) continue;
    const SafetensorsEntry& entry = *tensors.entries[i];
    report.tensors.push_back({entry.name, std::string(dtype_traits(entry.dtype).name), entry.shape,
                              tensor_statistics(report.model.weights.tensor(static_cast<int>(i)))});
  }
  return report;
}

}  // namespace charrnn
