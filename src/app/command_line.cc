#include "app/command_line.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/error.h"
#include "engine/cpu/usable_isas.h"

namespace charrnn {
namespace {

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// Every spelling CLI11 shall know: -s,--seed,--seq-length,--seq_length.
std::string spellings(const Option& option) {
  std::string names = option.short_name.empty() ? "" : "-" + option.short_name + ",";
  for (const std::string& name : option.long_names) {
    names += "--" + name + ",";
    if (underscored(name) != name) names += "--" + underscored(name) + ",";
  }
  names.pop_back();
  return names;
}

bool names(const Option& option, std::string_view word) {
  if (!word.starts_with("--")) return false;
  std::string name(word.substr(2));
  std::replace(name.begin(), name.end(), '_', '-');
  return std::find(option.long_names.begin(), option.long_names.end(), name) !=
         option.long_names.end();
}

// Writes --serve as --serve=8080 where no number follows: what follows is an argument then.
void complete_values(std::vector<std::string>& words, const OptionTable& options) {
  for (size_t i = 0; i < words.size(); ++i) {
    const bool number_follows = i + 1 < words.size() && !words[i + 1].empty() &&
                                words[i + 1].find_first_not_of("0123456789") == std::string::npos;
    if (number_follows) continue;
    for (const Option& option : options.options()) {
      if (!option.alone.empty() && names(option, words[i])) words[i] += "=" + option.alone;
    }
  }
}

// The variable of --isa is a limit of the whole process, within which the option chooses.
void set_from_environment(const Option& option, const char* value, OptionTable& options) {
  if (option.name() == "isa") {
    cpu::limit_isas(value);
  } else {
    options.set(option.name(), value, OptionSource::kEnvironment);
  }
}

void read_environment(OptionTable& options) {
  for (const Option& option : options.options()) {
    std::string variable = "CHARRNN_" + underscored(option.name());
    std::transform(variable.begin(), variable.end(), variable.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr) continue;
    try {
      set_from_environment(option, value, options);
    } catch (const Error& error) {
      throw Error(error.kind(), error.code(),
                  fmt::format("environment variable {}: {}", variable, error.what()), error.hint());
    }
  }
}

[[noreturn]] void refuse_unknown(const std::string& word, const OptionTable& options) {
  const std::string name = word.substr(0, word.find('='));
  const std::string near =
      options.nearest(name.substr(std::min(name.find_first_not_of('-'), name.size())));
  throw Error(ErrorKind::kUsage, "unknown_option", fmt::format("unknown option {}", name),
              near.empty() ? "--help lists the options there are"
                           : fmt::format("did you mean --{}?", near));
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& words, OptionTable& options) {
  // CLI11 splits the words; values reach the table as text and are read by its own strict parsers.
  CLI::App parser;
  CommandLine line;
  parser.set_help_flag();
  parser.add_flag("-h,--help", line.help);
  parser.allow_extras();
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, CLI::Option*> flags;
  for (const Option& option : options.options()) {
    if (option.is_flag()) {
      flags[option.name()] = parser.add_flag(spellings(option));
    } else {
      parser.add_option(spellings(option), values[option.name()])
          ->type_size(1)
          ->allow_extra_args(false);
    }
  }
  parser.add_option("arguments", line.arguments);
  std::vector<std::string> after;  // everything behind "--" is an argument
  try {
    const auto end_of_options = std::find(words.begin(), words.end(), "--");
    std::vector<std::string> reversed(words.begin(), end_of_options);
    complete_values(reversed, options);
    std::reverse(reversed.begin(), reversed.end());
    if (end_of_options != words.end()) after.assign(end_of_options + 1, words.end());
    parser.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::kUsage, "usage", error.what(), "--help shows how it is used");
  }
  for (const std::string& word : parser.remaining()) {
    if (word.size() > 1 && word[0] == '-') refuse_unknown(word, options);
    line.arguments.push_back(word);
  }
  line.arguments.insert(line.arguments.end(), after.begin(), after.end());
  if (line.help) return line;
  read_environment(options);
  for (const Option& option : options.options()) {
    const std::string name = option.name();
    if (option.is_flag()) {
      if (flags[name]->count() == 0) continue;
      const std::string value = flags[name]->results().back();
      options.set(name, value, OptionSource::kCommandLine);
      continue;
    }
    const std::vector<std::string>& given = values[name];
    if (given.size() > 1 && !option.repeatable) {
      throw Error(ErrorKind::kUsage, "option_twice", fmt::format("--{} is given twice", name),
                  "keep one of them");
    }
    for (const std::string& value : given) {
      options.set(name, value, OptionSource::kCommandLine);
    }
  }
  return line;
}

}  // namespace charrnn
