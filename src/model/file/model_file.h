// One safetensors file holds a model: weights, vocabulary, configuration. PyTorch loads its tensors
// into the notebook's own class unchanged; a file of the same names written by any program is a
// model. docs/model-file.md has the bytes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/files/file_system.h"
#include "model/parameters.h"
#include "text/characters/vocabulary.h"
#include "text/corpus/documents.h"

namespace charrnn {

struct Model {
  Parameters weights;
  Vocabulary vocabulary;
  // The rest of the metadata, as text: results of the training ("validation_loss", "steps", …).
  std::map<std::string, std::string> facts;
  // Notes for the user about the file: tensors that were not used, …
  std::vector<std::string> notes;

  const ModelConfig& config() const { return weights.config(); }
  // The kind of documents it was trained on, from its facts.
  DocumentKind documents() const;
  // For kLines the id of the line feed, before which the state is reset; else -1.
  int32_t border() const;
};

struct ModelReadOptions {
  bool check_values = true;  // NaN and Inf are refused
  std::string vocabulary;    // the path of a file (vocabulary_file.h) where the model's lacks one
};

// path: a model file, or a run folder (then its model.safetensors). Everything is checked before
// any allocation that the file's size does not bound. Files of PyTorch with `encoder.weight` or
// `decoder.*` for `embedding.weight` and `fc.*` are models too; float16, bfloat16 and float64 are
// converted. Throws Error (kModel, kIo).
Model read_model(const std::string& path, const ModelReadOptions& options = {});

// The same for a whole file in memory; path is for messages.
Model parse_model(std::string content, const std::string& path,
                  const ModelReadOptions& options = {});

// Replaces atomically and durably. Throws Error (kIo).
void write_model(const std::string& path, const Model& model,
                 FileSystem& files = real_file_system());

// The path of the file that `read_model(path)` would read.
std::string model_path(const std::string& path);

}  // namespace charrnn
