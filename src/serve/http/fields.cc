#include "serve/http/fields.h"

#include <fmt/core.h>

#include <algorithm>

#include "serve/http/api_error.h"

namespace charrnn {
namespace {

[[noreturn]] void wrong_type(const std::string& name, std::string_view wanted) {
  throw ApiError(400, fmt::format("{} must be {}", name, wanted), name, "wrong_type");
}

[[noreturn]] void out_of_range(const std::string& name, const Field& field) {
  throw ApiError(400, fmt::format("{} must be between {} and {}", name, field.min, field.max), name,
                 "out_of_range");
}

void check_integer(const JsonValue& value, const Field& field, const std::string& name) {
  if (!value.is_number_integer()) wrong_type(name, "an integer");
  const double number =
      value.is_number_unsigned() ? double(value.get<uint64_t>()) : double(value.get<int64_t>());
  if (number < field.min || number > field.max) out_of_range(name, field);
}

void check_text(const JsonValue& value, const Field& field, const std::string& name) {
  if (!value.is_string()) wrong_type(name, "a string");
  const auto length = static_cast<double>(count_characters(value.text()));
  if (length < field.min || length > field.max) {
    throw ApiError(400,
                   fmt::format("{} has {} characters; it must have {} to {}", name, length,
                               field.min, field.max),
                   name, "out_of_range");
  }
}

void check_array(const JsonValue& value, const Field& field, const std::string& name,
                 FieldKind kind) {
  if (value.size() > field.max_count) {
    throw ApiError(
        400, fmt::format("{} has {} entries; {} are allowed", name, value.size(), field.max_count),
        name, "out_of_range");
  }
  Field entry = field;
  entry.kind = kind;
  if (kind == FieldKind::kText) entry.min = 1;
  for (const JsonValue& part : value) check_field(part, entry, name);
}

void check_seed(const JsonValue& value, const std::string& name) {
  const bool is_minus_one = value.is_number_integer() && !value.is_number_unsigned() && value == -1;
  if (!value.is_number_integer()) wrong_type(name, "an integer");
  if (!value.is_number_unsigned() && !is_minus_one) {
    throw ApiError(400, fmt::format("{} must be between 0 and 2^64 - 1, or -1", name), name,
                   "out_of_range");
  }
}

}  // namespace

size_t count_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });
}

void check_field(const JsonValue& value, const Field& field, const std::string& name) {
  switch (field.kind) {
    case FieldKind::kInteger:
      return check_integer(value, field, name);
    case FieldKind::kReal: {
      if (!value.is_number()) wrong_type(name, "a number");
      const double number = value.get<double>();
      if (!(number >= field.min && number <= field.max)) out_of_range(name, field);
      return;
    }
    case FieldKind::kBoolean:
      if (!value.is_boolean()) wrong_type(name, "true or false");
      return;
    case FieldKind::kSeed:
      return check_seed(value, name);
    case FieldKind::kText:
      return check_text(value, field, name);
    case FieldKind::kTexts:
      if (value.is_array()) return check_array(value, field, name, FieldKind::kText);
      if (!value.is_string()) wrong_type(name, "a string or an array of strings");
      return check_array(JsonValue::array({value}), field, name, FieldKind::kText);
    case FieldKind::kNumbers:
      if (!value.is_array()) wrong_type(name, "an array of integers");
      return check_array(value, field, name, FieldKind::kInteger);
    case FieldKind::kOther:
      return;
  }
}

Fields::Fields(const JsonValue& json, std::initializer_list<Table> tables) : json_(json) {
  for (const Table& table : tables) {
    for (const Field& field : table) {
      if (const JsonValue* value = find(field.name))
        check_field(*value, field, std::string(field.name));
    }
  }
}

const JsonValue* Fields::find(std::string_view name) const {
  const JsonValue* found = json_.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

int64_t Fields::integer(std::string_view name, int64_t absent) const {
  const JsonValue* value = find(name);
  return value ? value->get<int64_t>() : absent;
}

double Fields::real(std::string_view name, double absent) const {
  const JsonValue* value = find(name);
  return value ? value->get<double>() : absent;
}

bool Fields::boolean(std::string_view name, bool absent) const {
  const JsonValue* value = find(name);
  return value ? value->get<bool>() : absent;
}

std::string Fields::text(std::string_view name, std::string_view absent) const {
  const JsonValue* value = find(name);
  return value ? value->get<std::string>() : std::string(absent);
}

std::vector<std::string> Fields::texts(std::string_view name) const {
  const JsonValue* value = find(name);
  if (!value) return {};
  if (value->is_string()) return {value->get<std::string>()};
  return value->get<std::vector<std::string>>();
}

std::vector<int64_t> Fields::numbers(std::string_view name) const {
  const JsonValue* value = find(name);
  return value ? value->get<std::vector<int64_t>>() : std::vector<int64_t>();
}

std::optional<uint64_t> Fields::seed() const {
  const JsonValue* value = find("seed");
  if (!value || !value->is_number_unsigned()) return std::nullopt;
  return value->get<uint64_t>();
}

}  // namespace charrnn
