#include "model/file/torch_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/join.h"
#include "model/file/safetensors_header.h"
#include "model/file/torch/pickle.h"
#include "model/file/torch/zip_archive.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kPickle = "data.pkl";
constexpr size_t kMaxDimensions = 8;
constexpr size_t kMaxPickle = 16 << 20;  // bytes; a tensor takes about a hundred

// A tensor as a view of a storage: where element (i, j, …) lies.
struct View {
  Dtype dtype;
  std::string_view storage;  // its key
  int64_t elements = 0;      // of the storage
  int64_t first = 0;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;

  auto identity() const { return std::tie(dtype, storage, elements, first, shape, strides); }
  bool operator<(const View& other) const { return identity() < other.identity(); }
  int64_t size() const {
    int64_t product = 1;
    for (const int64_t extent : shape) product *= extent;
    return product;
  }
};

class TorchFile {
 public:
  TorchFile(std::string_view content, const std::string& path)
      : path_(path),
        content_size_(content.size()),
        archive_(content, path),
        prefix_(find_prefix()),
        pickle_(read_pickle(), path) {
    check_byte_order();
  }

  std::string safetensors() {
    for (const auto& [name, place] : named_tensors()) add(std::string(name), pickle_.at(place));
    const std::string header = format_safetensors_header(header_);
    const uint64_t length = header.size();
    std::string file(sizeof(length), '\0');
    std::memcpy(file.data(), &length, sizeof(length));
    return file + header + data_;
  }

 private:
  using Tensors = std::vector<std::pair<std::string_view, uint32_t>>;

  std::string find_prefix() const {
    for (const auto& [name, member] : archive_.members()) {
      if (name == kPickle || name.ends_with(fmt::format("/{}", kPickle))) {
        return name.substr(0, name.size() - kPickle.size());
      }
    }
    throw Error(ErrorKind::kModel, "foreign_format",
                fmt::format("not a model: a zip without PyTorch's data.pkl ({})", path_),
                "name a model file; docs/model-file.md says what is one");
  }

  std::string_view read_pickle() const {
    const std::string_view bytes = archive_.read(prefix_ + std::string(kPickle));
    if (bytes.size() > kMaxPickle) {
      throw_not_plain(fmt::format("its data.pkl has {} bytes", bytes.size()), path_);
    }
    return bytes;
  }

  void check_byte_order() const {
    const std::string name = prefix_ + "byteorder";
    if (archive_.members().count(name) == 0 || archive_.read(name) == "little") return;
    throw Error(ErrorKind::kModel, "dtype", fmt::format("its numbers are big-endian ({})", path_),
                "load it with PyTorch and save it again on a machine that is little-endian");
  }

  // The tensors of a dict, by name; nothing where it is no dict of tensors.
  Tensors tensors_of(const PickleValue& dict) const {
    Tensors tensors;
    if (dict.kind != Kind::kDict) return tensors;
    for (size_t i = 0; i + 1 < dict.parts.size(); i += 2) {
      const PickleValue& key = pickle_.at(dict.parts[i]);
      if (key.kind != Kind::kText || pickle_.at(dict.parts[i + 1]).kind != Kind::kTensor) continue;
      tensors.emplace_back(key.text, dict.parts[i + 1]);
    }
    return tensors;
  }
  static bool is_recurrent(const Tensors& tensors) {
    return std::ranges::any_of(tensors,
                               [](const auto& one) { return one.first.ends_with("weight_hh_l0"); });
  }

  // Of the whole value, or of the one of its parts that has a recurrent layer, as where a training
  // was saved: {"model": …, "optimizer": …, "epoch": 3}.
  Tensors named_tensors() const {
    Tensors whole = tensors_of(pickle_.root());
    if (is_recurrent(whole)) return whole;
    std::vector<std::string> names;
    Tensors found;
    if (pickle_.root().kind == Kind::kDict) {
      const std::vector<uint32_t>& parts = pickle_.root().parts;
      for (size_t i = 0; i + 1 < parts.size(); i += 2) {
        Tensors tensors = tensors_of(pickle_.at(parts[i + 1]));
        if (!is_recurrent(tensors)) continue;
        names.push_back(in_quotes(pickle_.at(parts[i]).text));
        found = std::move(tensors);
      }
    }
    if (names.size() > 1) {
      throw_not_plain(fmt::format("it has {} models: {}", names.size(), join(names, ", ")), path_);
    }
    if (names.empty() && whole.empty()) throw_not_plain("it holds no named tensors", path_);
    return names.empty() ? whole : found;  // what is missing is said by who looks for it
  }

  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    throw Error(ErrorKind::kModel, "bad_tensor",
                fmt::format("tensor {} {} ({})", in_quotes(name), why, path_),
                "the file is damaged; copy it again");
  }

  std::vector<int64_t> numbers(const std::string& name, const PickleValue& tuple) const {
    if (tuple.kind != Kind::kTuple || tuple.parts.size() > kMaxDimensions) {
      refuse(name, "has no shape that can be read");
    }
    std::vector<int64_t> result;
    for (const uint32_t place : tuple.parts) {
      const PickleValue& one = pickle_.at(place);
      if (one.kind != Kind::kInteger || one.integer < 0) {
        refuse(name, "has no shape that can be read");
      }
      result.push_back(one.integer);
    }
    return result;
  }

  // Checked: every element lies within the storage.
  View view(const std::string& name, const PickleValue& tensor, Dtype dtype) const {
    const PickleValue& storage = pickle_.at(tensor.parts[0]);
    View result{dtype,
                storage.text,
                storage.integer,
                tensor.integer,
                numbers(name, pickle_.at(tensor.parts[1])),
                numbers(name, pickle_.at(tensor.parts[2]))};
    const auto outside = [&] { refuse(name, "reaches beyond its numbers"); };
    if (result.shape.size() != result.strides.size() || result.first < 0) outside();
    if (std::ranges::count(result.shape, 0) > 0) {
      refuse(name, "is empty");
    }
    int64_t last = result.first;  // below `elements`, which the file's size bounds
    int64_t size = 1;
    for (size_t i = 0; i < result.shape.size(); ++i) {
      int64_t span = 0;
      if (__builtin_mul_overflow(result.shape[i] - 1, result.strides[i], &span) ||
          __builtin_add_overflow(last, span, &last) ||
          __builtin_mul_overflow(size, result.shape[i], &size)) {
        outside();
      }
    }
    if (last >= result.elements) outside();
    return result;
  }

  void add(const std::string& name, const PickleValue& tensor) {
    const PickleValue& storage = pickle_.at(tensor.parts[0]);
    if (storage.kind != Kind::kStorage) refuse(name, "has no numbers");
    Dtype dtype{};
    if (!Pickle::find_dtype(pickle_.at(storage.parts[0]).text, dtype)) return;
    const View seen = view(name, tensor, dtype);
    if (!names_.insert(name).second) refuse(name, "is there twice");
    const auto [same, is_new] = stored_.try_emplace(seen, name);
    if (!is_new) {
      header_.metadata[name] = same->second;
      return;
    }
    const int bytes = dtype_traits(dtype).bytes;
    const uint64_t size = static_cast<uint64_t>(seen.size());
    if (size > (content_size_ - std::min(content_size_, data_.size())) / bytes) {
      refuse(name, "shares its numbers with others, so that all are more than the file");
    }
    const uint64_t begin = data_.size();
    copy(name, seen, bytes);
    header_.entries.push_back({name, dtype, seen.shape, begin, data_.size()});
  }

  // A storage's bytes; its checksum is taken once.
  std::string_view numbers_of(std::string_view storage) {
    const auto [place, is_new] = storages_.try_emplace(storage);
    if (is_new) place->second = archive_.read(fmt::format("{}data/{}", prefix_, storage));
    return place->second;
  }

  void copy(const std::string& name, const View& view, int bytes) {
    const std::string_view numbers = numbers_of(view.storage);
    if (static_cast<uint64_t>(view.elements) > numbers.size() / bytes) {
      refuse(name, "has fewer numbers than it says");
    }
    // Rows are copied as a whole where their numbers lie side by side.
    const size_t dimensions = view.shape.size();
    const bool whole_rows = dimensions > 0 && view.strides.back() == 1;
    const int64_t run = whole_rows ? view.shape.back() : 1;
    std::vector<int64_t> index(dimensions, 0);
    int64_t at = view.first;
    for (int64_t left = view.size(); left > 0; left -= run) {
      data_.append(
          numbers.substr(static_cast<size_t>(at) * bytes, static_cast<size_t>(run) * bytes));
      // To the next in row-major order: the last index runs fastest.
      for (size_t i = dimensions - (whole_rows ? 1 : 0); i-- > 0;) {
        at += view.strides[i];
        if (++index[i] < view.shape[i]) break;
        at -= view.strides[i] * view.shape[i];
        index[i] = 0;
      }
    }
  }

  const std::string& path_;
  uint64_t content_size_;
  ZipArchive archive_;
  std::string prefix_;
  Pickle pickle_;
  SafetensorsHeader header_;
  std::string data_;
  std::set<std::string> names_;
  std::map<View, std::string> stored_;  // by the name of the first
  std::map<std::string_view, std::string_view> storages_;
};

}  // namespace

bool may_be_torch_file(std::string_view content) {
  using namespace std::string_view_literals;
  return content.starts_with("PK\x03\x04"sv);
}

std::string safetensors_of_torch_file(std::string_view content, const std::string& path) {
  return TorchFile(content, path).safetensors();
}

}  // namespace charrnn
