#include "model/torch/torch_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/join.h"
#include "model/torch/pickle.h"
#include "model/torch/stored_zip.h"
#include "model/torch/torch_hint.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

using Kind = PickleValue::Kind;
using Dict = std::map<std::string_view, const PickleValue*>;

constexpr uint64_t kMaxPickle = 4 << 20;  // bytes; the values that it makes take 100 times as much
constexpr size_t kMaxDimensions = 32;
constexpr size_t kMaxName = 1000;  // bytes

// The entries that have names.
Dict entries_of(const PickleValue& dict) {
  Dict entries;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& key = *dict.items[i];
    if (key.kind == Kind::kText && key.text.size() <= kMaxName)
      entries[key.text] = dict.items[i + 1];
  }
  return entries;
}

bool has_tensors(const PickleValue& value) {
  if (value.kind != Kind::kDict) return false;
  for (size_t i = 1; i < value.items.size(); i += 2) {
    if (value.items[i]->kind == Kind::kTensor) return true;
  }
  return false;
}

class TorchFileReader {
 public:
  TorchFileReader(std::string_view content, const std::string& path)
      : zip_(content, path), path_(path), most_bytes_(2 * uint64_t{content.size()}) {}

  std::vector<TorchTensor> read() {
    const std::string name = zip_.find_in_folder("data.pkl");
    if (name.empty()) fail("a zip archive that torch.save did not write: it has no data.pkl");
    folder_ = name.substr(0, name.find('/') + 1);
    check_byte_order();
    const std::string_view program = zip_.read(name);
    if (program.size() > kMaxPickle) {
      fail(
          fmt::format("it holds much else beside tensors: its pickle has {} bytes, and {} are read",
                      program.size(), kMaxPickle));
    }
    const Pickle pickle(program, path_);
    std::vector<TorchTensor> tensors;
    uint64_t bytes = 0;
    for (const auto& [key, value] : entries_of(state_dict(pickle.value()))) {
      if (value->kind != Kind::kTensor) continue;
      tensors.push_back(tensor(std::string(key), *value));
      bytes += tensors.back().bytes();
      if (bytes > most_bytes_) fail("its tensors have more values than it stores");
    }
    return tensors;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorKind::kModel, "bad_torch_file",
                fmt::format("not a usable PyTorch file: {} ({})", why, path_),
                std::string(kTorchHint));
  }

  // Written since PyTorch 2.0.
  void check_byte_order() {
    if (zip_.contains(folder_ + "byteorder") && zip_.read(folder_ + "byteorder") != "little") {
      fail("it was written by a big-endian machine");
    }
  }

  // The dict of tensors: the whole, or one of its values.
  const PickleValue& state_dict(const PickleValue& whole) const {
    if (has_tensors(whole)) return whole;
    std::vector<std::string> names;
    const PickleValue* found = nullptr;
    std::set<const PickleValue*> seen;  // one dict may stand under many names
    if (whole.kind == Kind::kDict) {
      for (const auto& [key, value] : entries_of(whole)) {
        if (!seen.insert(value).second || !has_tensors(*value)) continue;
        names.push_back(in_quotes(key.substr(0, 60)));
        found = value;
      }
    }
    if (found == nullptr) fail("it holds no dict of tensors");
    if (names.size() > 1) {
      names.resize(std::min<size_t>(names.size(), 6));
      fail(fmt::format("several dicts in it hold tensors: {}; save the one that is the model's",
                       join({names.begin(), names.end()}, ", ")));
    }
    return *found;
  }

  int64_t whole_number(const PickleValue& value, const std::string& name) const {
    if (value.kind != Kind::kInteger || value.integer < 0) {
      fail(fmt::format("the tensor {} has no usable size or place", in_quotes(name)));
    }
    return value.integer;
  }

  std::vector<int64_t> whole_numbers(const PickleValue& value, const std::string& name) const {
    if (value.kind != Kind::kSequence || value.items.size() > kMaxDimensions) {
      fail(fmt::format("the tensor {} has no usable shape", in_quotes(name)));
    }
    std::vector<int64_t> numbers;
    for (const PickleValue* item : value.items) numbers.push_back(whole_number(*item, name));
    return numbers;
  }

  TorchTensor tensor(const std::string& name, const PickleValue& value) {
    const PickleValue& storage = *value.items[0];
    TorchTensor tensor;
    tensor.name = name;
    tensor.dtype =
        std::ranges::find(kDtypes, storage_dtype(*storage.items[1]), &DtypeTraits::name)->dtype;
    tensor.offset = whole_number(*value.items[1], name);
    tensor.shape = whole_numbers(*value.items[2], name);
    tensor.strides = whole_numbers(*value.items[3], name);
    tensor.storage = zip_.read(fmt::format("{}data/{}", folder_, storage.items[2]->text));
    const auto elements = static_cast<uint64_t>(whole_number(*storage.items[4], name));
    const auto width = static_cast<uint64_t>(dtype_traits(tensor.dtype).bytes);
    if (tensor.storage.size() % width != 0 || tensor.storage.size() / width != elements) {
      fail(fmt::format("the storage of {} has {} bytes for {} elements", in_quotes(name),
                       tensor.storage.size(), elements));
    }
    check_bounds(tensor, elements);
    return tensor;
  }

  // Every value lies in the storage, and there are not more than may be read at all.
  void check_bounds(const TorchTensor& tensor, uint64_t elements) const {
    const auto out_of_bounds = [&] {
      fail(fmt::format("the tensor {} reaches beyond its storage", in_quotes(tensor.name)));
    };
    if (tensor.shape.size() != tensor.strides.size()) {
      fail(fmt::format("the tensor {} has no usable shape", in_quotes(tensor.name)));
    }
    uint64_t size = 1, last = static_cast<uint64_t>(tensor.offset);
    if (last > elements) out_of_bounds();
    if (std::ranges::find(tensor.shape, 0) != tensor.shape.end()) return;
    for (size_t i = 0; i < tensor.shape.size(); ++i) {
      const auto extent = static_cast<uint64_t>(tensor.shape[i]);
      const auto stride = static_cast<uint64_t>(tensor.strides[i]);
      if (extent > most_bytes_ / size) fail("its tensors have more values than it stores");
      size *= extent;
      if (extent > 1 && stride > elements / (extent - 1)) out_of_bounds();
      last += (extent - 1) * stride;
      if (last >= elements) out_of_bounds();
    }
    if (last >= elements) out_of_bounds();
  }

  StoredZip zip_;
  const std::string& path_;
  uint64_t most_bytes_;
  std::string folder_;
};

}  // namespace

uint64_t TorchTensor::bytes() const {
  auto size = static_cast<uint64_t>(dtype_traits(dtype).bytes);
  for (const int64_t extent : shape) size *= static_cast<uint64_t>(extent);
  return size;
}

void TorchTensor::append_values(std::string& out) const {
  const auto width = static_cast<uint64_t>(dtype_traits(dtype).bytes);
  std::vector<int64_t> index(shape.size());
  auto place = static_cast<uint64_t>(offset);  // in the storage, of the element at `index`
  for (uint64_t left = bytes() / width; left > 0; --left) {
    out.append(storage, place * width, width);
    for (size_t i = shape.size(); i-- > 0;) {
      place += static_cast<uint64_t>(strides[i]);
      if (++index[i] < shape[i]) break;
      place -= static_cast<uint64_t>(shape[i] * strides[i]);
      index[i] = 0;
    }
  }
}

bool is_zip(std::string_view content) { return content.starts_with("PK\x03\x04"); }

std::vector<TorchTensor> read_torch_file(std::string_view content, const std::string& path) {
  return TorchFileReader(content, path).read();
}

}  // namespace charrnn
