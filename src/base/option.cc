#include "base/option.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/join.h"

namespace charrnn {
namespace {

// Dashes and underscores are the same in names.
std::string normal(std::string_view name) {
  std::string result(name);
  std::replace(result.begin(), result.end(), '_', '-');
  return result;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = 3;
  for (const std::string& candidate : known) {
    const size_t distance = edit_distance(normal(name), candidate);
    if (distance < best_distance) best_distance = distance, best = candidate;
  }
  return best;
}

std::string_view source_name(OptionSource source) {
  switch (source) {
    case OptionSource::kDefault:
      return "default";
    case OptionSource::kPreset:
      return "preset";
    case OptionSource::kMeasured:
      return "measured";
    case OptionSource::kModel:
      return "model";
    case OptionSource::kFile:
      return "file";
    case OptionSource::kEnvironment:
      return "environment";
    case OptionSource::kCommandLine:
      break;
  }
  return "given";
}

Option& Option::called(std::string_view names, std::string_view program) {
  for (size_t begin = 0; begin <= names.size();) {
    const size_t end = std::min(names.find(',', begin), names.size());
    long_names.push_back(normal(names.substr(begin, end - begin)));
    foreign_names.emplace_back(program, long_names.back());
    begin = end + 1;
  }
  return *this;
}

Option& Option::with_needs(std::vector<OptionNeed> any_of) {
  needs.push_back(std::move(any_of));
  return *this;
}

Option& Option::outside_config() {
  in_config = false;
  return *this;
}

Option& Option::on_resuming(OnResume rule) {
  on_resume = rule;
  return *this;
}

Option& OptionTable::append(std::string_view names, std::string_view help,
                            std::string_view value_name) {
  Option option;
  for (size_t begin = 0; begin <= names.size();) {
    const size_t end = std::min(names.find(',', begin), names.size());
    const std::string name(names.substr(begin, end - begin));
    if (name.size() == 1) {
      option.short_name = name;
    } else {
      check(find(name) == nullptr, "an option is declared once");
      option.long_names.push_back(normal(name));
    }
    begin = end + 1;
  }
  check(!option.long_names.empty(), "an option has a long name");
  option.help = help;
  option.value_name = value_name;
  option.group = group_;
  options_.push_back(std::move(option));
  return options_.back();
}

Option& OptionTable::add(std::string_view names, bool& target, std::string_view help) {
  Option& option = append(names, help, "");
  option.variable = &target;
  option.parse = [&target, what = "--" + option.name()](std::string_view text) {
    target = parse_boolean(text, what);
  };
  option.show = [&target] { return std::string(target ? "true" : "false"); };
  return option;
}

Option& OptionTable::add(std::string_view names, int& target, std::string_view help,
                         IntegerRange range) {
  range.min = std::max<int64_t>(range.min, std::numeric_limits<int>::min());
  range.max = std::min<int64_t>(range.max, std::numeric_limits<int>::max());
  Option& option = append(names, help, "N");
  option.variable = &target;
  option.parse = [&target, range, what = "--" + option.name()](std::string_view text) {
    target = static_cast<int>(parse_integer(text, what, range));
  };
  option.show = [&target] { return std::to_string(target); };
  return option;
}

Option& OptionTable::add(std::string_view names, int64_t& target, std::string_view help,
                         IntegerRange range) {
  Option& option = append(names, help, "N");
  option.variable = &target;
  option.parse = [&target, range, what = "--" + option.name()](std::string_view text) {
    target = parse_integer(text, what, range);
  };
  option.show = [&target] { return std::to_string(target); };
  return option;
}

Option& OptionTable::add(std::string_view names, uint64_t& target, std::string_view help) {
  Option& option = append(names, help, "N");
  option.variable = &target;
  option.parse = [&target, what = "--" + option.name()](std::string_view text) {
    target = parse_unsigned(text, what);
  };
  option.show = [&target] { return std::to_string(target); };
  return option;
}

Option& OptionTable::add(std::string_view names, double& target, std::string_view help,
                         RealRange range) {
  Option& option = append(names, help, "X");
  option.variable = &target;
  option.parse = [&target, range, what = "--" + option.name()](std::string_view text) {
    target = parse_real(text, what, range);
  };
  option.show = [&target] { return fmt::format("{}", target); };
  return option;
}

Option& OptionTable::add(std::string_view names, std::string& target, std::string_view help,
                         std::string_view value_name) {
  Option& option = append(names, help, value_name);
  option.variable = &target;
  option.parse = [&target](std::string_view text) { target = text; };
  option.show = [&target] { return target; };
  return option;
}

Option& OptionTable::add(std::string_view names, std::vector<std::string>& target,
                         std::string_view help, std::string_view value_name) {
  Option& option = append(names, help, value_name);
  option.variable = &target;
  option.repeatable = true;
  option.parse = [&target](std::string_view text) { target.emplace_back(text); };
  option.clear = [&target] { target.clear(); };
  option.show = [&target] { return join(target, ","); };
  option.show_all = [&target] { return target; };
  return option;
}

Option& OptionTable::add_duration(std::string_view names, double& seconds, std::string_view help) {
  Option& option = append(names, help, "TIME");
  option.variable = &seconds;
  option.parse = [&seconds, what = "--" + option.name()](std::string_view text) {
    seconds = text == "0" || text == "0s" ? 0 : parse_duration(text, what);
  };
  option.show = [&seconds] { return fmt::format("{}s", seconds); };
  return option;
}

Option& OptionTable::append_choice(std::string_view names, std::string_view help,
                                   const void* variable, const std::vector<std::string>& choices,
                                   const std::function<void(size_t)>& choose,
                                   const std::function<size_t()>& chosen) {
  Option& option = append(names, help, join(choices, "|"));
  option.variable = variable;
  option.parse = [choices, choose, what = "--" + option.name()](std::string_view text) {
    const auto found = std::find(choices.begin(), choices.end(), text);
    if (found == choices.end()) {
      const std::string near = nearest_name(text, choices);
      throw Error(ErrorKind::kUsage, "bad_value",
                  fmt::format("{}: '{}' is not one of {}", what, text, join(choices, ", ")),
                  near.empty() ? fmt::format("choose one of {}", join(choices, ", "))
                               : fmt::format("did you mean '{}'?", near));
    }
    choose(static_cast<size_t>(found - choices.begin()));
  };
  option.show = [choices, chosen] { return choices[chosen()]; };
  return option;
}

Option* OptionTable::find(std::string_view name) {
  const std::string wanted = normal(name);
  for (Option& option : options_) {
    const auto& names = option.long_names;
    if (std::find(names.begin(), names.end(), wanted) != names.end()) return &option;
  }
  return nullptr;
}

const Option* OptionTable::find(std::string_view name) const {
  return const_cast<OptionTable*>(this)->find(name);
}

const Option& OptionTable::at(const void* variable) const {
  const auto found =
      std::find_if(options_.begin(), options_.end(),
                   [variable](const Option& option) { return option.variable == variable; });
  check(found != options_.end(), "a variable that is asked for belongs to an option");
  return *found;
}

// asker: the option whose need is looked at; two that need each other's values ask once.
static bool is_effective_for(const OptionTable& table, const Option& option, const Option* asker) {
  const auto holds = [&](const OptionNeed& need) {
    if (!need.holds()) return false;
    for (const Option& other : table.options()) {
      if (other.variable != need.variable) continue;
      return &other == asker || is_effective_for(table, other, &option);
    }
    return true;
  };
  return std::ranges::all_of(option.needs, [&](const std::vector<OptionNeed>& any_of) {
    return std::ranges::any_of(any_of, holds);
  });
}

bool OptionTable::holds(const OptionNeed& need) const {
  return need.holds() && is_effective(at(need.variable));
}

bool OptionTable::is_effective(const Option& option) const {
  return is_effective_for(*this, option, nullptr);
}

std::string OptionTable::without_effect(const Option& option) const {
  const std::string value = option.show();
  const bool is_off = value == "0" || value == "false" || value == "none" || value.empty();
  if (is_off || is_effective(option)) return {};
  for (const std::vector<OptionNeed>& any_of : option.needs) {
    if (std::ranges::any_of(any_of, [this](const OptionNeed& need) { return holds(need); }))
      continue;
    std::vector<std::string> wanted;
    for (const OptionNeed& need : any_of) {
      const Option& other = at(need.variable);
      const bool is_none = need.value.empty() || need.value == "false";
      wanted.push_back(is_none ? fmt::format("no --{}", other.name())
                               : fmt::format("--{} {}", other.name(), need.value));
    }
    const std::string given = option.given_as.empty() ? option.name() : option.given_as;
    return fmt::format("--{}{} has no effect: it needs {}", given,
                       option.is_flag() ? "" : " " + value, join(wanted, " or "));
  }
  return {};
}

std::string OptionTable::nearest(std::string_view name) const {
  std::vector<std::string> known;
  for (const Option& option : options_) {
    known.insert(known.end(), option.long_names.begin(), option.long_names.end());
  }
  return nearest_name(name, known);
}

void OptionTable::set(std::string_view name, std::string_view value, OptionSource source) {
  Option* option = find(name);
  if (option == nullptr) {
    const std::string near = nearest(name);
    throw Error(ErrorKind::kUsage, "unknown_option", fmt::format("unknown option '{}'", name),
                near.empty() ? "see --help for the options there are"
                             : fmt::format("did you mean '{}'?", near));
  }
  if (option->source > source) return;
  if (option->source < source && option->clear) option->clear();
  option->parse(value);
  option->source = source;
  option->given_as = normal(name);
}

}  // namespace charrnn
