#include "library/guard.h"

#include <string>

#include "base/caught_error.h"
#include "text/corpus/corpus.h"

namespace charrnn::library {
namespace {

struct LastError {
  int status = CHARRNN_OK;
  std::string name, message, hint;
};

thread_local LastError last_error;

void keep(int status, std::string name, std::string message, std::string hint) {
  last_error = {status, std::move(name), std::move(message), std::move(hint)};
}

void keep_caught() {
  try {
    throw;
  } catch (const ReadingStopped&) {
    keep(CHARRNN_STOPPED, "stopped", "stopped before there was a result", "");
  } catch (...) {
    const Error error = caught_error("the call");
    keep(static_cast<int>(error.kind()), error.code(), error.what(), error.hint());
  }
}

}  // namespace

int keep_caught_error() noexcept {
  try {
    keep_caught();
  } catch (...) {
    // There is no memory for a message: none is needed for these.
    last_error.status = CHARRNN_LIMIT;
    last_error.name.clear();
    last_error.message = "out of memory";  // short enough to stand in the string itself
    last_error.hint.clear();
  }
  return last_error.status;
}

void need(const void* pointer, const char* what) {
  if (pointer != nullptr) return;
  throw Error(ErrorKind::kUsage, "null_argument", std::string("an argument is NULL: ") + what,
              "charrnn.h says what each function takes");
}

}  // namespace charrnn::library

charrnn_error charrnn_last_error() {
  const auto& error = charrnn::library::last_error;
  return {error.status, error.name.c_str(), error.message.c_str(), error.hint.c_str()};
}

const char* charrnn_version() { return CHARRNN_VERSION; }
