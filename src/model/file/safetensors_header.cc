#include "model/file/safetensors_header.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/join.h"
#include "base/json/json.h"
#include "base/json/json_events.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

constexpr size_t kMaxTensors = 100'000;
constexpr size_t kMaxRank = 32;
constexpr size_t kMaxMetadata = 10'000;

// A name from a file, as a message shows it.
std::string quoted_name(std::string_view name) { return in_quotes(name.substr(0, 80)); }

const DtypeTraits* find_dtype(std::string_view name) {
  for (const DtypeTraits& traits : kDtypes) {
    if (traits.name == name) return &traits;
  }
  return nullptr;
}

// Follows the parser's events; every callback returns false at the first thing that is not as the
// format says, with `why` set. Nothing is kept but the entries themselves.
//
//   { "__metadata__": {text: text, …}, name: {"dtype": text, "shape": [n, …], "data_offsets": [n,
//   n]}, … }
class HeaderReader : public JsonEvents {
 public:
  bool start_object() override {
    switch (place_) {
      case Place::kStart:
        place_ = Place::kTop;
        return true;
      case Place::kTensorValue:
        place_ = Place::kTensor;
        entry_ = {};
        entry_.name = name_;
        has_dtype_ = has_shape_ = has_offsets_ = false;
        return true;
      case Place::kMetadataValue:
        place_ = Place::kMetadata;
        return true;
      default:
        return unexpected("an object");
    }
  }

  bool key(std::string& name) override {
    if (place_ == Place::kTop) return top_key(name);
    if (place_ == Place::kMetadata) {
      key_ = name;
      if (header.metadata.size() >= kMaxMetadata) return fail("too many keys in __metadata__");
      place_ = Place::kText;
      return header.metadata.count(name) == 0 ||
             fail(fmt::format("the key {} stands twice in __metadata__", quoted_name(name)));
    }
    return tensor_key(name);
  }

  bool string(std::string& value) override {
    if (place_ == Place::kText) {
      header.metadata.emplace(key_, std::move(value));
      place_ = Place::kMetadata;
      return true;
    }
    if (place_ != Place::kDtype) return unexpected("text");
    const DtypeTraits* traits = find_dtype(value);
    if (traits == nullptr) {
      return fail(fmt::format("tensor {} holds numbers of type {}, which charrnn does not read",
                              quoted_name(entry_.name), quoted_name(value)));
    }
    entry_.dtype = traits->dtype;
    place_ = Place::kTensor;
    return true;
  }

  bool start_array() override {
    if (place_ == Place::kShapeValue) {
      place_ = Place::kShape;
    } else if (place_ == Place::kOffsetsValue) {
      place_ = Place::kOffsets;
      offsets_.clear();
    } else {
      return unexpected("a list");
    }
    return true;
  }

  bool number_unsigned(uint64_t value) override {
    if (place_ == Place::kShape) {
      if (entry_.shape.size() >= kMaxRank) {
        return fail(fmt::format("tensor {} has more than {} dimensions", quoted_name(entry_.name),
                                kMaxRank));
      }
      if (value > std::numeric_limits<int64_t>::max()) return too_large();
      entry_.shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (place_ != Place::kOffsets) return unexpected("a number");
    if (offsets_.size() >= 2) return bad_offsets();
    offsets_.push_back(value);
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets) {
      if (offsets_.size() != 2 || offsets_[1] < offsets_[0]) return bad_offsets();
      entry_.begin = offsets_[0];
      entry_.end = offsets_[1];
    }
    place_ = Place::kTensor;
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) {
      if (!has_dtype_ || !has_shape_ || !has_offsets_) {
        return fail(
            fmt::format("tensor {} lacks dtype, shape or data_offsets", quoted_name(entry_.name)));
      }
      header.entries.push_back(std::move(entry_));
    }
    place_ = place_ == Place::kTop ? Place::kEnd : Place::kTop;
    return true;
  }

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool number_integer(int64_t) override { return unexpected("a negative number"); }
  bool number_real(double) override { return unexpected("a number that is not whole"); }

  void not_json(size_t offset) override { fail(fmt::format("it is not JSON at byte {}", offset)); }

  SafetensorsHeader header;
  std::string why;

 private:
  enum class Place {
    kStart,
    kTop,
    kMetadataValue,
    kMetadata,
    kText,
    kTensorValue,
    kTensor,
    kDtype,
    kShapeValue,
    kShape,
    kOffsetsValue,
    kOffsets,
    kEnd
  };

  bool fail(std::string reason) {
    if (why.empty()) why = std::move(reason);
    return false;
  }
  bool unexpected(std::string_view what) {
    const bool in_tensor = place_ >= Place::kTensorValue && place_ != Place::kEnd;
    return fail(fmt::format("{} where the format has none{}", what,
                            in_tensor ? " (tensor " + quoted_name(name_) + ")"
                            : place_ == Place::kText || place_ == Place::kMetadataValue
                                ? " (in __metadata__)"
                                : ""));
  }
  bool bad_offsets() {
    return fail(
        fmt::format("tensor {}: data_offsets must be [begin, end]", quoted_name(entry_.name)));
  }
  bool too_large() {
    return fail(
        fmt::format("tensor {} has a shape too large for any file", quoted_name(entry_.name)));
  }

  bool top_key(std::string& name) {
    name_ = name;
    if (name == "__metadata__") {
      place_ = Place::kMetadataValue;
      return !std::exchange(has_metadata_, true) || fail("__metadata__ stands twice");
    }
    place_ = Place::kTensorValue;
    if (header.entries.size() >= kMaxTensors) {
      return fail(fmt::format("more than {} tensors", kMaxTensors));
    }
    return names_.insert(name).second ||
           fail(fmt::format("tensor {} stands twice", quoted_name(name)));
  }

  bool tensor_key(const std::string& name) {
    const auto take = [&](bool& had, Place next) {
      place_ = next;
      return !std::exchange(had, true) ||
             fail(fmt::format("tensor {}: {} stands twice", quoted_name(entry_.name), name));
    };
    if (name == "dtype") return take(has_dtype_, Place::kDtype);
    if (name == "shape") return take(has_shape_, Place::kShapeValue);
    if (name == "data_offsets") return take(has_offsets_, Place::kOffsetsValue);
    return fail(fmt::format("tensor {} has the unknown key {}", quoted_name(entry_.name),
                            quoted_name(name)));
  }

  Place place_ = Place::kStart;
  std::string name_;  // of the tensor or section we are in
  std::string key_;   // in __metadata__
  SafetensorsEntry entry_;
  std::vector<uint64_t> offsets_;
  std::set<std::string> names_;
  bool has_metadata_ = false, has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
};

// Bytes that a shape takes, or false where that runs over 64 bits.
bool shape_bytes(const SafetensorsEntry& entry, uint64_t& bytes) {
  bytes = static_cast<uint64_t>(dtype_traits(entry.dtype).bytes);
  // A zero makes the product zero whatever stands beside it; the reference reader too multiplies in
  // order and refuses an overflow before it.
  for (const int64_t extent : entry.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes)) return false;
  }
  return true;
}

// Why the tensors don't lie in the data end to end, or "".
std::string layout_fault(const std::vector<SafetensorsEntry>& entries, uint64_t data_size) {
  uint64_t position = 0;
  for (const SafetensorsEntry& entry : entries) {
    const std::string tensor = fmt::format("tensor {}", quoted_name(entry.name));
    uint64_t bytes = 0;
    if (!shape_bytes(entry, bytes)) return tensor + " has a shape too large for any file";
    if (entry.end - entry.begin != bytes) {
      return fmt::format("{} takes {} bytes by its shape and {} by its data_offsets", tensor, bytes,
                         entry.end - entry.begin);
    }
    if (entry.begin != position) {
      return fmt::format("{} begins at byte {}, {} the end of the one before it at {}", tensor,
                         entry.begin, entry.begin < position ? "before" : "after", position);
    }
    if (entry.end > data_size) {
      return fmt::format("{} ends at byte {} of {}: the file is cut off", tensor, entry.end,
                         data_size);
    }
    position = entry.end;
  }
  if (position != data_size) {
    return fmt::format("{} bytes follow the last tensor", data_size - position);
  }
  return "";
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_size,
                                           const std::string& path) {
  HeaderReader reader;
  const size_t first = json.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || json[first] != '{') {
    reader.why = "it does not begin with {";
  } else if (read_json_events(json, reader)) {
    auto& entries = reader.header.entries;
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    reader.why = layout_fault(entries, data_size);
  }
  if (!reader.why.empty()) {
    throw Error(ErrorKind::kModel, "bad_header",
                fmt::format("the file's header is not valid: {} ({})", reader.why, path),
                "the file is damaged or was not written as safetensors; copy or convert it again");
  }
  return std::move(reader.header);
}

std::string format_shape(const std::vector<int64_t>& shape) {
  std::vector<std::string> extents;
  for (const int64_t extent : shape) extents.push_back(std::to_string(extent));
  return fmt::format("[{}]", join(extents, ", "));
}

std::string format_safetensors_header(const SafetensorsHeader& header) {
  JsonOutput metadata = JsonOutput::object();
  for (const auto& [key, value] : header.metadata) metadata.append(key, value);
  std::string text = fmt::format("{{\n\"__metadata__\":{}", dump_json(metadata));
  for (const SafetensorsEntry& entry : header.entries) {
    const JsonOutput tensor = {{"dtype", dtype_traits(entry.dtype).name},
                               {"shape", entry.shape},
                               {"data_offsets", {entry.begin, entry.end}}};
    text += fmt::format(",\n{}:{}", dump_json(entry.name), dump_json(tensor));
  }
  text += "\n}";
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace charrnn
