#include "model/torch/pickle.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "model/torch/torch_hint.h"
#include "text/characters/display.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

using Kind = PickleValue::Kind;

static_assert(std::endian::native == std::endian::little, "the format's numbers are little-endian");

enum class Role { kOrderedDict, kTensor, kParameter, kSize, kStorageType };

struct Global {
  std::string_view module;
  std::string_view name;
  Role role;
  std::string_view dtype;  // of a storage's type
};

// All that a pickle may name.
constexpr std::array<Global, 12> kGlobals = {{
    {"collections", "OrderedDict", Role::kOrderedDict, ""},
    {"torch._utils", "_rebuild_tensor", Role::kTensor, ""},
    {"torch._utils", "_rebuild_tensor_v2", Role::kTensor, ""},
    {"torch._utils", "_rebuild_parameter", Role::kParameter, ""},
    {"torch", "Size", Role::kSize, ""},
    {"torch", "DoubleStorage", Role::kStorageType, "F64"},
    {"torch", "FloatStorage", Role::kStorageType, "F32"},
    {"torch", "HalfStorage", Role::kStorageType, "F16"},
    {"torch", "BFloat16Storage", Role::kStorageType, "BF16"},
    {"torch", "LongStorage", Role::kStorageType, "I64"},
    {"torch", "IntStorage", Role::kStorageType, "I32"},
    {"torch", "ByteStorage", Role::kStorageType, "U8"},
}};

const Global& global_of(const PickleValue& value) {
  return kGlobals[static_cast<size_t>(value.integer)];
}

// How a tensor names its storage: "storage", type, key, device, number of elements.
constexpr size_t kStorageItems = 5;
constexpr size_t kTensorItems = 4;
constexpr size_t kMaxSizeItems = 32;  // a call copies no more than these

}  // namespace

std::string_view storage_dtype(const PickleValue& type) {
  return type.kind == Kind::kGlobal ? global_of(type).dtype : std::string_view();
}

// The stack machine.
class PickleReader {
 public:
  PickleReader(std::string_view content, const std::string& path, std::deque<PickleValue>& values)
      : content_(content), path_(path), values_(values) {}

  const PickleValue* read() {
    while (true) {
      const auto instruction = number<uint8_t>();
      if (instruction == '.') return pop();
      if (!simple(instruction) && !containers(instruction) && !memory(instruction)) {
        refuse(fmt::format("its instruction {:#04x} is none that plain tensors need", instruction));
      }
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorKind::kModel, "bad_pickle",
                fmt::format("a pickle can run code, so it is read only where it holds plain "
                            "tensors: {} (at byte {} of its pickle, {})",
                            why, position_, path_),
                std::string(kTorchHint));
  }

  // ---- The program
  std::string_view bytes(uint64_t size) {
    if (size > content_.size() - position_) refuse("it is cut off");
    const std::string_view part = content_.substr(position_, size);
    position_ += size;
    return part;
  }

  template <class Number>
  Number number() {
    Number value;
    std::memcpy(&value, bytes(sizeof(value)).data(), sizeof(value));
    return value;
  }

  std::string_view line() {
    const size_t end = content_.find('\n', position_);
    if (end == content_.npos) refuse("it is cut off");
    const std::string_view text = content_.substr(position_, end - position_);
    position_ = end + 1;
    return text;
  }

  // ---- The stack
  PickleValue* push(PickleValue value) {
    values_.push_back(std::move(value));
    stack_.push_back(&values_.back());
    return &values_.back();
  }
  void push_integer(int64_t value, Kind kind = Kind::kInteger) {
    push({.kind = kind, .integer = value});
  }
  void push_text(uint64_t size) {
    const std::string_view text = bytes(size);
    if (find_utf8_fault(text)) refuse("a text in it is not UTF-8");
    push({.kind = Kind::kText, .text = text});
  }

  // What lies above the last mark belongs to a container that is yet to be closed.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleValue* top() const {
    if (stack_.size() <= floor()) refuse("its stack is empty");
    return stack_.back();
  }
  PickleValue* pop() {
    PickleValue* value = top();
    stack_.pop_back();
    return value;
  }
  // What was pushed since the last mark, which goes too.
  std::vector<const PickleValue*> pop_marked() {
    if (marks_.empty()) refuse("its stack has no mark");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const PickleValue*> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }
  void push_tuple_of(int count) {
    std::vector<const PickleValue*> items(static_cast<size_t>(count));
    for (int i = count; i-- > 0;) items[static_cast<size_t>(i)] = pop();
    push({.kind = Kind::kSequence, .items = std::move(items)});
  }

  // ---- Instructions
  // Numbers, texts and other values without parts.
  bool simple(uint8_t instruction) {
    switch (instruction) {
      case 0x80:  // PROTO
        if (number<uint8_t>() > 5) refuse("its protocol is unknown");
        return true;
      case 0x95:  // FRAME: a length that helps a reader of streams
        number<uint64_t>();
        return true;
      case 'N':
        return push({}), true;
      case 0x88:
        return push_integer(1, Kind::kBool), true;
      case 0x89:
        return push_integer(0, Kind::kBool), true;
      case 'J':
        return push_integer(number<int32_t>()), true;
      case 'K':
        return push_integer(number<uint8_t>()), true;
      case 'M':
        return push_integer(number<uint16_t>()), true;
      case 0x8A:  // LONG1
        return push_long(), true;
      case 'G':  // BINFLOAT; no value that is read is one
        bytes(8);
        return push({.kind = Kind::kReal}), true;
      case 'X':
        return push_text(number<uint32_t>()), true;
      case 0x8C:
        return push_text(number<uint8_t>()), true;
      default:
        return false;
    }
  }

  // Two's complement, of as many bytes as it needs.
  void push_long() {
    const std::string_view digits = bytes(number<uint8_t>());
    if (digits.size() > 8) refuse("a number in it is too large");
    uint64_t value = !digits.empty() && (digits.back() & 0x80) != 0 ? ~uint64_t{0} : 0;
    std::memcpy(&value, digits.data(), digits.size());
    push_integer(static_cast<int64_t>(value));
  }

  bool containers(uint8_t instruction) {
    switch (instruction) {
      case '}':
        return push({.kind = Kind::kDict}), true;
      case ']':
      case ')':
        return push({.kind = Kind::kSequence}), true;
      case '(':
        return marks_.push_back(stack_.size()), true;
      case 't': {
        std::vector<const PickleValue*> items = pop_marked();
        return push({.kind = Kind::kSequence, .items = std::move(items)}), true;
      }
      case 0x85:
      case 0x86:
      case 0x87:
        return push_tuple_of(instruction - 0x84), true;
      case 'a': {
        const PickleValue* item = pop();
        return add(Kind::kSequence, {item}), true;
      }
      case 'e':
        return add(Kind::kSequence, pop_marked()), true;
      case 's': {
        const PickleValue* value = pop();
        const PickleValue* key = pop();
        return add(Kind::kDict, {key, value}), true;
      }
      case 'u':
        return add(Kind::kDict, pop_marked()), true;
      default:
        return false;
    }
  }

  // To the container on top of the stack.
  void add(Kind kind, const std::vector<const PickleValue*>& items) {
    PickleValue* container = top();
    if (container->kind != kind) refuse("it adds to what is no container");
    if (kind == Kind::kDict && items.size() % 2 != 0) refuse("a key in it has no value");
    container->items.insert(container->items.end(), items.begin(), items.end());
  }

  // Names of functions and of values; calls.
  bool memory(uint8_t instruction) {
    switch (instruction) {
      case 'q':
        return memo_[number<uint8_t>()] = top(), true;
      case 'r':
        return memo_[number<uint32_t>()] = top(), true;
      case 0x94: {  // MEMOIZE: at the next place
        const auto place = static_cast<uint32_t>(memo_.size());
        return memo_[place] = top(), true;
      }
      case 'h':
        return recall(number<uint8_t>()), true;
      case 'j':
        return recall(number<uint32_t>()), true;
      case 'c': {
        const std::string_view module = line();
        return push_global(module, line()), true;
      }
      case 0x93: {  // STACK_GLOBAL
        const PickleValue* name = pop();
        const PickleValue* module = pop();
        return push_global(module->text, name->text), true;
      }
      case 'Q':
        return push_storage(), true;
      case 'R':
        return call(), true;
      case 'b':
        return build(), true;
      default:
        return false;
    }
  }

  void recall(uint32_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) refuse("it refers to a value that is not there");
    stack_.push_back(found->second);
  }

  void push_global(std::string_view module, std::string_view name) {
    const auto found = std::ranges::find_if(kGlobals, [&](const Global& global) {
      return global.module == module && global.name == name;
    });
    if (found == kGlobals.end()) {
      refuse(fmt::format("it names {}", in_quotes(fmt::format("{}.{}", module.substr(0, 100),
                                                              name.substr(0, 100)))));
    }
    push_integer(found - kGlobals.begin(), Kind::kGlobal);
  }

  // The values of tensors are in other files of the archive.
  void push_storage() {
    const PickleValue* id = pop();
    if (id->kind != Kind::kSequence || id->items.size() < kStorageItems ||
        id->items[0]->text != "storage" || storage_dtype(*id->items[1]).empty()) {
      refuse("it refers to something outside that is no storage of numbers");
    }
    push({.kind = Kind::kStorage, .items = {id->items.begin(), id->items.begin() + kStorageItems}});
  }

  void call() {
    const PickleValue* arguments = pop();
    const PickleValue* function = pop();
    if (function->kind != Kind::kGlobal || arguments->kind != Kind::kSequence) {
      refuse("it calls what is no function");
    }
    const auto& items = arguments->items;
    switch (global_of(*function).role) {
      case Role::kOrderedDict:
        if (!items.empty()) break;
        push({.kind = Kind::kDict});
        return;
      case Role::kTensor:
        if (items.size() < kTensorItems || items[0]->kind != Kind::kStorage) break;
        push({.kind = Kind::kTensor, .items = {items.begin(), items.begin() + kTensorItems}});
        return;
      case Role::kParameter:
        if (items.empty() || items[0]->kind != Kind::kTensor) break;
        push(*items[0]);
        return;
      case Role::kSize:
        if (items.size() != 1 || items[0]->kind != Kind::kSequence) break;
        if (items[0]->items.size() > kMaxSizeItems) break;
        push(*items[0]);
        return;
      case Role::kStorageType:
        break;
    }
    refuse(
        fmt::format("it calls {} with other arguments than a tensor's", global_of(*function).name));
  }

  // Attributes of a dict, such as a state dict's _metadata: nothing that is read.
  void build() {
    const PickleValue* attributes = pop();
    if (attributes->kind != Kind::kDict || top()->kind != Kind::kDict) {
      refuse("it sets attributes of what is no dict");
    }
  }

  std::string_view content_;
  const std::string& path_;
  std::deque<PickleValue>& values_;
  size_t position_ = 0;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;  // sizes of the stack
  std::unordered_map<uint32_t, PickleValue*> memo_;
};

Pickle::Pickle(std::string_view content, const std::string& path) {
  value_ = PickleReader(content, path, values_).read();
}

}  // namespace charrnn
