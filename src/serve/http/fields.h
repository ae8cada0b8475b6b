// The fields of a request's JSON, declared in tables with their ranges and checked in one place
// before any use. null counts as absent, unknown fields are ignored.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http/json.h"

namespace charrnn {

enum class FieldKind {
  kInteger,
  kReal,
  kBoolean,
  kSeed,     // 0 to 2^64 - 1; -1: one is drawn
  kText,     // min and max: its length in characters
  kTexts,    // one text or an array of them; max: of each. Empty ones are refused
  kNumbers,  // integers; min and max of each
  kOther,    // read by the endpoint
};

struct Field {
  std::string_view name;
  FieldKind kind;
  double min = 0;
  double max = 0;
  size_t max_count = 0;  // of an array
};

class Fields {
 public:
  using Table = std::span<const Field>;
  // Throws ApiError (400, param = the field) where a field of a table is not as declared.
  // json must outlive this.
  Fields(const JsonValue& json, std::initializer_list<Table> tables);

  // nullptr where absent or null.
  const JsonValue* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  int64_t integer(std::string_view name, int64_t absent) const;
  double real(std::string_view name, double absent) const;
  bool boolean(std::string_view name, bool absent) const;
  std::string text(std::string_view name, std::string_view absent = {}) const;
  std::vector<std::string> texts(std::string_view name) const;
  std::vector<int64_t> numbers(std::string_view name) const;
  std::optional<uint64_t> seed() const;  // none: draw one

 private:
  const JsonValue& json_;
};

// Checks one value against its declaration; name: how messages call it.
void check_field(const JsonValue& value, const Field& field, const std::string& name);

// Characters of valid UTF-8.
size_t count_characters(std::string_view text);

}  // namespace charrnn
