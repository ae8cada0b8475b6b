// For tests: files as torch.save writes state dicts.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/crc32.h"

namespace charrnn {

template <class Number>
std::string number_bytes(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

// A ZIP archive of stored members.
class ZipWriter {
 public:
  void add(const std::string& name, std::string_view data, uint16_t method = 0) {
    const std::string facts = number_bytes<uint16_t>(0) + number_bytes(method) +
                              number_bytes<uint32_t>(0) + number_bytes(crc32(data)) +
                              number_bytes(static_cast<uint32_t>(data.size())) +
                              number_bytes(static_cast<uint32_t>(data.size())) +
                              number_bytes(static_cast<uint16_t>(name.size()));
    directory_ += "PK\x01\x02" + number_bytes<uint16_t>(0) + number_bytes<uint16_t>(0) + facts +
                  std::string(12, '\0') + number_bytes(static_cast<uint32_t>(content_.size())) +
                  name;
    // PyTorch pads this extra field so that numbers begin at a multiple of 64.
    const uint16_t padding = 5;
    content_ += "PK\x03\x04" + number_bytes<uint16_t>(0) + facts + number_bytes(padding) + name +
                std::string(padding, 'Z') + std::string(data);
    ++members_;
  }

  std::string bytes() const {
    return content_ + directory_ + "PK\x05\x06" + std::string(4, '\0') + number_bytes(members_) +
           number_bytes(members_) + number_bytes(static_cast<uint32_t>(directory_.size())) +
           number_bytes(static_cast<uint32_t>(content_.size())) + number_bytes<uint16_t>(0);
  }

 private:
  std::string content_;
  std::string directory_;
  uint16_t members_ = 0;
};

// The instructions of a pickle, as PyTorch's own are put together.
struct PickleText {
  static std::string text(const std::string& value) {
    return 'X' + number_bytes(static_cast<uint32_t>(value.size())) + value;
  }
  static std::string integer(int64_t value) {
    return 'J' + number_bytes(static_cast<int32_t>(value));
  }
  static std::string tuple(const std::vector<int64_t>& values) {
    std::string result = "(";
    for (const int64_t value : values) result += integer(value);
    return result + 't';
  }
  // A call of _rebuild_tensor_v2 with a view of a storage.
  static std::string tensor(const std::string& storage_class, const std::string& key,
                            int64_t elements, int64_t first, const std::vector<int64_t>& shape,
                            const std::vector<int64_t>& strides) {
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + storage_class +
           "\n" + text(key) + text("cpu") + integer(elements) + "tQ" + integer(first) +
           tuple(shape) + tuple(strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
  }
  static std::string dict(const std::string& items) {
    return "ccollections\nOrderedDict\n)R(" + items + 'u';
  }
  static std::string whole(const std::string& value) { return "\x80\x02" + value + '.'; }
};

// A file of float32 tensors, each with a storage of its own.
class TorchFileWriter {
 public:
  void add(const std::string& name, const std::vector<int64_t>& shape,
           const std::vector<float>& values) {
    std::vector<int64_t> strides(shape.size());
    int64_t stride = 1;
    for (size_t i = shape.size(); i-- > 0; stride *= shape[i]) strides[i] = stride;
    const auto size = static_cast<int64_t>(values.size());
    const std::string key = std::to_string(storages.size());
    items +=
        PickleText::text(name) + PickleText::tensor("FloatStorage", key, size, 0, shape, strides);
    storages.emplace_back(reinterpret_cast<const char*>(values.data()),
                          values.size() * sizeof(float));
  }

  std::string bytes() const { return bytes_of(PickleText::dict(items)); }
  // With another value in its pickle.
  std::string bytes_of(const std::string& value) const {
    ZipWriter zip;
    zip.add("m/data.pkl", PickleText::whole(value));
    zip.add("m/byteorder", "little");
    for (size_t i = 0; i < storages.size(); ++i) {
      zip.add("m/data/" + std::to_string(i), storages[i]);
    }
    return zip.bytes();
  }

  std::string items;  // of the dict
  std::vector<std::string> storages;
};

}  // namespace charrnn
