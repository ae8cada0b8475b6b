#include "train/settings/earlier_settings.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace charrnn {
namespace {

[[noreturn]] void refuse_earlier(const std::string& text, std::string_view why) {
  throw Error(ErrorKind::kUsage, "bad_value", fmt::format("--earlier-settings {}: {}", text, why),
              "write STEP:NAME=VALUE, as in 1000:learning-rate=0.004");
}

EarlierSetting read_earlier_setting(const std::string& text) {
  const size_t colon = text.find(':'), equals = text.find('=');
  if (colon == text.npos || equals == text.npos || equals < colon) {
    refuse_earlier(text, "not a step, a setting and its value");
  }
  EarlierSetting setting{0, text.substr(colon + 1, equals - colon - 1), text.substr(equals + 1)};
  const char* end = text.data() + colon;
  const auto [read, error] = std::from_chars(text.data(), end, setting.until);
  if (error != std::errc() || read != end || setting.until < 1) {
    refuse_earlier(text, "the step is not a whole number above 0");
  }
  return setting;
}

}  // namespace

bool keeps_earlier_values(const Option& option, const TrainingSettings& settings) {
  const auto is_any_of = [&option](const auto&... variables) {
    return ((option.variable == &variables) || ...);
  };
  return option.in_config && option.on_resume == OnResume::kMayChange &&
         !is_any_of(settings.steps, settings.epochs) &&
         !is_any_of(settings.text, settings.reading.recursive, settings.reading.max_bytes,
                    settings.reading.max_vocabulary);
}

std::vector<EarlierSetting> read_earlier_settings(const std::vector<std::string>& texts) {
  std::vector<EarlierSetting> earlier;
  TrainingSettings settings;
  OptionTable table;
  settings.declare(table);
  for (const std::string& text : texts) {
    EarlierSetting setting = read_earlier_setting(text);
    const Option* option = table.find(setting.name);
    if (option == nullptr || !keeps_earlier_values(*option, settings)) {
      refuse_earlier(text, "no run changes this setting on its way");
    }
    table.set(setting.name, setting.value, OptionSource::kFile);
    setting.name = option->name();
    earlier.push_back(std::move(setting));
  }
  std::ranges::stable_sort(earlier, {}, &EarlierSetting::until);
  return earlier;
}

std::vector<std::string> earlier_settings_text(const std::vector<EarlierSetting>& earlier) {
  std::vector<std::string> texts;
  for (const EarlierSetting& setting : earlier) {
    texts.push_back(fmt::format("{}:{}={}", setting.until, setting.name, setting.value));
  }
  return texts;
}

void add_earlier(std::vector<EarlierSetting>& earlier, EarlierSetting change) {
  std::erase_if(earlier, [&change](const EarlierSetting& setting) {
    return setting.name == change.name && setting.until > change.until;
  });
  // Changed again before a step was done, the setting never had the value that it has now.
  const bool is_known = std::ranges::any_of(earlier, [&change](const EarlierSetting& setting) {
    return setting.name == change.name && setting.until == change.until;
  });
  if (!is_known && change.until > 0) earlier.push_back(std::move(change));
  std::ranges::stable_sort(earlier, {}, &EarlierSetting::until);
}

TrainingSettings settings_at(int64_t step, const TrainingSettings& last) {
  TrainingSettings settings = last;
  OptionTable table;
  settings.declare(table);
  std::vector<EarlierSetting> earlier = read_earlier_settings(last.earlier_settings);
  std::ranges::reverse(earlier);  // of two values of a setting, that of the earlier step holds
  for (const EarlierSetting& setting : earlier) {
    if (setting.until > step) table.set(setting.name, setting.value, OptionSource::kFile);
  }
  return settings;
}

int64_t next_change(int64_t step, const std::vector<EarlierSetting>& earlier) {
  int64_t next = INT64_MAX;
  for (const EarlierSetting& setting : earlier) {
    if (setting.until > step) next = std::min(next, setting.until);
  }
  return next;
}

}  // namespace charrnn
