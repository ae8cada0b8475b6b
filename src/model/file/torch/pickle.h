// A pickled value as PyTorch writes state dicts, read without running anything: of the pickle's
// instructions those that build plain values, and of the functions it may name those of the list in
// pickle.cc, which are not called either: what they would return is put together here.
// Format: CPython's Lib/pickletools.py, protocols 2 to 5.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/dtype.h"

namespace charrnn {

struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInteger,
    kReal,
    kText,
    kTuple,
    kList,
    kDict,
    kGlobal,
    kStorage,
    kTensor
  };
  Kind kind = Kind::kNone;
  int64_t integer = 0;  // kBool, kInteger; kStorage: how many elements; kTensor: its first element
  std::string_view text;  // kText; kGlobal: its name, with a dot; kStorage: its key
  // The places of its parts. kDict: key, value, key, …; kTensor: storage, shape, strides.
  std::vector<uint32_t> parts;
};

class Pickle {
 public:
  // Borrows the content; path is for messages. Throws Error (kModel) where the pickle asks for
  // anything else, is damaged, or has more than a million values.
  Pickle(std::string_view content, std::string path);

  const PickleValue& root() const { return values_[root_]; }
  const PickleValue& at(uint32_t place) const { return values_[place]; }

  // Of a storage of PyTorch by its class, such as torch.FloatStorage: false where model files have
  // no such numbers.
  static bool find_dtype(std::string_view storage_class, Dtype& dtype);

 private:
  friend class PickleReader;
  std::vector<PickleValue> values_;
  uint32_t root_ = 0;
};

// Says that a PyTorch file is not a plain state dict, and how to make one of it.
[[noreturn]] void throw_not_plain(const std::string& why, const std::string& path);

}  // namespace charrnn
