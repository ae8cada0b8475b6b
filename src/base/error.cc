#include "base/error.h"

#include <fmt/core.h>

namespace charrnn {

void check(bool promise, std::string_view what, const char* file, int line) {
  if (promise) return;
  std::string_view path = file;
  path.remove_prefix(path.rfind("src/") == std::string_view::npos ? 0 : path.rfind("src/"));
  throw Error(ErrorKind::kInternal, "internal",
              fmt::format("internal error: broken promise: {} ({}:{})", what, path, line),
              "this is a bug in charrnn; please report it with the command that led here");
}

}  // namespace charrnn
