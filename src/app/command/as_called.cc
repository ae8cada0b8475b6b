#include "app/command/as_called.h"

#include <algorithm>

#include "app/command/command.h"

namespace charrnn {
namespace {

bool begins_command(std::string_view rest) {
  const size_t end = std::min(rest.find_first_of(" \n'\"),;:.?"), rest.size());
  const std::string_view word = rest.substr(0, end);
  if (word == "--help" || word == "help" || word == "COMMAND") return true;
  const auto commands = make_commands();
  return std::any_of(commands.begin(), commands.end(),
                     [word](const auto& command) { return command->name() == word; });
}

}  // namespace

std::string as_called(std::string_view text, std::string_view program) {
  constexpr std::string_view kName = "charrnn ";
  constexpr std::string_view kBefore = " \n'\"(";  // what a command may stand after
  std::string result;
  while (!text.empty()) {
    const size_t place = text.find(kName);
    if (place == text.npos) break;
    const bool stands_alone = place == 0 || kBefore.find(text[place - 1]) != kBefore.npos;
    result += text.substr(0, place);
    text.remove_prefix(place + kName.size());
    result += stands_alone && begins_command(text) ? program : kName.substr(0, kName.size() - 1);
    result += ' ';
  }
  return result.append(text);
}

}  // namespace charrnn
