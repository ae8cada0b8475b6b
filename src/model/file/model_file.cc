#include "model/file/model_file.h"

#include <fmt/core.h>

#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/files/file.h"
#include "model/file/foreign_format.h"
#include "model/file/model_metadata.h"
#include "model/file/model_tensors.h"
#include "model/file/safetensors.h"
#include "model/file/vocabulary_file.h"

namespace charrnn {
namespace {

constexpr std::string_view kModelName = "model.safetensors";

SafetensorsFile open_model(std::string content, const std::string& path) {
  if (const auto foreign = find_foreign_format(content, content.size())) {
    throw Error(ErrorKind::kModel, "foreign_format",
                fmt::format("not a safetensors file: {} ({})", foreign->what, path), foreign->hint);
  }
  return SafetensorsFile(std::move(content), path);
}

// Names the first tensor with values that are not finite.
void check_finite(const Parameters& weights, const std::string& path) {
  for (int i = 0; i < static_cast<int>(weights.layout().size()); ++i) {
    int64_t bad = 0;
    for (const float value : weights.tensor(i)) bad += std::isfinite(value) ? 0 : 1;
    if (bad == 0) continue;
    throw Error(ErrorKind::kModel, "not_finite",
                fmt::format("the model is not usable: {} of the {} values of '{}' are NaN or Inf "
                            "({})",
                            bad, weights.layout()[i].size(), weights.layout()[i].name, path),
                "its training diverged; take an earlier model. charrnn show --no-check-tensors "
                "looks at it all the same");
  }
}

void check_identity(const Parameters& weights, const std::string& path) {
  const int size = weights.config().vocabulary_size;
  for (int row = 0; row < size; ++row) {
    for (int column = 0; column < size; ++column) {
      if (weights.embedding()[static_cast<size_t>(row) * size + column] ==
          (row == column ? 1 : 0)) {
        continue;
      }
      throw_bad_model("bad_metadata",
                      "its input is one_hot, but embedding.weight is not the identity matrix", path,
                      "write input = embedding where the embedding was trained");
    }
  }
}

// With the vocabulary that is given for a file that has none.
Metadata metadata_of(const SafetensorsFile& file, const ModelReadOptions& options) {
  Metadata metadata = file.metadata();
  if (options.vocabulary.empty()) return metadata;
  if (metadata.count("vocabulary") > 0) {
    throw Error(ErrorKind::kUsage, "two_vocabularies",
                fmt::format("the model has a vocabulary of its own ({})", file.path()),
                "leave --vocabulary out");
  }
  metadata["vocabulary"] = read_vocabulary_file(options.vocabulary);
  return metadata;
}

}  // namespace

std::string model_path(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return path;
  std::filesystem::path inside = std::filesystem::path(path) / kModelName;
  if (std::filesystem::exists(inside, error)) return inside.string();
  throw Error(ErrorKind::kModel, "no_model",
              fmt::format("no model in the folder: it has no {} ({})", kModelName, path),
              "name a model file or the folder of a run whose training has saved a model");
}

Model read_model(const std::string& path, const ModelReadOptions& options) {
  const std::string file = model_path(path);
  return parse_model(read_file(file), file, options);
}

Model parse_model(std::string content, const std::string& path, const ModelReadOptions& options) {
  const SafetensorsFile file = open_model(std::move(content), path);
  if (file.metadata().count("charrnn_checkpoint") > 0) {
    throw Error(ErrorKind::kModel, "is_checkpoint",
                fmt::format("not a model but a checkpoint of its training ({})", path),
                "name the run's folder, or the model.safetensors beside it");
  }
  ModelTensors tensors = find_model_tensors(file);
  const Metadata metadata = metadata_of(file, options);
  const ModelConfig config = read_config(metadata, tensors.config, file.path());
  Model model;
  model.vocabulary = read_vocabulary(metadata, config.vocabulary_size, file.path());
  model.facts = read_facts(metadata);
  model.notes = std::move(tensors.notes);
  model.weights = Parameters(config);
  for (size_t i = 0; i < tensors.entries.size(); ++i) {
    if (tensors.entries[i] == nullptr) continue;  // zeros
    file.read_floats(*tensors.entries[i], model.weights.tensor(static_cast<int>(i)));
  }
  if (options.check_values) check_finite(model.weights, file.path());
  if (config.one_hot) check_identity(model.weights, file.path());
  return model;
}

void write_model(const std::string& path, const Model& model, FileSystem& files) {
  check(model.vocabulary.size() == model.config().vocabulary_size,
        "a model's vocabulary has the size that its weights are for");
  std::vector<TensorView> tensors;
  const auto& layout = model.weights.layout();
  for (size_t i = 0; i < layout.size(); ++i) {
    tensors.emplace_back(layout[i].name, layout[i].shape,
                         model.weights.tensor(static_cast<int>(i)));
  }
  write_safetensors(path, std::move(tensors), make_metadata(model), files);
}

DocumentKind Model::documents() const {
  const auto fact = facts.find("documents");
  if (fact == facts.end()) return DocumentKind::kNone;
  return fact->second == "lines"   ? DocumentKind::kLines
         : fact->second == "files" ? DocumentKind::kFiles
                                   : DocumentKind::kNone;
}

int32_t Model::border() const {
  return documents() == DocumentKind::kLines ? vocabulary.find(U'\n').value_or(-1) : -1;
}

}  // namespace charrnn
