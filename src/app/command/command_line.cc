#include "app/command/command_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "app/command/foreign_option.h"
#include "base/error.h"
#include "engine/cpu/isa/usable_isas.h"

namespace charrnn {
namespace {

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool names(const Option& option, std::string_view word) {
  if (!word.starts_with("--")) return false;
  std::string name(word.substr(2));
  std::replace(name.begin(), name.end(), '_', '-');
  return std::find(option.long_names.begin(), option.long_names.end(), name) !=
         option.long_names.end();
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
  const std::string bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
  if (const auto foreign = foreign_option(bare)) {
    throw Error(ErrorKind::kUsage, "foreign_option",
                fmt::format("{} is an option of {}, not of this command", name, foreign->program),
                std::string(foreign->instead));
  }
  const std::string near = options.nearest(bare);
  throw Error(ErrorKind::kUsage, "unknown_option", fmt::format("unknown option {}", name),
              near.empty() ? "--help lists the options there are"
                           : fmt::format("did you mean --{}?", near));
}

// Tells options from arguments as getopt_long() does: --name VALUE, --name=VALUE, -n VALUE,
// -nVALUE, flags of one letter together, and everything behind "--" an argument. Values stay text.
class WordReader {
 public:
  WordReader(const std::vector<std::string>& words, const OptionTable& options)
      : words_(words), options_(options) {}

  void read() {
    while (next_ < words_.size()) {
      const std::string& word = words_[next_++];
      if (word == "--") {
        line.arguments.insert(line.arguments.end(), words_.begin() + next_, words_.end());
        return;
      }
      if (word.size() < 2 || word[0] != '-') {
        line.arguments.push_back(word);
      } else if (word[1] == '-') {
        read_long(word);
      } else {
        read_short(word);
      }
    }
  }

  CommandLine line;
  std::map<const Option*, std::vector<std::string>> values;  // "true" of a flag

 private:
  void read_long(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (name == "--help") {
      line.help = true;
      return;
    }
    const Option* option =
        find([&name](const Option& candidate) { return names(candidate, name); });
    if (option == nullptr) refuse_unknown(word, options_);
    const bool has_value = equals != std::string::npos;
    if (has_value && (!option->is_flag() || equals + 1 < word.size())) {
      values[option].push_back(word.substr(equals + 1));
    } else if (option->is_flag()) {
      values[option].push_back("true");
    } else if (!option->alone.empty() && !a_number_follows()) {
      values[option].push_back(option->alone);  // what follows is an argument
    } else {
      values[option].push_back(next_word(name));
    }
  }

  void read_short(const std::string& word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const std::string letter = word.substr(i, 1);
      const Option* option =
          find([&letter](const Option& candidate) { return candidate.short_name == letter; });
      if (option == nullptr && letter != "h") refuse_unknown("-" + word.substr(i), options_);
      if (option == nullptr) {
        line.help = true;
      } else if (option->is_flag()) {
        values[option].push_back("true");
      } else {
        const std::string rest = word.substr(i + 1);
        values[option].push_back(rest.empty() ? next_word("-" + letter) : rest);
        return;
      }
    }
  }

  template <class Fits>
  const Option* find(Fits&& fits) const {
    for (const Option& option : options_.options()) {
      if (fits(option)) return &option;
    }
    return nullptr;
  }

  bool a_number_follows() const {
    return next_ < words_.size() && !words_[next_].empty() &&
           words_[next_].find_first_not_of("0123456789") == std::string::npos;
  }

  const std::string& next_word(const std::string& name) {
    if (next_ == words_.size() || words_[next_] == "--") {
      throw Error(ErrorKind::kUsage, "usage", fmt::format("{} needs a value", name),
                  "--help shows how it is used");
    }
    return words_[next_++];
  }

  const std::vector<std::string>& words_;
  const OptionTable& options_;
  size_t next_ = 0;
};

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& words, OptionTable& options) {
  WordReader reader(words, options);
  reader.read();
  if (reader.line.help) return reader.line;
  read_environment(options);
  for (const auto& [option, values] : reader.values) {
    if (option->is_flag()) {
      options.set(option->name(), values.back(), OptionSource::kCommandLine);
      continue;
    }
    if (values.size() > 1 && !option->repeatable) {
      throw Error(ErrorKind::kUsage, "option_twice",
                  fmt::format("--{} is given twice", option->name()), "keep one of them");
    }
    for (const std::string& value : values) {
      options.set(option->name(), value, OptionSource::kCommandLine);
    }
  }
  return reader.line;
}

}  // namespace charrnn
