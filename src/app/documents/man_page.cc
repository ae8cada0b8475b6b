#include "app/documents/man_page.h"

#include <fmt/core.h>

#include <cctype>

namespace charrnn {
namespace {

// Text as it stands: minus signs that can be pasted, no line that is taken for a request.
std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool begins_line = result.empty() || result.back() == '\n';
    if (begins_line && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

std::string head(const std::string& name, std::string_view summary) {
  return fmt::format(
      ".TH {} 1 \"\" \"charrnn {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
      roff(upper(name)), CHARRNN_VERSION, roff(name), roff(summary));
}

// Lines as they are, in a font of fixed width.
std::string example(std::string_view lines) {
  return fmt::format(".PP\n.EX\n{}\n.EE\n", roff(lines));
}

std::string option_entry(const Option& option) {
  std::string names = option.short_name.empty() ? "" : bold("-" + option.short_name) + ", ";
  names += bold("--" + option.name());
  if (!option.is_flag()) names += " " + italic(option.value_name);
  std::string help = option.help;
  if (!option.is_flag() && !option.show().empty()) help += fmt::format(" [{}]", option.show());
  return fmt::format(".TP\n{}\n{}\n", names, roff(help));
}

std::string exit_codes() {
  constexpr std::pair<int, std::string_view> kCodes[] = {
      {0, "done"},
      {1, "a fault of the program itself"},
      {2, "an option or an argument is wrong"},
      {3, "a text is not what is needed"},
      {4, "a model, a checkpoint or a run is not what is needed"},
      {5, "a file cannot be read or written"},
      {6, "training diverged; the last good model is kept"},
      {7, "out of memory, or over a limit"},
      {8, "the server cannot start"},
      {130, "interrupted (Ctrl-C)"},
      {143, "ended by SIGTERM"}};
  std::string text = ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : kCodes) {
    text += fmt::format(".TP\n.B {}\n{}\n", code, roff(meaning));
  }
  return text;
}

}  // namespace

std::string program_man_page(const std::vector<std::unique_ptr<Command>>& commands) {
  std::string page = head("charrnn", "character-level recurrent language models");
  page += fmt::format(".B charrnn\n{} [{}]\n", italic("COMMAND"), italic("options"));
  page +=
      ".SH DESCRIPTION\nTrains recurrent networks (RNN, LSTM, GRU) on any text, lets them write, "
      "measures them, serves them over HTTP, and shows what they remember.\n.SH COMMANDS\n";
  for (const auto& command : commands) {
    page += fmt::format(".TP\n.B {}\n{}; see\n.BR charrnn\\-{} (1)\n", command->name(),
                        roff(command->summary()), command->name());
  }
  page +=
      ".SH OPTIONS\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nshow the commands, or a command's "
      "options\n.TP\n.B \\-\\-version\nshow the version\n";
  page +=
      ".SH ENVIRONMENT\n.TP\n.BI CHARRNN_ OPTION\nthe value of an option that is not given, as "
      "in CHARRNN_THREADS\n.TP\n.B NO_COLOR\nif set, no colours\n";
  return page + exit_codes();
}

std::string command_man_page(const DeclaredCommand& declared) {
  const Command& command = declared.command();
  std::string page = head(fmt::format("charrnn-{}", command.name()), command.summary());
  page += fmt::format("{} {} [{}]\n", bold(fmt::format("charrnn {}", command.name())),
                      italic(command.arguments()), italic("options"));
  page += ".SH EXAMPLES\n" + example(command.examples());
  page += ".SH OPTIONS\n";
  if (!declared.note().empty()) page += roff(declared.note()) + "\n";
  std::string group;
  for (const Option* option : declared.options()) {
    if (option->group != group) {
      group = option->group;
      page += fmt::format(".SS {}\n", roff(group));
    }
    page += option_entry(*option);
  }
  page += ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nshow the options\n";
  return page + exit_codes() + ".SH SEE ALSO\n.BR charrnn (1)\n";
}

}  // namespace charrnn
