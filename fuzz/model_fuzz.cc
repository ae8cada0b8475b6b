// Reads any bytes as a model file. The result is a complete model or an Error (kModel); a model
// that is written and read again is the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "model/file/model_metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace charrnn;
  try {
    const Model model = parse_model(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
    const auto metadata = make_metadata(model);
    if (!(read_vocabulary(metadata, model.config().vocabulary_size, "fuzz") == model.vocabulary) ||
        read_config(metadata, model.config(), "fuzz") != model.config() ||
        !std::ranges::all_of(model.weights.values(), [](float x) { return x - x == 0; })) {
      std::abort();
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kModel) std::abort();
  }
  return 0;
}
