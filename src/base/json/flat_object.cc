#include "base/json/flat_object.h"

#include <algorithm>
#include <utility>

#include "base/json/json_events.h"

namespace charrnn {
namespace {

class FlatReader : public JsonEvents {
 public:
  explicit FlatReader(std::vector<FlatMember>& members) : members_(members) {}

  bool null() override { return value(JsonKind::kNull); }
  bool boolean(bool) override { return value(JsonKind::kBoolean); }
  bool number_integer(int64_t number) override {
    return value(JsonKind::kInteger, static_cast<double>(number));
  }
  bool number_unsigned(uint64_t number) override {
    return value(JsonKind::kUnsigned, static_cast<double>(number));
  }
  bool number_real(double number) override { return value(JsonKind::kReal, number); }
  bool string(std::string&) override { return value(JsonKind::kText); }
  bool start_object() override {
    if (depth_ > 0 && !value(JsonKind::kObject)) return false;
    ++depth_;
    return true;
  }
  bool key(std::string& name) override {
    if (depth_ > 1) return true;
    if (members_.size() == kMaxFlatMembers || find_member(members_, name) != nullptr) return false;
    members_.push_back({std::move(name)});
    return true;
  }
  bool end_object() override { return end(); }
  bool start_array() override {
    if (!value(JsonKind::kArray)) return false;
    ++depth_;
    return true;
  }
  bool end_array() override { return end(); }
  void not_json(size_t) override {}

 private:
  // False for what is no object to begin with.
  bool value(JsonKind kind, double number = 0) {
    if (depth_ == 1) {
      members_.back().kind = kind;
      members_.back().number = number;
    }
    return depth_ > 0;
  }

  bool end() {
    --depth_;
    return true;
  }

  std::vector<FlatMember>& members_;
  int64_t depth_ = 0;
};

}  // namespace

bool read_flat_object(std::string_view text, std::vector<FlatMember>& members) {
  members.clear();
  if (text.empty()) return false;
  FlatReader reader(members);
  return read_json_events(text, reader);
}

const FlatMember* find_member(const std::vector<FlatMember>& members, std::string_view name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [name](const FlatMember& member) { return member.name == name; });
  return found == members.end() ? nullptr : &*found;
}

}  // namespace charrnn
