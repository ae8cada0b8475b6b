#include "app/documents/documents.h"

#include <fmt/core.h>

#include "app/documents/completions.h"
#include "app/documents/declared_command.h"
#include "app/documents/man_page.h"
#include "base/error.h"

namespace charrnn {

std::string document(const std::vector<std::string>& words,
                     const std::vector<std::unique_ptr<Command>>& commands) {
  std::vector<std::unique_ptr<DeclaredCommand>> declared;
  for (const auto& command : commands) {
    declared.push_back(std::make_unique<DeclaredCommand>(*command));
  }
  if (words.size() == 1 && words[0] == "--man") return program_man_page(commands);
  if (words.size() == 2 && words[0] == "--man") {
    for (const auto& one : declared) {
      if (one->command().name() == words[1]) return command_man_page(*one);
    }
    throw Error(ErrorKind::kUsage, "unknown_command",
                fmt::format("help --man: there is no command '{}'", words[1]),
                "charrnn --help lists the commands there are");
  }
  if (words.size() == 2 && words[0] == "--completions") return completions(words[1], declared);
  throw Error(ErrorKind::kUsage, "arguments", "charrnn help: no such page",
              "charrnn help COMMAND, charrnn help --man [COMMAND], or charrnn help --completions "
              "bash|zsh|fish");
}

}  // namespace charrnn
