// Reads any bytes as a file of torch.save, and as the pickle in one whose archive is in order. The
// result is a complete model or an Error (kModel).
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "model/file/model_file.h"
#include "model/testing/torch_archive.h"
#include "model/torch/torch_file.h"

namespace {

void read_file(const std::string& content) {
  using namespace charrnn;
  try {
    for (const TorchTensor& tensor : read_torch_file(content, "fuzz")) {
      std::string values;
      tensor.append_values(values);
      if (values.size() != tensor.bytes() || values.size() > 2 * content.size()) std::abort();
    }
    parse_model(content, "fuzz");  // lacks the vocabulary
    std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kModel) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  if (charrnn::is_zip(content)) {
    read_file(content);
  } else {
    // The seeds' tensors have at most 48 values.
    charrnn::ArchiveFiles files = {{"a/data.pkl", content}};
    for (int i = 0; i < 12; ++i)
      files.push_back({"a/data/" + std::to_string(i), std::string(48, 'x')});
    read_file(charrnn::stored_zip(files));
  }
  return 0;
}
