// JSON of requests and replies, on top of base/json/json.h.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "base/json/json_number.h"

namespace charrnn {

using Json = JsonOutput;  // what goes out; what comes in is a JsonValue

// Throws ApiError (400) for anything but one JSON object.
JsonValue parse_json_object(std::string_view text);

// The text in quotes, escaped; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

Json short_numbers(std::span<const float> values);

}  // namespace charrnn
