// Any bytes as JSON: a value that is the same when written and read again, or a JsonError.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace charrnn;
  try {
    const JsonValue value = parse_json({reinterpret_cast<const char*>(data), size});
    if (parse_json(dump_json(value)) != value) std::abort();
  } catch (const JsonError&) {
  }
  return 0;
}
