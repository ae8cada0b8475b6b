// Element types of safetensors files, with the format's names.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace charrnn {

enum class Dtype { kF64, kI64, kU64, kF32, kI32, kU32, kF16, kBf16, kU8 };

struct DtypeTraits {
  Dtype dtype;
  std::string_view name;
  int bytes;
  bool real;
};

// By alignment, the largest first: the order of tensors in a file.
inline constexpr std::array<DtypeTraits, 9> kDtypes = {{{Dtype::kF64, "F64", 8, true},
                                                        {Dtype::kI64, "I64", 8, false},
                                                        {Dtype::kU64, "U64", 8, false},
                                                        {Dtype::kF32, "F32", 4, true},
                                                        {Dtype::kI32, "I32", 4, false},
                                                        {Dtype::kU32, "U32", 4, false},
                                                        {Dtype::kF16, "F16", 2, true},
                                                        {Dtype::kBf16, "BF16", 2, true},
                                                        {Dtype::kU8, "U8", 1, false}}};

constexpr const DtypeTraits& dtype_traits(Dtype dtype) { return kDtypes[static_cast<int>(dtype)]; }

// The dtype of a C++ type.
template <class Number>
constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<Number, double>) return Dtype::kF64;
  if constexpr (std::is_same_v<Number, float>) return Dtype::kF32;
  if constexpr (std::is_same_v<Number, int64_t>) return Dtype::kI64;
  if constexpr (std::is_same_v<Number, uint64_t>) return Dtype::kU64;
  if constexpr (std::is_same_v<Number, int32_t>) return Dtype::kI32;
  if constexpr (std::is_same_v<Number, uint32_t>) return Dtype::kU32;
  if constexpr (std::is_same_v<Number, uint8_t>) return Dtype::kU8;
}

}  // namespace charrnn
