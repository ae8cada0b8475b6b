#include "app/documents/completions.h"

#include <fmt/core.h>

#include "base/error.h"

namespace charrnn {
namespace {

using Commands = std::span<const std::unique_ptr<DeclaredCommand>>;

// The values to choose from, separated by spaces; empty where there is no such list.
std::string choices(const Option& option) {
  if (option.value_name.find('|') == std::string::npos) return {};
  std::string words = option.value_name;
  for (char& c : words) {
    if (c == '|') c = ' ';
  }
  return words;
}

bool takes_a_file(const Option& option) {
  const std::string_view value = option.value_name;
  return value.starts_with("FILE") || value == "PATH" || value == "FOLDER" || value == "MODEL" ||
         value == "RUN" || value == "DIR";
}

// A word in single quotes, as `quote` inside of them is written in this shell.
std::string single_quoted(std::string_view text, std::string_view quote) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += quote;
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string command_names(Commands commands) {
  std::string names;
  for (const auto& declared : commands) {
    names += std::string(declared->command().name()) + " ";
  }
  return names + "help";
}

std::string option_words(const DeclaredCommand& declared) {
  std::string words = "-h --help";
  for (const Option* option : declared.options()) {
    words += " --" + option->name();
    if (!option->short_name.empty()) words += " -" + option->short_name;
  }
  return words;
}

// Patterns of a case in bash: "train --cell"|"train -c".
std::string bash_pattern(const DeclaredCommand& declared, const Option& option) {
  const std::string_view name = declared.command().name();
  std::string pattern = fmt::format("'{} --{}'", name, option.name());
  if (!option.short_name.empty()) pattern += fmt::format("|'{} -{}'", name, option.short_name);
  return pattern;
}

std::string bash(Commands commands) {
  std::string script = fmt::format(R"(_charrnn() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W '{} --help --version' -- "$word"))
    return
  fi
  case "${{COMP_WORDS[1]}} $before" in
)",
                                   command_names(commands));
  for (const auto& declared : commands) {
    for (const Option* option : declared->options()) {
      if (option->is_flag() || takes_a_file(*option)) continue;
      script += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                            bash_pattern(*declared, *option), choices(*option));
    }
  }
  script += "  esac\n  case \"${COMP_WORDS[1]}\" in\n";
  for (const auto& declared : commands) {
    script +=
        fmt::format("    {}) words='{}' ;;\n", declared->command().name(), option_words(*declared));
  }
  script += fmt::format("    help) words='{}' ;;\n", command_names(commands));
  return script + R"(  esac
  case "$word:${COMP_WORDS[1]}" in
    -*|*:help) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")); compopt -o filenames 2>/dev/null ;;
  esac
}
complete -F _charrnn charrnn
)";
}

// What stands in the brackets of an argument of _arguments.
std::string zsh_help(std::string_view help) {
  std::string result;
  for (const char c : help) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_option(const Option& option, const std::string& word) {
  std::string text =
      fmt::format("{}{}[{}]", option.repeatable ? "*" : "", word, zsh_help(option.help));
  if (option.is_flag()) return text;
  const std::string words = choices(option);
  text += ":" + zsh_help(words.empty() ? option.value_name : "value") + ":";
  if (!words.empty()) text += "(" + words + ")";
  if (takes_a_file(option)) text += "_files";
  return text;
}

std::string zsh(Commands commands) {
  constexpr std::string_view kQuote = "'\\''";
  std::string script = "#compdef charrnn\n_charrnn() {\n  local -a commands=(\n";
  for (const auto& declared : commands) {
    script +=
        fmt::format("    {}\n", single_quoted(fmt::format("{}:{}", declared->command().name(),
                                                          zsh_help(declared->command().summary())),
                                              kQuote));
  }
  script +=
      "    'help:show the options of a command'\n  )\n"
      "  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in\n"
      "    help) _describe command commands ;;\n";
  for (const auto& declared : commands) {
    script += fmt::format("    {}) _arguments -s", declared->command().name());
    for (const Option* option : declared->options()) {
      script += " \\\n      " + single_quoted(zsh_option(*option, "--" + option->name()), kQuote);
      if (!option->short_name.empty()) {
        script +=
            " \\\n      " + single_quoted(zsh_option(*option, "-" + option->short_name), kQuote);
      }
    }
    script += " \\\n      '(-h --help)'{-h,--help}'[show the options]' '*:file:_files' ;;\n";
  }
  return script + "  esac\n}\n_charrnn \"$@\"\n";
}

std::string fish(Commands commands) {
  constexpr std::string_view kQuote = "\\'";
  std::string script = "# Completions of charrnn.\n";
  for (const auto& declared : commands) {
    const Command& command = declared->command();
    script += fmt::format("complete -c charrnn -f -n __fish_use_subcommand -a {} -d {}\n",
                          command.name(), single_quoted(command.summary(), kQuote));
  }
  for (const auto& declared : commands) {
    const std::string_view name = declared->command().name();
    for (const Option* option : declared->options()) {
      script += fmt::format("complete -c charrnn -n '__fish_seen_subcommand_from {}' -l {}", name,
                            option->name());
      if (!option->short_name.empty()) script += " -s " + option->short_name;
      const std::string words = choices(*option);
      if (!option->is_flag()) script += takes_a_file(*option) ? " -r" : " -x";
      if (!words.empty()) script += " -a " + single_quoted(words, kQuote);
      script += " -d " + single_quoted(option->help, kQuote) + "\n";
    }
  }
  return script;
}

}  // namespace

std::string completions(std::string_view shell, Commands commands) {
  if (shell == "bash") return bash(commands);
  if (shell == "zsh") return zsh(commands);
  if (shell == "fish") return fish(commands);
  throw Error(ErrorKind::kUsage, "unknown_shell",
              fmt::format("no completions for the shell '{}'", shell),
              "charrnn help --completions takes bash, zsh or fish");
}

}  // namespace charrnn
