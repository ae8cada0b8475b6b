// Reads pickles that hold tensors in plain dicts, lists and tuples. A pickle is a program for a
// stack machine, which may call any function of Python; this reader knows the instructions that
// build plain values and, of all functions, those that put a tensor or an OrderedDict together
// (kGlobals in pickle.cc). Anything else is refused; nothing is ever executed.
// Format: pickletools.py of Python has each instruction.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace charrnn {

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInteger,
    kReal,
    kText,
    kSequence,
    kDict,
    kGlobal,
    kStorage,
    kTensor
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;    // kBool, kInteger; kGlobal: its place in the list of those allowed
  std::string_view text;  // kText: UTF-8, a part of the pickle
  // kSequence (a tuple or a list): its items. kDict: key, value, key, value, … in the order of
  // insertion, a later one in place of an earlier one of the same key.
  // kStorage: what names it: "storage", its type (kGlobal), key, device, number of elements.
  // kTensor: storage, offset in elements, shape, strides.
  std::vector<const PickleValue*> items;
};

// The element type of a storage's type, a kGlobal: "F32". Empty for other values.
std::string_view storage_dtype(const PickleValue& type);

class Pickle {
 public:
  // Borrows the content; path is for messages. Memory is bounded by a multiple of its size. Values
  // may contain themselves, so whoever walks them bounds the depth. Throws Error (kModel).
  Pickle(std::string_view content, const std::string& path);

  const PickleValue& value() const { return *value_; }

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;
  const PickleValue* value_ = nullptr;
};

}  // namespace charrnn
