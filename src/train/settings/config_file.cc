// toml++ is configured not to throw, so that its messages reach the user with file and line.
#include "train/settings/config_file.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"

namespace charrnn {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;
constexpr int kMaxKeyDots = 16;

// What runs do that were saved before there was the option; others take its default.
constexpr std::array<std::pair<std::string_view, std::string_view>, 1> kEarlierValues = {
    {{"stream-offset", "none"}}};

[[noreturn]] void refuse_config(const std::string& path, uint32_t line, std::string_view why,
                                const std::string& hint) {
  throw Error(ErrorKind::kUsage, "bad_config", fmt::format("{}:{}: {}", path, line, why), hint);
}

// Where the string ends that begins at `begin`, with one quote or three.
size_t end_of_string(std::string_view text, size_t begin) {
  const char quote = text[begin];
  const std::string_view rest = text.substr(begin);
  const bool is_long = rest.starts_with("\"\"\"") || rest.starts_with("'''");
  const std::string_view mark = rest.substr(0, is_long ? 3 : 1);
  size_t at = begin + mark.size();
  while (at < text.size() && !text.substr(at).starts_with(mark)) {
    at += quote == '"' && text[at] == '\\' ? 2 : 1;
  }
  at = std::min(at + mark.size(), text.size());
  // A long string may end in one or two quotes of its own.
  for (int i = 0; is_long && i < 2 && at < text.size() && text[at] == quote; ++i) ++at;
  return at;
}

// A key a.b.c is a table in a table. toml++ limits how deep values nest, but not these, and goes
// down into them on the stack.
void refuse_deep_keys(std::string_view text, const std::string& path) {
  uint32_t line = 1;
  int dots = 0;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      const size_t end = end_of_string(text, at);
      line += static_cast<uint32_t>(std::count(text.begin() + at, text.begin() + end, '\n'));
      at = end;
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '.' && ++dots > kMaxKeyDots) {
      refuse_config(path, line, "a key has too many dots",
                    "a config file holds lines such as hidden-size = 512");
    }
    if (c == '\n') ++line;
    if (std::string_view("=,[]{}\n").find(c) != std::string_view::npos) dots = 0;
    ++at;
  }
}

// One value in the form its option parses.
std::string value_text(const toml::node& value, const std::string& path, std::string_view key) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return std::to_string(number->get());
  if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = value.as_boolean()) return flag->get() ? "true" : "false";
  refuse_config(path, value.source().begin.line,
                fmt::format("'{}' is neither a text, a number nor true or false", key),
                "tables and dates have no meaning here");
}

void set_option(const std::string& path, uint32_t line, std::string_view key,
                const std::string& value, OptionTable& options) {
  const Option* option = options.find(key);
  if (option != nullptr && !option->in_config) {
    refuse_config(path, line, fmt::format("'{}' does not belong into a config file", key),
                  fmt::format("give --{} on the command line", option->name()));
  }
  try {
    options.set(key, value, OptionSource::kFile);
  } catch (const Error& error) {
    refuse_config(path, line, error.what(), error.hint());
  }
}

std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\u{:04x}", byte);
    } else {
      result += c;
    }
  }
  return result + "\"";
}

// Numbers are written bare if TOML can hold them (signed 64 bits).
std::string toml_value(const Option& option, const std::string& text) {
  if (option.is_flag()) return text;
  if (option.value_name != "N" && option.value_name != "X") return toml_string(text);
  try {
    option.value_name == "N" ? static_cast<void>(parse_integer(text, ""))
                             : static_cast<void>(parse_real(text, ""));
    return text;
  } catch (const Error&) {
    return toml_string(text);
  }
}

}  // namespace

void read_config_text(std::string_view text, const std::string& path, OptionTable& options) {
  refuse_deep_keys(text, path);
  toml::table table;
  try {
    table = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    refuse_config(path, error.source().begin.line, error.description(),
                  "a config file holds lines such as hidden-size = 512");
  }
  SettingValues named;  // without values
  for (const auto& [key, value] : table) {
    named[std::string(key.str())];
    const uint32_t line = value.source().begin.line;
    if (const auto* list = value.as_array()) {
      const Option* option = options.find(key.str());
      if (option != nullptr && !option->repeatable) {
        refuse_config(path, line, fmt::format("'{}' takes one value, not a list", key.str()),
                      "give one value");
      }
      for (const auto& item : *list) {
        set_option(path, line, key.str(), value_text(item, path, key.str()), options);
      }
    } else {
      set_option(path, line, key.str(), value_text(value, path, key.str()), options);
    }
  }
  if (!text.starts_with(kRunHeading)) return;
  add_earlier_values(named);
  apply_settings(named, options);
}

void read_config_file(const std::string& path, OptionTable& options) {
  std::string text;
  try {
    text = read_file(path, kMaxConfigBytes);
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, "bad_config", fmt::format("--config: {}", error.what()),
                "give a TOML file, such as the config.toml of a run");
  }
  read_config_text(text, path, options);
}

void add_earlier_values(SettingValues& saved) {
  for (const auto& [name, value] : kEarlierValues) {
    saved.try_emplace(std::string(name), std::vector{std::string(value)});
  }
}

SettingValues setting_values(const OptionTable& options) {
  SettingValues values;
  for (const Option& option : options.options()) {
    if (!option.in_config) continue;
    values[option.name()] =
        option.repeatable ? option.show_all() : std::vector<std::string>{option.show()};
  }
  return values;
}

const std::vector<std::string>* saved_values(const SettingValues& saved, const Option& option) {
  for (const std::string& name : option.long_names) {
    const auto found = saved.find(name);
    if (found != saved.end()) return &found->second;
  }
  return nullptr;
}

void apply_settings(const SettingValues& values, OptionTable& options) {
  for (const auto& [name, list] : values) {
    if (const Option* option = options.find(name); option != nullptr && !option->in_config) {
      throw Error(ErrorKind::kModel, "unknown_setting",
                  fmt::format("the checkpoint sets --{}, which is no setting of a run", name),
                  "was it changed by another program?");
    }
    for (const std::string& value : list) {
      try {
        options.set(name, value, OptionSource::kFile);
      } catch (const Error& error) {
        throw Error(
            ErrorKind::kModel, "unknown_setting",
            fmt::format("the checkpoint has a setting that is not understood: {}", error.what()),
            "was it made by a newer charrnn?");
      }
    }
  }
}

std::string config_text(const OptionTable& options, std::string_view heading) {
  std::string text(heading);
  std::string group;
  for (const Option& option : options.options()) {
    if (!option.in_config) continue;
    if (option.group != group) {
      group = option.group;
      text += fmt::format("\n# {}\n", group);
    }
    if (!option.repeatable) {
      text += fmt::format("{} = {}\n", option.name(), toml_value(option, option.show()));
      continue;
    }
    std::string list;
    for (const std::string& value : option.show_all()) {
      list += (list.empty() ? "" : ", ") + toml_value(option, value);
    }
    text += fmt::format("{} = [{}]\n", option.name(), list);
  }
  return text;
}

}  // namespace charrnn
