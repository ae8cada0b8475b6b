#include "serve/http/json.h"

#include <fmt/core.h>

#include "serve/http/api_error.h"

namespace charrnn {

JsonValue parse_json_object(std::string_view text) {
  const auto refuse = [](std::string_view why) {
    return ApiError(400, fmt::format("the body is not valid JSON: {}", why), "", "invalid_json");
  };
  // The library would pass over it.
  if (text.starts_with("\xef\xbb\xbf")) throw refuse("it begins with a byte order mark");
  JsonValue json;
  try {
    json = parse_json(text);
  } catch (const JsonError& error) {
    throw refuse(fmt::format("{} (byte {})", error.what(), error.offset()));
  }
  if (!json.is_object()) throw refuse("it must be an object");
  return json;
}

std::string json_quote(std::string_view text) { return dump_json(Json(text)); }

Json short_numbers(std::span<const float> values) {
  Json array = Json::array();
  for (const float value : values) array.push_back(json_number(value));
  return array;
}

}  // namespace charrnn
