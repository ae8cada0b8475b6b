#include "model/file/torch/pickle.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMaxValues = 1'000'000;  // a tensor takes about twenty
constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kParameter = "torch._utils._rebuild_parameter";

struct StorageClass {
  std::string_view name;
  bool known;  // model files have such numbers
  Dtype dtype;
};
constexpr std::array<StorageClass, 10> kStorages = {{
    {"torch.FloatStorage", true, Dtype::kF32},
    {"torch.DoubleStorage", true, Dtype::kF64},
    {"torch.HalfStorage", true, Dtype::kF16},
    {"torch.BFloat16Storage", true, Dtype::kBf16},
    {"torch.LongStorage", true, Dtype::kI64},
    {"torch.IntStorage", true, Dtype::kI32},
    {"torch.ByteStorage", true, Dtype::kU8},
    {"torch.ShortStorage", false, Dtype::kU8},
    {"torch.CharStorage", false, Dtype::kU8},
    {"torch.BoolStorage", false, Dtype::kU8},
}};

const StorageClass* find_storage(std::string_view name) {
  const auto found = std::ranges::find(kStorages, name, &StorageClass::name);
  return found == kStorages.end() ? nullptr : &*found;
}

bool is_allowed(std::string_view name) {
  return name == kOrderedDict || name == kTensor || name == kParameter ||
         find_storage(name) != nullptr;
}

}  // namespace

void throw_not_plain(const std::string& why, const std::string& path) {
  throw Error(
      ErrorKind::kModel, "not_a_state_dict",
      fmt::format("not a plain state dict of PyTorch: {} ({})", why, path),
      "where you trust its source, save the tensors alone: python3 -c \"import torch; torch.save("
      "torch.load('FILE', map_location='cpu', weights_only=False).state_dict(), 'model.pt')\"; "
      "without .state_dict() where it is a dict, and with the model's ['key'] in its place");
}

bool Pickle::find_dtype(std::string_view storage_class, Dtype& dtype) {
  const StorageClass* found = find_storage(storage_class);
  if (found == nullptr || !found->known) return false;
  dtype = found->dtype;
  return true;
}

// The machine that the instructions are for: a stack, marks in it, and numbered values.
class PickleReader {
 public:
  PickleReader(std::string_view content, std::string path, Pickle& out)
      : rest_(content), path_(std::move(path)), values_(out.values_) {}

  uint32_t read() {
    while (true) {
      const auto code = number<uint8_t>();
      if (code == '.') return pop();
      if (!build(code) && !read_scalar(code) && !use_memo(code) && !use_global(code)) {
        throw_not_plain(fmt::format("it has an instruction of pickle that is not followed, "
                                    "{:#04x}",
                                    code),
                        path_);
      }
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorKind::kModel, "bad_pickle", fmt::format("its data.pkl is damaged ({})", path_),
                "copy the file again");
  }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) fail();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <class Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof(Number)).data(), sizeof(Number));
    return value;
  }
  std::string_view line() {
    const size_t end = rest_.find('\n');
    if (end == std::string_view::npos) fail();
    const std::string_view taken = take(end);
    take(1);
    return taken;
  }

  PickleValue& value(uint32_t place) { return values_[place]; }
  void push(uint32_t place) { stack_.push_back(place); }
  PickleValue& make(Kind kind) {
    if (values_.size() >= kMaxValues) {
      throw_not_plain(fmt::format("it has more than {} values", kMaxValues), path_);
    }
    push(static_cast<uint32_t>(values_.size()));
    values_.push_back({kind, 0, {}, {}});
    return values_.back();
  }
  void make_integer(Kind kind, int64_t integer) { make(kind).integer = integer; }

  // What lies above the newest mark is out of reach until the mark is taken away.
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  uint32_t top() const {
    if (stack_.size() <= floor()) fail();
    return stack_.back();
  }
  uint32_t pop() {
    const uint32_t place = top();
    stack_.pop_back();
    return place;
  }
  std::vector<uint32_t> pop_many(size_t count) {
    if (stack_.size() - floor() < count) fail();
    std::vector<uint32_t> places(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return places;
  }
  std::vector<uint32_t> pop_to_mark() {
    if (marks_.empty()) fail();
    std::vector<uint32_t> places = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return places;
  }
  void make_tuple(std::vector<uint32_t> parts) { make(Kind::kTuple).parts = std::move(parts); }
  void extend(Kind kind, const std::vector<uint32_t>& parts) {
    PickleValue& whole = value(top());
    if (whole.kind != kind || (kind == Kind::kDict && parts.size() % 2 != 0)) fail();
    whole.parts.insert(whole.parts.end(), parts.begin(), parts.end());
  }

  // Tuples, lists and dicts.
  bool build(uint8_t code) {
    switch (code) {
      case '(':  // MARK
        marks_.push_back(stack_.size());
        break;
      case ')':  // EMPTY_TUPLE
        make(Kind::kTuple);
        break;
      case ']':  // EMPTY_LIST
        make(Kind::kList);
        break;
      case '}':  // EMPTY_DICT
        make(Kind::kDict);
        break;
      case 't':  // TUPLE
        make_tuple(pop_to_mark());
        break;
      case 0x85:  // TUPLE1 to 3
      case 0x86:
      case 0x87:
        make_tuple(pop_many(code - 0x84));
        break;
      case 'a':  // APPEND
        extend(Kind::kList, pop_many(1));
        break;
      case 'e':  // APPENDS
        extend(Kind::kList, pop_to_mark());
        break;
      case 's':  // SETITEM
        extend(Kind::kDict, pop_many(2));
        break;
      case 'u':  // SETITEMS
        extend(Kind::kDict, pop_to_mark());
        break;
      default:
        return false;
    }
    return true;
  }

  bool read_scalar(uint8_t code) {
    switch (code) {
      case 0x80:  // PROTO
        if (number<uint8_t>() > 5) throw_not_plain("its pickle is of a newer protocol", path_);
        break;
      case 0x95:  // FRAME
        take(8);
        break;
      case 'N':  // NONE
        make(Kind::kNone);
        break;
      case 0x88:  // NEWTRUE, NEWFALSE
      case 0x89:
        make_integer(Kind::kBool, code == 0x88);
        break;
      case 'J':  // BININT
        make_integer(Kind::kInteger, number<int32_t>());
        break;
      case 'K':  // BININT1
        make_integer(Kind::kInteger, number<uint8_t>());
        break;
      case 'M':  // BININT2
        make_integer(Kind::kInteger, number<uint16_t>());
        break;
      case 0x8a:  // LONG1
        read_long();
        break;
      case 'G':  // BINFLOAT
        take(8);
        make(Kind::kReal);
        break;
      case 'X':  // BINUNICODE
        read_text(number<uint32_t>());
        break;
      case 0x8c:  // SHORT_BINUNICODE
        read_text(number<uint8_t>());
        break;
      case 0x8d:  // BINUNICODE8
        read_text(number<uint64_t>());
        break;
      default:
        return false;
    }
    return true;
  }
  void read_text(uint64_t size) {
    const std::string_view text = take(size);
    make(Kind::kText).text = text;
  }
  // Two's complement, little-endian, of as few bytes as it takes.
  void read_long() {
    const std::string_view bytes = take(number<uint8_t>());
    if (bytes.size() > 8) throw_not_plain("it has a number of more than 64 bits", path_);
    uint64_t bits = !bytes.empty() && bytes.back() < 0 ? ~uint64_t{0} : 0;
    std::memcpy(&bits, bytes.data(), bytes.size());
    make_integer(Kind::kInteger, static_cast<int64_t>(bits));
  }

  bool use_memo(uint8_t code) {
    switch (code) {
      case 'q':  // BINPUT
        memo_[number<uint8_t>()] = top();
        break;
      case 'r':  // LONG_BINPUT
        memo_[number<uint32_t>()] = top();
        break;
      case 0x94:  // MEMOIZE
        memo_[static_cast<uint32_t>(memo_.size())] = top();
        break;
      case 'h':  // BINGET
        recall(number<uint8_t>());
        break;
      case 'j':  // LONG_BINGET
        recall(number<uint32_t>());
        break;
      default:
        return false;
    }
    return true;
  }
  void recall(uint32_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end() || stack_.size() > kMaxValues) fail();
    push(found->second);
  }

  bool use_global(uint8_t code) {
    switch (code) {
      case 'c': {  // GLOBAL
        const std::string_view module = line();
        make_global(module, line());
        break;
      }
      case 0x93: {  // STACK_GLOBAL
        const std::vector<uint32_t> names = pop_many(2);
        make_global(text_of(names[0]), text_of(names[1]));
        break;
      }
      case 'R':  // REDUCE
        reduce();
        break;
      case 'Q':  // BINPERSID
        make_storage();
        break;
      case 'b':  // BUILD
        pop();   // an OrderedDict's attributes: PyTorch's versions of its modules
        if (value(top()).kind != Kind::kDict) fail();
        break;
      default:
        return false;
    }
    return true;
  }
  std::string_view text_of(uint32_t place) {
    if (value(place).kind != Kind::kText) fail();
    return value(place).text;
  }
  void make_global(std::string_view module, std::string_view name) {
    const std::string whole = fmt::format("{}.{}", module, name);
    if (!is_allowed(whole)) {
      throw_not_plain(
          fmt::format("it asks for {}, which is not run", in_quotes(whole.substr(0, 100))), path_);
    }
    // The views of the lists live as long as the program.
    const StorageClass* storage = find_storage(whole);
    make(Kind::kGlobal).text = storage != nullptr      ? storage->name
                               : whole == kOrderedDict ? kOrderedDict
                               : whole == kTensor      ? kTensor
                                                       : kParameter;
  }

  // What a call of one of the functions would return.
  void reduce() {
    const std::vector<uint32_t> call = pop_many(2);
    if (value(call[0]).kind != Kind::kGlobal || value(call[1]).kind != Kind::kTuple) fail();
    const std::string_view function = value(call[0]).text;
    const std::vector<uint32_t>& arguments = value(call[1]).parts;
    if (function == kOrderedDict && arguments.empty()) {
      make(Kind::kDict);
    } else if (function == kParameter && !arguments.empty()) {
      push(arguments[0]);  // (tensor, requires_grad, hooks)
    } else if (function == kTensor && arguments.size() >= 4) {
      // (storage, first element, shape, strides, requires_grad, hooks)
      if (value(arguments[1]).kind != Kind::kInteger) fail();
      PickleValue tensor{Kind::kTensor,
                         value(arguments[1]).integer,
                         {},
                         {arguments[0], arguments[2], arguments[3]}};
      make(Kind::kTensor) = std::move(tensor);
    } else {
      throw_not_plain(fmt::format("it calls {} in an unknown way", function), path_);
    }
  }

  // ('storage', class, key, device, elements)
  void make_storage() {
    const PickleValue& id = value(pop());
    if (id.kind != Kind::kTuple || id.parts.size() < 5 || text_of(id.parts[0]) != "storage" ||
        value(id.parts[1]).kind != Kind::kGlobal || value(id.parts[4]).kind != Kind::kInteger) {
      throw_not_plain("its tensors lie where PyTorch does not put them", path_);
    }
    PickleValue storage{
        Kind::kStorage, value(id.parts[4]).integer, text_of(id.parts[2]), {id.parts[1]}};
    make(Kind::kStorage) = std::move(storage);
  }

  std::string_view rest_;
  std::string path_;
  std::vector<PickleValue>& values_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint32_t, uint32_t> memo_;
};

Pickle::Pickle(std::string_view content, std::string path) {
  root_ = PickleReader(content, std::move(path), *this).read();
}

}  // namespace charrnn
