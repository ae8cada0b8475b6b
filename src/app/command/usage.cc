#include "app/command/usage.h"

#include <fmt/core.h>

namespace charrnn {

std::string usage_of(const Command& command) {
  return fmt::format("usage: charrnn {}{}{} [options]", command.name(),
                     command.arguments().empty() ? "" : " ", command.arguments());
}

Error missing_argument(const Command& command, std::string_view what) {
  return {ErrorKind::kUsage, "arguments", fmt::format("charrnn {} needs {}", command.name(), what),
          usage_of(command)};
}

}  // namespace charrnn
