// The types in which an exported file stores matrices, and the values that come back from them.
// Biases stay float32.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/parameters.h"

namespace charrnn {

enum class WeightType {
  kFloat32,
  kFloat16,  // IEEE 754 binary16, rounded to nearest, ties to even; the largest where it overflows
  kInt8,     // a row's values are its scale times -127 to 127
};

std::string_view weight_type_name(WeightType type);  // f32, f16, int8

// The bits of the nearest binary16; of values too large for it, those of the largest finite one.
uint16_t nearest_half(float value);

// A matrix as it lies in a file: little-endian, row-major.
struct StoredMatrix {
  std::string bytes;
  std::vector<float> scales;  // of each row; of kInt8 alone
};

StoredMatrix store_matrix(std::span<const float> values, int64_t rows, WeightType type);

// What a reader makes of it: float32 values, [rows][values / rows].
std::vector<float> stored_values(const StoredMatrix& stored, WeightType type);

// The parameters as a reader has them. A one-hot embedding stays the identity.
Parameters rounded_parameters(const Parameters& parameters, WeightType type);

}  // namespace charrnn
