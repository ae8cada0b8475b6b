#include "export/weight_type.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "model/half.h"

namespace charrnn {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"f32", "f16", "int8"};
constexpr float kLargestHalf = 65504;
constexpr float kInt8Steps = 127;

// Files are little-endian, and so is every processor that this is built for.
static_assert(std::endian::native == std::endian::little);

template <class Number>
void append_bytes(std::string& bytes, Number value) {
  char copy[sizeof value];
  std::memcpy(copy, &value, sizeof value);
  bytes.append(copy, sizeof value);
}

template <class Number>
Number value_at(const std::string& bytes, size_t index) {
  Number value;
  std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
  return value;
}

// scale = max |w| / 127, so that 127 is the largest. A row of zeros has any scale but zero.
float row_scale(std::span<const float> row) {
  float largest = 0;
  for (const float value : row) largest = std::max(largest, std::abs(value));
  const float scale = largest / kInt8Steps;
  return scale > 0 ? scale : 1;
}

}  // namespace

std::string_view weight_type_name(WeightType type) { return kNames[static_cast<size_t>(type)]; }

uint16_t nearest_half(float value) {
  const float size = std::min(std::abs(value), kLargestHalf);
  // Steps of 2^-24 up to 2^-14, above that of 2^-10 times the value's power of two.
  int exponent = 0;
  std::frexp(size, &exponent);  // size = f * 2^exponent, 0.5 <= f < 1
  const int step = std::max(exponent - 11, -24);
  const float rounded =
      std::min(std::ldexp(std::nearbyint(std::ldexp(size, -step)), step), kLargestHalf);
  const uint32_t bits = std::bit_cast<uint32_t>(rounded);
  const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
  if (rounded < 0x1p-14f) return sign | static_cast<uint16_t>(std::ldexp(rounded, 24));
  return sign | static_cast<uint16_t>((bits >> 13) - (112u << 10));
}

StoredMatrix store_matrix(std::span<const float> values, int64_t rows, WeightType type) {
  StoredMatrix stored;
  const size_t columns = rows == 0 ? 0 : values.size() / static_cast<size_t>(rows);
  if (type == WeightType::kFloat32) {
    for (const float value : values) append_bytes(stored.bytes, value);
  } else if (type == WeightType::kFloat16) {
    for (const float value : values) append_bytes(stored.bytes, nearest_half(value));
  } else {
    for (size_t begin = 0; begin < values.size(); begin += columns) {
      const auto row = values.subspan(begin, columns);
      const float scale = row_scale(row);
      stored.scales.push_back(scale);
      for (const float value : row) {
        const float steps = std::clamp(std::nearbyint(value / scale), -kInt8Steps, kInt8Steps);
        append_bytes(stored.bytes, static_cast<int8_t>(steps));
      }
    }
  }
  return stored;
}

std::vector<float> stored_values(const StoredMatrix& stored, WeightType type) {
  std::vector<float> values;
  if (type == WeightType::kFloat32) {
    values.resize(stored.bytes.size() / sizeof(float));
    for (size_t i = 0; i < values.size(); ++i) values[i] = value_at<float>(stored.bytes, i);
  } else if (type == WeightType::kFloat16) {
    values.resize(stored.bytes.size() / sizeof(uint16_t));
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = half_to_float(value_at<uint16_t>(stored.bytes, i));
    }
  } else {
    values.resize(stored.bytes.size());
    const size_t columns = stored.scales.empty() ? 1 : values.size() / stored.scales.size();
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] =
          static_cast<float>(value_at<int8_t>(stored.bytes, i)) * stored.scales[i / columns];
    }
  }
  return values;
}

Parameters rounded_parameters(const Parameters& parameters, WeightType type) {
  Parameters rounded = parameters;
  for (size_t i = 0; i < rounded.layout().size(); ++i) {
    const TensorInfo& info = rounded.layout()[i];
    if (info.shape.size() < 2 || (i == 0 && rounded.config().one_hot)) continue;
    const std::span<float> values = rounded.tensor(static_cast<int>(i));
    std::ranges::copy(stored_values(store_matrix(values, info.shape[0], type), type),
                      values.begin());
  }
  return rounded;
}

}  // namespace charrnn
