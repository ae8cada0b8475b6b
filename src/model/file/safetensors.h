// Safetensors files: named tensors and string metadata in one file. Used for models and
// checkpoints.
//
//   const SafetensorsFile file = SafetensorsFile::read(path);
//   std::vector<float> m = file.values<float>("optimizer.first_moment");
//   std::string step = file.metadata().at("step");
//
//   write_safetensors(path, {{"random", {624}, std::span<const uint32_t>(state)}},
//                     {{"step", "7"}});
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files/file_system.h"
#include "model/file/safetensors_header.h"

namespace charrnn {

// One whole file in memory, checked. All errors are Error (kModel) unless stated.
class SafetensorsFile {
 public:
  // Also throws kIo. Nothing is allocated beyond a small multiple of the file's size.
  static SafetensorsFile read(const std::string& path);
  // content: a whole file; path: for messages.
  SafetensorsFile(std::string content, std::string path);

  const std::string& path() const { return path_; }
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  const std::vector<SafetensorsEntry>& entries() const { return header_.entries; }
  uint64_t bytes() const { return content_.size(); }

  const SafetensorsEntry* find(std::string_view name) const;  // nullptr where there is none
  const SafetensorsEntry& at(std::string_view name) const;    // throws where there is none

  // A tensor's bytes, valid while the file object lives; without alignment.
  std::string_view data(const SafetensorsEntry& entry) const;

  // Copies a real tensor (F32, F16, BF16, F64) into out (entry.size() values), converted; a finite
  // value that float32 cannot hold becomes Inf.
  void read_floats(const SafetensorsEntry& entry, std::span<float> out) const;

  // A tensor of exactly this type, copied: float, double, (u)int32_t, (u)int64_t, uint8_t.
  template <class Number>
  std::vector<Number> values(std::string_view name) const {
    const SafetensorsEntry& entry = typed(name, dtype_of<Number>());
    std::vector<Number> numbers(static_cast<size_t>(entry.size()));
    copy(entry, numbers.data());
    return numbers;
  }
  // … into out, which must have the tensor's size.
  template <class Number>
  void read(std::string_view name, std::span<Number> out) const {
    copy(sized(typed(name, dtype_of<Number>()), out.size()), out.data());
  }

 private:
  const SafetensorsEntry& typed(std::string_view name, Dtype dtype) const;
  const SafetensorsEntry& sized(const SafetensorsEntry& entry, size_t size) const;
  void copy(const SafetensorsEntry& entry, void* out) const;
  void check_sum() const;

  std::string path_;
  std::string content_;
  SafetensorsHeader header_;
  std::map<std::string, size_t, std::less<>> places_;  // of the entries, by name
  uint64_t data_begin_ = 0;
};

// A tensor to be written.
struct TensorView {
  std::string name;
  Dtype dtype;
  std::vector<int64_t> shape;
  // Returns the values. Called twice, first for the checksum that precedes the data, each time in
  // the order of the file; the result must stay valid until the next tensor's call.
  std::function<std::string_view()> data;

  // Borrows the values.
  template <class Number>
  TensorView(std::string tensor_name, std::vector<int64_t> tensor_shape,
             std::span<const Number> values)
      : TensorView(std::move(tensor_name), std::move(tensor_shape),
                   std::function([values] { return values; })) {}
  // Calls `values` when the tensor is written.
  template <class Number>
  TensorView(std::string tensor_name, std::vector<int64_t> tensor_shape,
             std::function<std::span<const Number>()> values)
      : name(std::move(tensor_name)),
        dtype(dtype_of<Number>()),
        shape(std::move(tensor_shape)),
        data([values = std::move(values)] {
          const std::span<const Number> numbers = values();
          return std::string_view(reinterpret_cast<const char*>(numbers.data()),
                                  numbers.size_bytes());
        }) {}
};

// Replaces the file atomically and durably. Adds the metadata `format` = "pt", which other readers
// expect, and `data_crc32`. Throws Error (kIo).
void write_safetensors(const std::string& path, std::vector<TensorView> tensors,
                       std::map<std::string, std::string> metadata,
                       FileSystem& files = real_file_system());

}  // namespace charrnn
