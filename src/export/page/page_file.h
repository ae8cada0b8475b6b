// A model as one page for a browser, which runs it: no server, no other file, nothing from the
// network. web/export holds what the page does.
//
// The model's metadata stand in it under the keys of docs/model-file.md, and each tensor as base64:
//
//   <script type="text/plain" data-tensor="fc.weight" data-precision="int8"
//   data-scales="…">…</script>
#pragma once

#include <string>

#include "base/files/file.h"
#include "export/weight_type.h"
#include "model/file/model_file.h"

namespace charrnn {

struct PageWords {
  std::string title;    // UTF-8
  std::string credits;  // whose text it is, …; may be empty
};

// Borrows the model until it is written. Throws Error (kLimit) where a tensor is longer than a text
// may be in a browser.
FileContent page_content(const Model& model, WeightType type, const PageWords& words);

}  // namespace charrnn
