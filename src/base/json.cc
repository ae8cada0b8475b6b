#include "base/json.h"

#include <fmt/core.h>

#include <cmath>
#include <vector>

namespace charrnn {
namespace {

// Builds a value from the parser's events and stops at the first thing out of bounds.
class Builder : public nlohmann::json_sax<JsonValue> {
 public:
  Builder(const JsonLimits& limits, JsonValue& root) : limits_(limits), root_(root) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return fail("binary value"); }
  bool start_object(size_t) override { return open(JsonValue::object()); }
  bool start_array(size_t) override { return open(JsonValue::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (!count()) return false;
    const auto [place, is_new] = open_.back()->emplace(name, nullptr);
    if (!is_new) return fail(fmt::format("the key \"{}\" stands twice", name.substr(0, 80)));
    member_ = &*place;
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    offset = position == 0 ? 0 : position - 1;
    return fail("not JSON");
  }

  std::string why;
  size_t offset = 0;

 private:
  bool fail(std::string reason) {
    if (why.empty()) why = std::move(reason);
    return false;
  }

  bool count() {
    return ++values_ <= limits_.max_values ||
           fail(fmt::format("more than {} values", limits_.max_values));
  }

  // Where the next value goes: the root, the member whose key came last, or the end of an array.
  JsonValue* place(JsonValue value) {
    JsonValue* where = &root_;
    if (!open_.empty() && open_.back()->is_array()) {
      open_.back()->push_back(nullptr);
      where = &open_.back()->back();
    } else if (!open_.empty()) {
      where = member_;
    }
    *where = std::move(value);
    return where;
  }

  bool put(JsonValue value) {
    if (!count()) return false;
    place(std::move(value));
    return true;
  }

  bool open(JsonValue value) {
    if (!count()) return false;
    if (static_cast<int>(open_.size()) >= limits_.max_depth) {
      return fail(fmt::format("nested deeper than {}", limits_.max_depth));
    }
    open_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const JsonLimits& limits_;
  JsonValue& root_;
  // The arrays and objects we are inside of. An element's address holds while it is open: only the
  // innermost one grows.
  std::vector<JsonValue*> open_;
  JsonValue* member_ = nullptr;
  size_t values_ = 0;
};

}  // namespace

JsonValue parse_json(std::string_view text, const JsonLimits& limits) {
  JsonValue root;
  Builder builder(limits, root);
  if (!JsonValue::sax_parse(text, &builder)) throw JsonError(builder.why, builder.offset);
  return root;
}

std::string dump_json(const JsonOutput& value) {
  return value.dump(-1, ' ', false, JsonOutput::error_handler_t::replace);
}

uint64_t json_unsigned(const JsonValue& value, std::string_view what, uint64_t max) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > max) {
    throw JsonError(fmt::format("{} must be a whole number from 0 to {}", what, max), 0);
  }
  return value.get<uint64_t>();
}

double json_real(const JsonValue& value, std::string_view what) {
  if (!value.is_number() || !std::isfinite(value.get<double>())) {
    throw JsonError(fmt::format("{} must be a number", what), 0);
  }
  return value.get<double>();
}

}  // namespace charrnn
