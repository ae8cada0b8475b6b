// What a training is asked for over HTTP, and the words of `charrnn train` that do it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "serve/http/fields.h"

namespace charrnn {

constexpr double kMaxMinutes = 60 * 24 * 7;

struct TrainingOrder {
  std::string name;                                           // of the run; empty: one is chosen
  double minutes = 0;                                         // 0: as long as the settings say
  std::vector<std::pair<std::string, std::string>> settings;  // an option's name, its value
};

// The fields name, minutes and settings. Throws ApiError (400) for a setting that there is not, or
// not for requests, and for a value that it refuses.
TrainingOrder read_order(const JsonValue& json);

// --time, if it has minutes.
std::vector<std::string> time_words(double minutes);
// --time and the settings.
std::vector<std::string> order_words(const TrainingOrder& order);

// The words as a command to paste.
std::string command_of(const std::vector<std::string>& words);

// All settings that a request may give: name, group, help, kind of value, usual value.
Json settings_json();

}  // namespace charrnn
