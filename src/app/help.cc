#include "app/help.h"

#include <fmt/core.h>

#include <algorithm>

#include "app/command/as_called.h"
#include "app/terminal/word_wrap.h"

namespace charrnn {
namespace {

constexpr size_t kHelpColumn = 34;

std::string option_line(const Option& option, const Terminal& terminal) {
  std::string names = option.short_name.empty() ? "    " : fmt::format("-{}, ", option.short_name);
  names += "--" + option.name();
  const std::string value = option.is_flag() ? "" : " " + option.value_name;
  const size_t length = 2 + names.size() + value.size();
  std::string help = option.help;
  if (!option.is_flag() && !option.show().empty()) help += fmt::format(" [{}]", option.show());
  const std::string gap = length + 1 < kHelpColumn ? std::string(kHelpColumn - length, ' ')
                                                   : "\n" + std::string(kHelpColumn, ' ');
  return fmt::format("  {}{}{}{}\n", terminal.accent(names), terminal.dim(value), gap,
                     wrap_words(help, std::min(terminal.width(), 100), kHelpColumn));
}

Option help_option() {
  Option option;
  option.long_names = {"help"};
  option.short_name = "h";
  option.help = "show this";
  return option;
}

std::string indented(std::string_view lines) {
  std::string result;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    result += fmt::format("  {}\n", lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return result;
}

}  // namespace

std::string program_help(const std::vector<std::unique_ptr<Command>>& commands,
                         const std::string& program, const Terminal& terminal) {
  std::string help = fmt::format(
      "{} {}: character-level recurrent language models\n\n{}\n{}\n{}\n", terminal.bold("charrnn"),
      CHARRNN_VERSION, terminal.bold("Try"),
      indented(as_called("charrnn notebook                       # the notebook, end to end, in a "
                         "second\n"
                         "charrnn train book.txt --time 5m       # learn from any text\n"
                         "charrnn sample runs/book -p \"Once \"    # write like it\n"
                         "charrnn serve runs                     # look inside, in the browser",
                         program)),
      terminal.bold("Commands"));
  for (const auto& command : commands) {
    help += fmt::format("  {}{}  {}\n", terminal.accent(command->name()),
                        std::string(10 - command->name().size(), ' '), command->summary());
  }
  help += fmt::format("\n{}\n  -h, {}     show this\n      {}  show the version\n",
                      terminal.bold("Options"), terminal.accent("--help"),
                      terminal.accent("--version"));
  return help + fmt::format("\n{}\n", terminal.dim(program + " COMMAND --help says more."));
}

std::string command_help(const Command& command, const OptionTable& options,
                         const std::string& note, const std::string& program,
                         const Terminal& terminal) {
  std::string help = fmt::format(
      "{}\n\n{}\n  {} {}{}{} [options]\n\n{}\n{}", command.summary(), terminal.bold("Usage"),
      program, command.name(), command.arguments().empty() ? "" : " ", command.arguments(),
      terminal.bold("Examples"), indented(as_called(command.examples(), program)));
  std::string group = "\n";  // no heading has this name
  if (!note.empty()) {
    help += "\n" + wrap_words(note, std::min(terminal.width(), 100), 0) + "\n";
  }
  const std::vector<std::string_view> hidden = command.without_effect();
  for (const Option& option : options.options()) {
    if (std::find(hidden.begin(), hidden.end(), option.name()) != hidden.end()) continue;
    if (option.group != group) {
      group = option.group;
      help += fmt::format("\n{}\n", terminal.bold(group.empty() ? "Options" : group));
    }
    help += option_line(option, terminal);
  }
  help += option_line(help_option(), terminal);
  return help;
}

}  // namespace charrnn
