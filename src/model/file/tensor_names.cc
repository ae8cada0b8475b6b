#include "model/file/tensor_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "model/file/model_tensors.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

constexpr std::string_view kFirstRecurrent = "weight_hh_l0";

// The first is the notebook's; encoder and decoder are those of pytorch/examples.
constexpr std::array<std::string_view, 5> kEmbeddings = {"embedding", "encoder", "embed", "emb",
                                                         "embeddings"};
constexpr std::array<std::string_view, 8> kOutputs = {"fc",     "decoder", "linear",  "out",
                                                      "output", "head",    "lm_head", "proj"};

// Up to the last dot that all names share.
std::string common_prefix(const std::vector<SafetensorsEntry>& entries) {
  if (entries.empty()) return {};
  std::string_view prefix = entries.front().name;
  for (const SafetensorsEntry& entry : entries) {
    const auto [end, other] = std::ranges::mismatch(prefix, entry.name);
    prefix = prefix.substr(0, static_cast<size_t>(end - prefix.begin()));
  }
  return std::string(prefix.substr(0, prefix.rfind('.') + 1));
}

}  // namespace

TensorNames::TensorNames(const SafetensorsFile& file)
    : file_(file), prefix_(common_prefix(file.entries())), recurrent_(prefix_ + "rnn.") {
  const SafetensorsEntry* first = nullptr;
  for (const SafetensorsEntry& entry : file.entries()) {
    if (!entry.name.ends_with(kFirstRecurrent)) continue;
    if (first != nullptr) {
      throw_bad_model("two_recurrent_modules",
                      fmt::format("tensor {} and tensor {} belong to two recurrent modules",
                                  in_quotes(first->name), in_quotes(entry.name)),
                      file.path(), "a model has one, of one or more layers");
    }
    first = &entry;
  }
  if (first == nullptr) return;
  recurrent_ = first->name.substr(0, first->name.size() - kFirstRecurrent.size());
  if (recurrent_.size() < prefix_.size()) return;
  // A recurrent module by itself is no prefix of a model.
  if (recurrent_ == prefix_) prefix_.clear();
}

const SafetensorsEntry* TensorNames::stored(const std::string& name) const {
  if (const SafetensorsEntry* entry = file_.find(name)) return entry;
  const auto alias = file_.metadata().find(name);
  return alias == file_.metadata().end() ? nullptr : file_.find(alias->second);
}

const SafetensorsEntry* TensorNames::find(const std::string& name) const {
  const size_t dot = name.find('.');
  const std::string module = name.substr(0, dot), parameter = name.substr(dot + 1);
  if (module == "rnn") return stored(recurrent_ + parameter);
  const std::span<const std::string_view> names =
      module == kEmbeddings[0] ? std::span<const std::string_view>(kEmbeddings)
                               : std::span<const std::string_view>(kOutputs);
  const SafetensorsEntry* found = nullptr;
  std::string found_as;
  for (const std::string_view each : names) {
    const std::string full = fmt::format("{}{}.{}", prefix_, each, parameter);
    const SafetensorsEntry* entry = stored(full);
    if (entry == nullptr) continue;
    if (found != nullptr) {
      throw_bad_model(
          "tensor_twice",
          fmt::format("tensor {} and tensor {} are both there, and are two names of one",
                      in_quotes(found_as), in_quotes(full)),
          file_.path(), std::string(kTensorNamesHint));
    }
    found = entry;
    found_as = full;
  }
  return found;
}

std::vector<std::string> TensorNames::other_matrices() const {
  constexpr size_t kMost = 5;
  std::vector<std::string> others;
  for (const SafetensorsEntry& entry : file_.entries()) {
    if (entry.shape.size() != 2 || entry.name.starts_with(recurrent_)) continue;
    if (others.size() == kMost) {
      others.emplace_back("…");
      break;
    }
    others.push_back(fmt::format("{} {}", in_quotes(entry.name), format_shape(entry.shape)));
  }
  return others;
}

}  // namespace charrnn
