// Which tensor of a file is which of a model's, whatever the class that wrote it calls its modules:
//
//   PREFIX.EMBEDDING.weight   PREFIX.RECURRENT.weight_ih_l0 …   PREFIX.OUTPUT.weight, .bias
//
// PREFIX: what all names begin with, such as `module.` or `_orig_mod.`. RECURRENT: the one module
// that has a weight_hh_l0. EMBEDDING and OUTPUT: the usual names (docs/model-file.md). A tensor
// that is stored under another one's name, as tied weights are, is named in the metadata:
// {"fc.weight": "embedding.weight"}, as safetensors' save_model writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/file/safetensors.h"

namespace charrnn {

class TensorNames {
 public:
  // Borrows the file. Throws Error (kModel) where two modules are recurrent.
  explicit TensorNames(const SafetensorsFile& file);

  // By PyTorch's name in the notebook, such as `rnn.bias_hh_l1`. nullptr where there is none; two
  // names of one tensor throw Error (kModel).
  const SafetensorsEntry* find(const std::string& name) const;

  // The recurrent module's name with a dot, and the prefix before it.
  const std::string& recurrent() const { return recurrent_; }
  // Which of the file's matrices may be the embedding or the output, for messages: "'a' [2, 3]", …
  std::vector<std::string> other_matrices() const;

 private:
  const SafetensorsEntry* stored(const std::string& name) const;

  const SafetensorsFile& file_;
  std::string prefix_;     // with its dot, or empty
  std::string recurrent_;  // "rnn." where the file has none
};

}  // namespace charrnn
