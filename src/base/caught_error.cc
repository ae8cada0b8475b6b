#include "base/caught_error.h"

#include <fmt/core.h>

#include <new>
#include <system_error>

namespace charrnn {
namespace {

// Threads and descriptors that the system does not give.
Error limit_error(const std::system_error& error) {
  const bool files = error.code() == std::errc::too_many_files_open ||
                     error.code() == std::errc::too_many_files_open_in_system;
  const bool threads = error.code() == std::errc::resource_unavailable_try_again;
  return {ErrorKind::kLimit, "system_limit",
          fmt::format("the system refuses {}: {}",
                      files     ? "another open file"
                      : threads ? "another thread"
                                : "what is needed",
                      error.code().message()),
          files     ? "a higher limit of open files (ulimit -n) allows it"
          : threads ? "a higher limit of processes and threads (ulimit -u), or fewer --threads, "
                      "allows it"
                    : "see what the system's log says"};
}

Error bug(std::string_view what, std::string_view what_was_done) {
  return {ErrorKind::kInternal, "internal", std::string(what),
          fmt::format("this is a bug in charrnn; please report it with {}", what_was_done)};
}

}  // namespace

Error caught_error(std::string_view what_was_done) {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorKind::kLimit, "out_of_memory", kOutOfMemory, kLessMemory};
  } catch (const std::system_error& error) {
    return limit_error(error);
  } catch (const std::exception& error) {
    return bug(error.what(), what_was_done);
  } catch (...) {
    return bug("an exception of an unknown type", what_was_done);
  }
}

}  // namespace charrnn
