// Reads any bytes as the pickle of a PyTorch file whose archive is whole. The result is a
// safetensors file or an Error (kModel).
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "model/file/safetensors.h"
#include "model/file/torch_file.h"
#include "model/testing/torch_file_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace charrnn;
  static const std::string kNumbers(4096, '\x3f');
  ZipWriter zip;
  zip.add("m/data.pkl", {reinterpret_cast<const char*>(data), size});
  for (int i = 0; i < 12; ++i) zip.add("m/data/" + std::to_string(i), kNumbers);
  try {
    const std::string content = zip.bytes();
    std::string file = safetensors_of_torch_file(content, "fuzz");
    if (file.size() > 3 * content.size() + 8192) std::abort();
    SafetensorsFile(std::move(file), "fuzz");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kModel) std::abort();
  }
  return 0;
}
