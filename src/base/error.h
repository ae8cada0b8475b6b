// The two kinds of failure: errors caused outside the program (Error, caught in main and in the
// server) and bugs (check).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace charrnn {

// The numbers are the program's exit codes.
enum class ErrorKind {
  kInternal = 1,  // a bug
  kUsage = 2,     // flags or configuration
  kData = 3,      // bad input data
  kModel = 4,     // bad or incompatible model or checkpoint
  kIo = 5,        // disk full, permission, device
  kDiverged = 6,  // training diverged; the last good model is kept
  kLimit = 7,     // out of memory, or over a limit
  kServer = 8,    // the server can't start
};

// A failure caused outside the program. Printed as two lines:
//   charrnn: error: MESSAGE        WHAT: WHY (WHERE)
//   HINT                           what to do
class Error : public std::runtime_error {
 public:
  // code: a stable snake_case name for programs, such as "corpus_empty".
  Error(ErrorKind kind, std::string code, const std::string& message, std::string hint)
      : std::runtime_error(message), kind_(kind), code_(std::move(code)), hint_(std::move(hint)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& code() const { return code_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorKind kind_;
  std::string code_;
  std::string hint_;
};

// Throws Error (kInternal) if an invariant is broken; never for bad input.
void check(bool promise, std::string_view what, const char* file = __builtin_FILE(),
           int line = __builtin_LINE());

}  // namespace charrnn
