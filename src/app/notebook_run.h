// The network that `charrnn notebook --out` keeps: a model file, or a run with the files of any
// other.
#pragma once

#include <string>

#include "notebook/notebook.h"

namespace charrnn {

// Whether --out names a model file: NAME.safetensors.
bool is_model_file_name(const std::string& out);

// Throws Error (kUsage) where something stands in the way of a new run there. Nothing is written.
void check_new_notebook_run(const std::string& path);

// … of a new model file: only one that charrnn wrote is replaced.
void check_new_model_file(const std::string& path);

// Writes the run: model, metrics (a line for each epoch), the texts as samples, the text learned
// from, and settings with which `charrnn train` learns the same again. Throws Error.
void write_notebook_run(const std::string& path, const Notebook& notebook);

}  // namespace charrnn
