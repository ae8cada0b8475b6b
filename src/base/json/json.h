// JSON within bounds: nesting of 64 at most, no duplicate keys, numbers that are what they seem.
//
// What we read is a JsonValue, its keys sorted; what we write is a JsonOutput, its keys in the
// order in which they were put in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace charrnn {

class JsonError : public std::runtime_error {
 public:
  JsonError(const std::string& why, size_t offset) : std::runtime_error(why), offset_(offset) {}
  size_t offset() const { return offset_; }  // in bytes; 0 where it is about a value

 private:
  size_t offset_;
};

enum class JsonKind : uint8_t {
  kNull,
  kBoolean,
  kInteger,   // below 0, or put in as a signed type
  kUnsigned,  // read from text without a sign, or put in as an unsigned type
  kReal,
  kText,
  kArray,
  kObject
};

enum class KeyOrder { kSorted, kInserted };

template <KeyOrder order>
struct JsonMember;

// Sixteen bytes: the kind, and the value or a pointer that is owned. What asks a value for
// something that it is not throws JsonError.
//
// A list in braces is an object where each of its elements is a list of a text and a value, else an
// array: {{"id", 1}, {"top", {1, 2}}}.
template <KeyOrder order>
class BasicJson {
 public:
  using Member = JsonMember<order>;
  using Array = std::vector<BasicJson>;
  using Object = std::vector<Member>;

  // An element of a list in braces. It is mutable because such lists are const, and what is built
  // once need not be copied out of them.
  class Item {
   public:
    template <class T>
    requires std::is_constructible_v<BasicJson, T> Item(T&& value)
        : value_(std::forward<T>(value)) {}
    Item(std::initializer_list<Item> list) : value_(list) {}

   private:
    friend class BasicJson;
    mutable BasicJson value_;
  };

  BasicJson() noexcept {}
  BasicJson(std::nullptr_t) noexcept {}
  template <class T>
  requires std::is_arithmetic_v<T> BasicJson(T value)
  noexcept {
    if constexpr (std::is_same_v<T, bool>) {
      kind_ = JsonKind::kBoolean, boolean_ = value;
    } else if constexpr (std::is_floating_point_v<T>) {
      kind_ = JsonKind::kReal, real_ = value;
    } else if constexpr (std::is_unsigned_v<T>) {
      kind_ = JsonKind::kUnsigned, unsigned_ = value;
    } else {
      kind_ = JsonKind::kInteger, integer_ = value;
    }
  }
  BasicJson(std::string text);
  BasicJson(std::string_view text);
  BasicJson(const char* text) : BasicJson(std::string_view(text)) {}
  template <class T>
  BasicJson(const std::vector<T>& values) : BasicJson(array()) {
    for (const auto& value : values) push_back(value);
  }
  // A std::map of texts to anything.
  template <class T>
  requires requires {
    typename T::mapped_type;
    typename T::key_compare;
  }
  BasicJson(const T& members) : BasicJson(object()) {
    for (const auto& [key, value] : members) append(key, value);
  }
  BasicJson(std::initializer_list<Item> list);
  explicit(order == KeyOrder::kSorted) BasicJson(
      const BasicJson<order == KeyOrder::kSorted ? KeyOrder::kInserted : KeyOrder::kSorted>& other);

  BasicJson(const BasicJson& other);
  BasicJson(BasicJson&& other) noexcept { swap(other); }
  BasicJson& operator=(BasicJson other) noexcept {
    swap(other);
    return *this;
  }
  ~BasicJson() {
    if (kind_ >= JsonKind::kText) destroy();
  }

  static BasicJson array(Array elements = {});
  // The members' keys must differ, and be sorted where the order is kSorted.
  static BasicJson object(Object members = {});

  JsonKind kind() const { return kind_; }
  bool is_null() const { return kind_ == JsonKind::kNull; }
  bool is_boolean() const { return kind_ == JsonKind::kBoolean; }
  bool is_number() const { return kind_ >= JsonKind::kInteger && kind_ <= JsonKind::kReal; }
  bool is_number_integer() const { return is_number() && kind_ != JsonKind::kReal; }
  bool is_number_unsigned() const { return kind_ == JsonKind::kUnsigned; }
  bool is_string() const { return kind_ == JsonKind::kText; }
  bool is_array() const { return kind_ == JsonKind::kArray; }
  bool is_object() const { return kind_ == JsonKind::kObject; }

  // A number is cast to the type of number that is asked for; one whose whole part does not fit 64
  // bits is refused where an integer is wanted.
  template <class T>
  T get() const {
    if constexpr (std::is_same_v<T, bool>) {
      return boolean();
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(integer());
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(real());
    } else if constexpr (std::is_same_v<T, std::string>) {
      return text();
    } else {
      T values;  // a vector
      for (const BasicJson& value : *this) {
        values.push_back(value.template get<typename T::value_type>());
      }
      return values;
    }
  }
  const std::string& text() const;

  // Elements of an array and members of an object; none of anything else.
  size_t size() const;
  bool empty() const { return size() == 0; }

  // The elements of an array; null has none.
  const BasicJson* begin() const;
  const BasicJson* end() const { return begin() + size(); }
  const BasicJson& front() const { return at(0); }
  BasicJson& back();
  const BasicJson& at(size_t index) const;
  const BasicJson& operator[](size_t index) const { return at(index); }
  // null becomes an array.
  void push_back(BasicJson value);

  // The members of an object, each a key and a value; null has none.
  const Object& items() const;
  const BasicJson* find(std::string_view key) const;  // nullptr where there is none
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  const BasicJson& at(std::string_view key) const;
  const BasicJson& operator[](std::string_view key) const { return at(key); }
  // Adds the member where there is none; null becomes an object.
  BasicJson& operator[](std::string_view key);
  // Adds a member whose key is not there yet and comes last in the order: no search for it.
  void append(std::string key, BasicJson value);
  // Takes over the members of an object, those that are there already in their place.
  void update(const BasicJson& other);

  // Numbers are equal where their values are.
  friend bool operator==(const BasicJson& a, const BasicJson& b) { return a.equals(b); }

 private:
  bool boolean() const;
  int64_t integer() const;
  double real() const;
  bool equals(const BasicJson& other) const;
  void become(JsonKind kind, const char* wanted);
  Member* place_of(std::string_view key) const;
  void destroy() noexcept;
  void swap(BasicJson& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(unsigned_, other.unsigned_);
  }

  JsonKind kind_ = JsonKind::kNull;
  union {
    uint64_t unsigned_ = 0;
    int64_t integer_;
    double real_;
    bool boolean_;
    std::string* text_;
    Array* array_;
    Object* object_;
  };
};

template <KeyOrder order>
struct JsonMember {
  std::string key;
  BasicJson<order> value;
};

extern template class BasicJson<KeyOrder::kSorted>;
extern template class BasicJson<KeyOrder::kInserted>;

using JsonValue = BasicJson<KeyOrder::kSorted>;
using JsonOutput = BasicJson<KeyOrder::kInserted>;

struct JsonLimits {
  int max_depth = 64;
  size_t max_values = 1'000'000;  // values and keys together
};

// Throws JsonError.
JsonValue parse_json(std::string_view text, const JsonLimits& limits = {});

// One line. Text that is not UTF-8 has U+FFFD where it is broken, a number that is not finite is
// null; never throws for what is in `value`.
std::string dump_json(const JsonOutput& value);

// A whole number from 0 to max written as such (5, not 5.0, -0 or "5"), or JsonError naming `what`.
uint64_t json_unsigned(const JsonValue& value, std::string_view what,
                       uint64_t max = std::numeric_limits<uint64_t>::max());

// Any finite number, or JsonError naming `what`.
double json_real(const JsonValue& value, std::string_view what);

}  // namespace charrnn
