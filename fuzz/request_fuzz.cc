// Any bytes as HTTP requests, arriving in pieces whose sizes the first byte decides: requests
// within the limits or an ApiError of 4xx, 501 or 505, and the same whatever the pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "serve/http/api_error.h"
#include "serve/http/request_parser.h"

namespace charrnn {
namespace {

const HttpLimits kLimits = {.request_line = 256, .headers = 1024, .header_count = 16, .body = 512};

// What was read of one request, as text.
std::string outcome(std::string_view bytes, size_t piece) {
  RequestParser parser(kLimits);
  size_t given = 0, used = 0;
  try {
    while (parser.state() != RequestParser::State::kDone) {
      const size_t now = parser.read(bytes.substr(used, given - used));
      used += now;
      if (now > 0) continue;
      if (given == bytes.size()) return "more";
      given = std::min(given + piece, bytes.size());
    }
  } catch (const ApiError& error) {
    if (error.status < 400 || (error.status >= 500 && error.status != 501 && error.status != 505))
      std::abort();
    return "refused";
  }
  const Request& request = parser.request();
  if (request.body.size() > static_cast<size_t>(kLimits.body)) std::abort();
  return request.method + " " + request.body;
}

}  // namespace
}  // namespace charrnn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace charrnn;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = outcome(bytes, bytes.size());
  const std::string pieces = outcome(bytes, 1 + data[0] % 16);
  // In pieces a fault in the first line is found when the head has ended.
  if (whole != pieces && !(whole == "refused" && pieces == "more")) std::abort();
  return 0;
}
