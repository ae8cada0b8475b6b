// The content of a model file: read once, shown as a page or as JSON (app/inspect/model_page.h).
#pragma once

#include <string>
#include <vector>

#include "app/inspect/tensor_statistics.h"
#include "model/file/model_file.h"

namespace charrnn {

struct TensorReport {
  std::string name;   // as in the file
  std::string dtype;  // there
  std::vector<int64_t> shape;
  TensorStatistics statistics;
};

struct ModelReport {
  std::string path;  // of the file
  uint64_t bytes = 0;
  std::string charrnn_version;  // of the program that wrote it; empty: another program
  Model model;
  std::vector<TensorReport> tensors;
};

// Throws what read_model throws.
ModelReport make_model_report(const std::string& path, const ModelReadOptions& options);

}  // namespace charrnn
