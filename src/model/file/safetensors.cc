#include "model/file/safetensors.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include "base/crc32.h"
#include "base/error.h"
#include "base/files/file.h"
#include "model/half.h"

namespace charrnn {
namespace {

static_assert(std::endian::native == std::endian::little, "the format's numbers are little-endian");

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kMaxHeader = 100'000'000;  // the reference reader's limit
constexpr std::string_view kChecksumKey = "data_crc32";
// The beginning of a header written by charrnn. Another program that copies the metadata to other
// tensors writes a different form, so the checksum is not applied to its data.
constexpr std::string_view kOurHeader = "{\n\"__metadata__\"";

std::string checksum_text(uint32_t crc) { return fmt::format("{:08x}", crc); }

// Calls convert(bits) for each number and stores the results.
template <class Bits, class Convert>
void convert_all(std::string_view data, std::span<float> out, Convert convert) {
  for (size_t i = 0; i < out.size(); ++i) {
    Bits bits;
    std::memcpy(&bits, data.data() + i * sizeof(Bits), sizeof(Bits));
    out[i] = convert(bits);
  }
}

// The length of the header, checked against the file's size.
uint64_t header_length(std::string_view content, const std::string& path) {
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorKind::kModel, "not_safetensors",
                fmt::format("not a safetensors file: {} ({})", why, path),
                "the file is damaged, cut off or of another kind; copy it again");
  };
  if (content.size() < kLengthBytes) fail(fmt::format("it has only {} bytes", content.size()));
  uint64_t length = 0;
  std::memcpy(&length, content.data(), kLengthBytes);
  if (length > kMaxHeader) fail(fmt::format("its header would have {} bytes", length));
  if (length > content.size() - kLengthBytes) {
    fail(fmt::format("its header would have {} bytes and the file has {}", length, content.size()));
  }
  return length;
}

}  // namespace

SafetensorsFile SafetensorsFile::read(const std::string& path) {
  return SafetensorsFile(read_file(path), path);
}

SafetensorsFile::SafetensorsFile(std::string content, std::string path)
    : path_(std::move(path)), content_(std::move(content)) {
  const uint64_t length = header_length(content_, path_);
  data_begin_ = kLengthBytes + length;
  header_ = parse_safetensors_header(std::string_view(content_).substr(kLengthBytes, length),
                                     content_.size() - data_begin_, path_);
  for (size_t i = 0; i < header_.entries.size(); ++i) places_[header_.entries[i].name] = i;
  check_sum();
}

void SafetensorsFile::check_sum() const {
  const auto expected = header_.metadata.find(std::string(kChecksumKey));
  const std::string_view content = content_;
  if (expected == header_.metadata.end() || !content.substr(kLengthBytes).starts_with(kOurHeader)) {
    return;
  }
  const std::string found = checksum_text(crc32(content.substr(data_begin_)));
  if (found == expected->second) return;
  throw Error(ErrorKind::kModel, "bad_checksum",
              fmt::format("the numbers are not those that were written: their CRC-32 is {}, {} "
                          "expected ({})",
                          found, expected->second.substr(0, 16), path_),
              "the file is damaged; copy it again or take an older one");
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : &header_.entries[found->second];
}

const SafetensorsEntry& SafetensorsFile::at(std::string_view name) const {
  if (const SafetensorsEntry* entry = find(name)) return *entry;
  throw Error(ErrorKind::kModel, "tensor_missing",
              fmt::format("tensor '{}' is missing ({})", name, path_),
              "the file was not written for this, or by another version");
}

std::string_view SafetensorsFile::data(const SafetensorsEntry& entry) const {
  return std::string_view(content_).substr(data_begin_ + entry.begin, entry.end - entry.begin);
}

void SafetensorsFile::read_floats(const SafetensorsEntry& entry, std::span<float> out) const {
  check(out.size() == static_cast<size_t>(entry.size()), "room for exactly a tensor's values");
  switch (entry.dtype) {
    case Dtype::kF32:
      return copy(entry, out.data());
    case Dtype::kF64:
      return convert_all<double>(data(entry), out,
                                 [](double value) { return static_cast<float>(value); });
    case Dtype::kF16:
      return convert_all<uint16_t>(data(entry), out, half_to_float);
    case Dtype::kBf16:
      return convert_all<uint16_t>(data(entry), out, bfloat_to_float);
    default:
      throw Error(ErrorKind::kModel, "dtype",
                  fmt::format("tensor '{}' holds whole numbers ({}) where real ones belong ({})",
                              entry.name, dtype_traits(entry.dtype).name, path_),
                  "write it as float32");
  }
}

const SafetensorsEntry& SafetensorsFile::typed(std::string_view name, Dtype dtype) const {
  const SafetensorsEntry& entry = at(name);
  if (entry.dtype == dtype) return entry;
  throw Error(ErrorKind::kModel, "dtype",
              fmt::format("tensor '{}' is {}, {} expected ({})", name,
                          dtype_traits(entry.dtype).name, dtype_traits(dtype).name, path_),
              "the file was not written for this, or by another version");
}

const SafetensorsEntry& SafetensorsFile::sized(const SafetensorsEntry& entry, size_t size) const {
  if (static_cast<size_t>(entry.size()) == size) return entry;
  throw Error(ErrorKind::kModel, "tensor_shape",
              fmt::format("tensor '{}' has {} values, {} expected ({})", entry.name, entry.size(),
                          size, path_),
              "the file was not written for this, or by another version");
}

void SafetensorsFile::copy(const SafetensorsEntry& entry, void* out) const {
  const std::string_view bytes = data(entry);
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
}

void write_safetensors(const std::string& path, std::vector<TensorView> tensors,
                       std::map<std::string, std::string> metadata, FileSystem& files) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorView& a, const TensorView& b) {
    return std::tuple(-dtype_traits(a.dtype).bytes, std::string_view(a.name)) <
           std::tuple(-dtype_traits(b.dtype).bytes, std::string_view(b.name));
  });
  SafetensorsHeader header;
  uint64_t position = 0;
  uint32_t crc = 0;
  for (const TensorView& tensor : tensors) {
    const std::string_view data = tensor.data();
    header.entries.push_back(
        {tensor.name, tensor.dtype, tensor.shape, position, position + data.size()});
    int64_t size = 1;
    for (const int64_t extent : tensor.shape) size *= extent;
    check(size == header.entries.back().size(), "a tensor's shape is that of its values");
    position += data.size();
    crc = crc32(data, crc);
  }
  metadata["format"] = "pt";
  metadata[std::string(kChecksumKey)] = checksum_text(crc);
  header.metadata = std::move(metadata);

  const std::string text = format_safetensors_header(header);
  const uint64_t length = text.size();
  const auto content = [&](const auto& write) {
    write(std::string_view(reinterpret_cast<const char*>(&length), sizeof(length)));
    write(text);
    for (const TensorView& tensor : tensors) write(tensor.data());
  };
  replace_file(path, content, files);
}

}  // namespace charrnn
