// For tests: archives as torch.save writes them, put together by hand, good or bad.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crc32.h"

namespace charrnn {

// A number's bytes, little-endian.
template <class Number>
std::string bytes_of(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

// Names and contents.
using ArchiveFiles = std::vector<std::pair<std::string, std::string>>;

// A ZIP archive that stores the files. method: as its list of files says.
inline std::string stored_zip(const ArchiveFiles& files, uint16_t method = 0) {
  std::string content, list;
  for (const auto& [name, data] : files) {
    const std::string sizes = bytes_of(crc32(data)) + bytes_of(static_cast<uint32_t>(data.size())) +
                              bytes_of(static_cast<uint32_t>(data.size())) +
                              bytes_of(static_cast<uint16_t>(name.size()));
    list += "PK\x01\x02" + std::string(6, '\0') + bytes_of(method) + std::string(4, '\0') + sizes +
            std::string(12, '\0') + bytes_of(static_cast<uint32_t>(content.size())) + name;
    // PyTorch fills the extra field to begin the data at a multiple of 64 bytes.
    const size_t extra = (64 - (content.size() + 30 + name.size()) % 64) % 64;
    content += std::string("PK\x03\x04") + std::string(4, '\0') + bytes_of(method) +
               std::string(4, '\0') + sizes + bytes_of(static_cast<uint16_t>(extra)) + name +
               std::string(extra, 'Z') + data;
  }
  const auto count = bytes_of(static_cast<uint16_t>(files.size()));
  return content + list + "PK\x05\x06" + std::string(4, '\0') + count + count +
         bytes_of(static_cast<uint32_t>(list.size())) +
         bytes_of(static_cast<uint32_t>(content.size())) + std::string(2, '\0');
}

// Instructions of a pickle.
inline std::string pickled(std::string_view text) {
  return "X" + bytes_of(static_cast<uint32_t>(text.size())) + std::string(text);
}
inline std::string pickled(int64_t number) { return "J" + bytes_of(static_cast<int32_t>(number)); }
inline std::string pickled(const std::vector<int64_t>& numbers) {
  std::string tuple = "(";
  for (const int64_t number : numbers) tuple += pickled(number);
  return tuple + "t";
}
struct PickledTensor {
  std::string storage = "0";
  std::string type = "FloatStorage";
  int64_t elements = 0;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
  int64_t offset = 0;

  std::string text() const {
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + pickled("storage") + "ctorch\n" + type + "\n" +
           pickled(storage) + pickled("cpu") + pickled(elements) + "tQ" + pickled(offset) +
           pickled(shape) + pickled(strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
  }
};

// key and value each
inline std::string pickled_dict(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string dict = "}(";
  for (const auto& [key, value] : entries) dict += pickled(key) + value;
  return dict + "u";
}

inline std::string torch_archive(const std::string& value, ArchiveFiles storages) {
  for (auto& [name, data] : storages) name = "archive/data/" + name;
  storages.insert(storages.begin(), {"archive/data.pkl", "\x80\x02" + value + "."});
  return stored_zip(storages);
}

}  // namespace charrnn
