// From a text to a JsonValue.
#include <fmt/core.h>

#include <map>

#include "base/json/json.h"
#include "base/json/json_events.h"

namespace charrnn {
namespace {

// Builds a value from what the text says and stops at the first thing out of bounds.
class JsonBuilder : public JsonEvents {
 public:
  explicit JsonBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(int64_t value) override { return put(value); }
  bool number_unsigned(uint64_t value) override { return put(value); }
  bool number_real(double value) override { return put(value); }
  bool string(std::string& value) override { return put(std::move(value)); }
  bool start_object() override { return open(false); }
  bool start_array() override { return open(true); }

  bool key(std::string& name) override {
    if (!count()) return false;
    const auto [member, is_new] = open_.back().members.try_emplace(std::move(name));
    open_.back().member = &member->second;
    return is_new || fail(fmt::format("the key \"{}\" stands twice", member->first.substr(0, 80)));
  }

  bool end_array() override {
    JsonValue value = JsonValue::array(std::move(open_.back().elements));
    open_.pop_back();
    return place(std::move(value));
  }

  bool end_object() override {
    Members& members = open_.back().members;
    JsonValue::Object object;
    object.reserve(members.size());
    while (!members.empty()) {
      auto member = members.extract(members.begin());
      object.push_back({std::move(member.key()), std::move(member.mapped())});
    }
    open_.pop_back();
    return place(JsonValue::object(std::move(object)));
  }

  void not_json(size_t position) override {
    offset = position;
    fail("not JSON");
  }

  JsonValue root;
  std::string why;
  size_t offset = 0;

 private:
  using Members = std::map<std::string, JsonValue>;

  // An array or object that we are inside of.
  struct Open {
    bool is_array;
    JsonValue::Array elements;
    Members members;
    JsonValue* member = nullptr;  // whose key came last
  };

  bool fail(std::string reason) {
    if (why.empty()) why = std::move(reason);
    return false;
  }

  bool count() {
    return ++values_ <= limits_.max_values ||
           fail(fmt::format("more than {} values", limits_.max_values));
  }

  bool place(JsonValue value) {
    if (open_.empty()) {
      root = std::move(value);
    } else if (open_.back().is_array) {
      open_.back().elements.push_back(std::move(value));
    } else {
      *open_.back().member = std::move(value);
    }
    return true;
  }

  bool put(JsonValue value) { return count() && place(std::move(value)); }

  bool open(bool is_array) {
    if (!count()) return false;
    if (static_cast<int>(open_.size()) >= limits_.max_depth) {
      return fail(fmt::format("nested deeper than {}", limits_.max_depth));
    }
    open_.push_back({is_array, {}, {}, nullptr});
    return true;
  }

  const JsonLimits& limits_;
  std::vector<Open> open_;
  size_t values_ = 0;
};

}  // namespace

JsonValue parse_json(std::string_view text, const JsonLimits& limits) {
  JsonBuilder builder(limits);
  if (!read_json_events(text, builder)) throw JsonError(builder.why, builder.offset);
  return std::move(builder.root);
}

}  // namespace charrnn
