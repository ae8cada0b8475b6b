#include "app/help.h"

#include <fmt/core.h>

#include <algorithm>

namespace charrnn {
namespace {

constexpr size_t kHelpColumn = 34;

// Words of `text` from column kHelpColumn on, broken before `width`.
std::string wrapped(std::string_view text, size_t width) {
  std::string result;
  size_t column = kHelpColumn;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (column + end >= width && column > kHelpColumn) {
      result += "\n" + std::string(kHelpColumn, ' ');
      column = kHelpColumn;
    }
    result += text.substr(0, end);
    column += end + 1;
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!text.empty()) result += ' ';
  }
  return result;
}

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
                     wrapped(help, static_cast<size_t>(std::min(terminal.width(), 100))));
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
                         const Terminal& terminal) {
  std::string help = fmt::format(
      "{} {}: character-level recurrent language models\n\n{}\n{}\n{}\n", terminal.bold("charrnn"),
      CHARRNN_VERSION, terminal.bold("Try"),
      indented("charrnn notebook                       # the notebook, end to end, in a second\n"
               "charrnn train book.txt --time 5m       # learn from any text\n"
               "charrnn sample runs/book -p \"Once \"     # write like it\n"
               "charrnn serve runs                     # look inside, in the browser"),
      terminal.bold("Commands"));
  for (const auto& command : commands) {
    help += fmt::format("  {}{}  {}\n", terminal.accent(command->name()),
                        std::string(10 - command->name().size(), ' '), command->summary());
  }
  return help + fmt::format("\n{}\n", terminal.dim("charrnn COMMAND --help says more."));
}

std::string command_help(const Command& command, const OptionTable& options,
                         const Terminal& terminal) {
  std::string help =
      fmt::format("{}\n\n{}\n  charrnn {}{}{} [options]\n\n{}\n{}", command.summary(),
                  terminal.bold("Usage"), command.name(), command.arguments().empty() ? "" : " ",
                  command.arguments(), terminal.bold("Examples"), indented(command.examples()));
  std::string group = "\n";  // no heading has this name
  for (const Option& option : options.options()) {
    if (option.group != group) {
      group = option.group;
      help += fmt::format("\n{}\n", terminal.bold(group.empty() ? "Options" : group));
    }
    help += option_line(option, terminal);
  }
  return help;
}

}  // namespace charrnn
