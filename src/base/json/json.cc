#include "base/json/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace charrnn {
namespace {

constexpr const char* kKindNames[] = {"null",     "true or false", "a number", "a number",
                                      "a number", "text",          "an array", "an object"};

[[noreturn]] void wrong_kind(JsonKind kind, const char* wanted) {
  throw JsonError(
      fmt::format("{} stands where {} is needed", kKindNames[static_cast<size_t>(kind)], wanted),
      0);
}

}  // namespace

template <KeyOrder order>
BasicJson<order>::BasicJson(std::string text)
    : kind_(JsonKind::kText), text_(new std::string(std::move(text))) {}

template <KeyOrder order>
BasicJson<order>::BasicJson(std::string_view text)
    : kind_(JsonKind::kText), text_(new std::string(text)) {}

template <KeyOrder order>
BasicJson<order>::BasicJson(std::initializer_list<Item> list)
    : BasicJson() {  // so that what is there is released where memory runs out on the way
  const bool is_object = std::all_of(list.begin(), list.end(), [](const Item& item) {
    return item.value_.is_array() && item.value_.size() == 2 && item.value_.front().is_string();
  });
  become(is_object ? JsonKind::kObject : JsonKind::kArray, "");
  for (const Item& item : list) {
    if (is_object) {
      Array& pair = *item.value_.array_;
      (*this)[*pair[0].text_] = std::move(pair[1]);
    } else {
      array_->push_back(std::move(item.value_));
    }
  }
}

template <KeyOrder order>
BasicJson<order>::BasicJson(
    const BasicJson<order == KeyOrder::kSorted ? KeyOrder::kInserted : KeyOrder::kSorted>& other)
    : BasicJson() {
  switch (other.kind()) {
    case JsonKind::kNull:
      break;
    case JsonKind::kBoolean:
      *this = other.template get<bool>();
      break;
    case JsonKind::kInteger:
      *this = other.template get<int64_t>();
      break;
    case JsonKind::kUnsigned:
      *this = other.template get<uint64_t>();
      break;
    case JsonKind::kReal:
      *this = other.template get<double>();
      break;
    case JsonKind::kText:
      *this = other.text();
      break;
    case JsonKind::kArray:
      *this = array();
      array_->reserve(other.size());
      for (const auto& value : other) array_->push_back(BasicJson(value));
      break;
    case JsonKind::kObject:
      *this = object();
      object_->reserve(other.size());
      for (const auto& [key, value] : other.items()) object_->push_back({key, BasicJson(value)});
      if (order == KeyOrder::kSorted) {
        std::sort(object_->begin(), object_->end(),
                  [](const Member& a, const Member& b) { return a.key < b.key; });
      }
      break;
  }
}

template <KeyOrder order>
BasicJson<order>::BasicJson(const BasicJson& other) : kind_(other.kind_) {
  switch (kind_) {
    case JsonKind::kText:
      text_ = new std::string(*other.text_);
      break;
    case JsonKind::kArray:
      array_ = new Array(*other.array_);
      break;
    case JsonKind::kObject:
      object_ = new Object(*other.object_);
      break;
    default:
      unsigned_ = other.unsigned_;
  }
}

template <KeyOrder order>
void BasicJson<order>::destroy() noexcept {
  if (kind_ == JsonKind::kText) delete text_;
  if (kind_ == JsonKind::kArray) delete array_;
  if (kind_ == JsonKind::kObject) delete object_;
}

template <KeyOrder order>
BasicJson<order> BasicJson<order>::array(Array elements) {
  BasicJson result;
  result.array_ = new Array(std::move(elements));
  result.kind_ = JsonKind::kArray;
  return result;
}

template <KeyOrder order>
BasicJson<order> BasicJson<order>::object(Object members) {
  BasicJson result;
  result.object_ = new Object(std::move(members));
  result.kind_ = JsonKind::kObject;
  return result;
}

// null becomes an empty one of the kind; anything else must be of it.
template <KeyOrder order>
void BasicJson<order>::become(JsonKind kind, const char* wanted) {
  if (is_null()) *this = kind == JsonKind::kArray ? array() : object();
  if (kind_ != kind) wrong_kind(kind_, wanted);
}

template <KeyOrder order>
bool BasicJson<order>::boolean() const {
  if (!is_boolean()) wrong_kind(kind_, "true or false");
  return boolean_;
}

template <KeyOrder order>
int64_t BasicJson<order>::integer() const {
  if (is_number_integer()) return integer_;  // one beyond it keeps its bits for uint64_t
  if (kind_ != JsonKind::kReal || !(std::abs(real_) < 0x1p63)) wrong_kind(kind_, "an integer");
  return static_cast<int64_t>(real_);
}

template <KeyOrder order>
double BasicJson<order>::real() const {
  if (kind_ == JsonKind::kReal) return real_;
  if (kind_ == JsonKind::kUnsigned) return static_cast<double>(unsigned_);
  if (kind_ != JsonKind::kInteger) wrong_kind(kind_, "a number");
  return static_cast<double>(integer_);
}

template <KeyOrder order>
const std::string& BasicJson<order>::text() const {
  if (!is_string()) wrong_kind(kind_, "text");
  return *text_;
}

template <KeyOrder order>
size_t BasicJson<order>::size() const {
  return is_array() ? array_->size() : is_object() ? object_->size() : 0;
}

template <KeyOrder order>
const BasicJson<order>* BasicJson<order>::begin() const {
  if (is_null()) return nullptr;
  if (!is_array()) wrong_kind(kind_, "an array");
  return array_->data();
}

template <KeyOrder order>
BasicJson<order>& BasicJson<order>::back() {
  return const_cast<BasicJson&>(at(size() - 1));
}

template <KeyOrder order>
const BasicJson<order>& BasicJson<order>::at(size_t index) const {
  if (!is_array()) wrong_kind(kind_, "an array");
  if (index >= array_->size()) throw JsonError("an array is too short", 0);
  return (*array_)[index];
}

template <KeyOrder order>
void BasicJson<order>::push_back(BasicJson value) {
  become(JsonKind::kArray, "an array");
  array_->push_back(std::move(value));
}

template <KeyOrder order>
const std::vector<JsonMember<order>>& BasicJson<order>::items() const {
  static const Object kNone;
  if (is_null()) return kNone;
  if (!is_object()) wrong_kind(kind_, "an object");
  return *object_;
}

// The member with the key, else where it belongs: before which, or the end.
template <KeyOrder order>
JsonMember<order>* BasicJson<order>::place_of(std::string_view key) const {
  Member* const begin = object_->data();
  Member* const end = begin + object_->size();
  if (order == KeyOrder::kSorted) {
    return std::lower_bound(begin, end, key,
                            [](const Member& a, std::string_view b) { return a.key < b; });
  }
  return std::find_if(begin, end, [key](const Member& member) { return member.key == key; });
}

template <KeyOrder order>
const BasicJson<order>* BasicJson<order>::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  const Member* const place = place_of(key);
  const bool found = place != object_->data() + object_->size() && place->key == key;
  return found ? &place->value : nullptr;
}

template <KeyOrder order>
const BasicJson<order>& BasicJson<order>::at(std::string_view key) const {
  if (!is_object()) wrong_kind(kind_, "an object");
  const BasicJson* const value = find(key);
  if (value == nullptr) throw JsonError(fmt::format("{} is missing", key), 0);
  return *value;
}

template <KeyOrder order>
BasicJson<order>& BasicJson<order>::operator[](std::string_view key) {
  become(JsonKind::kObject, "an object");
  const Member* const place = place_of(key);
  const auto at = object_->begin() + (place - object_->data());
  if (at != object_->end() && at->key == key) return at->value;
  return object_->insert(at, Member{std::string(key), {}})->value;
}

template <KeyOrder order>
void BasicJson<order>::append(std::string key, BasicJson value) {
  become(JsonKind::kObject, "an object");
  object_->push_back({std::move(key), std::move(value)});
}

template <KeyOrder order>
void BasicJson<order>::update(const BasicJson& other) {
  for (const auto& [key, value] : other.items()) (*this)[key] = value;
}

template <KeyOrder order>
bool BasicJson<order>::equals(const BasicJson& other) const {
  if (is_number() && other.is_number()) {
    if (kind_ == JsonKind::kReal || other.kind_ == JsonKind::kReal) return real() == other.real();
    // Of two kinds: the bits of a negative one are those of an unsigned one beyond 2^63.
    return integer_ == other.integer_ && (kind_ == other.kind_ || integer_ >= 0);
  }
  if (kind_ != other.kind_) return false;
  switch (kind_) {
    case JsonKind::kBoolean:
      return boolean_ == other.boolean_;
    case JsonKind::kText:
      return *text_ == *other.text_;
    case JsonKind::kArray:
      return *array_ == *other.array_;
    case JsonKind::kObject:
      return std::equal(
          object_->begin(), object_->end(), other.object_->begin(), other.object_->end(),
          [](const Member& a, const Member& b) { return a.key == b.key && a.value == b.value; });
    default:
      return true;
  }
}

template class BasicJson<KeyOrder::kSorted>;
template class BasicJson<KeyOrder::kInserted>;

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
