#include "model/file/model_tensors.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/join.h"
#include "model/file/tensor_names.h"
#include "model/parameters.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

class TensorFinder {
 public:
  TensorFinder(const SafetensorsFile& file, const std::string& prefix)
      : file_(file), prefix_(prefix) {
    if (prefix_.empty()) names_.emplace(file);
  }

  ModelTensors find() {
    for (const SafetensorsEntry& entry : file_.entries()) refuse_variants(entry.name);
    ModelTensors tensors;
    tensors.config = config_from_shapes();
    const std::vector<std::string> absent = absent_biases(tensors.config.layers);
    if (!absent.empty()) {
      tensors.notes.push_back(fmt::format("zeros stand for {}, which the file does without",
                                          join({absent.begin(), absent.end()}, ", ")));
    }
    const auto is_absent = [&absent](const std::string& name) {
      return std::ranges::any_of(absent, [&](const auto& part) { return name.starts_with(part); });
    };
    for (const TensorInfo& info : parameter_layout(tensors.config)) {
      if (is_absent(info.name)) {
        tensors.entries.push_back(nullptr);
        continue;
      }
      const SafetensorsEntry& entry = at(info.name);
      if (entry.shape != info.shape) {
        fail("tensor_shape",
             fmt::format("tensor {} has the shape {}, {} expected", in_quotes(entry.name),
                         format_shape(entry.shape), format_shape(info.shape)));
      }
      tensors.entries.push_back(&entry);
      used_.insert(entry.name);
    }
    if (!prefix_.empty()) return tensors;
    for (const SafetensorsEntry& entry : file_.entries()) {
      if (used_.count(entry.name) == 0) unused_.push_back(in_quotes(entry.name));
    }
    if (!unused_.empty()) tensors.notes.push_back(unused_note());
    return tensors;
  }

 private:
  [[noreturn]] void fail(std::string code, const std::string& why) const {
    throw_bad_model(std::move(code), why, file_.path(), std::string(kTensorNamesHint));
  }

  void refuse_variants(const std::string& name) const {
    const std::string recurrent = names_ ? names_->recurrent() : "rnn.";
    if (!name.starts_with(recurrent)) return;
    if (name.ends_with("_reverse")) {
      fail("bidirectional", fmt::format("the network is bidirectional (tensor {}); one that reads "
                                        "backwards can't write forwards",
                                        in_quotes(name)));
    }
    if (name.starts_with(recurrent + "weight_hr_l")) {
      fail("projection", fmt::format("the network has projections (proj_size; tensor {}), which "
                                     "charrnn does not compute",
                                     in_quotes(name)));
    }
  }

  const SafetensorsEntry* find(const std::string& name) const {
    return names_ ? names_->find(name) : file_.find(prefix_ + name);
  }

  // The biases that modules made with bias=False lack: all of the recurrent layers', the output's.
  // As beginnings of names.
  std::vector<std::string> absent_biases(int layers) const {
    if (!names_) return {};
    std::vector<std::string> absent;
    bool any = false;
    for (int layer = 0; layer < layers; ++layer) {
      any = any || find(fmt::format("rnn.bias_ih_l{}", layer)) != nullptr ||
            find(fmt::format("rnn.bias_hh_l{}", layer)) != nullptr;
    }
    if (!any) absent.emplace_back("rnn.bias");
    if (find("fc.bias") == nullptr) absent.emplace_back("fc.bias");
    return absent;
  }

  // A matrix outside the recurrent layers may be there under a name that says nothing.
  std::string whats_there(const std::string& name) const {
    if (!names_ || name.starts_with("rnn.")) return {};
    const std::vector<std::string> others = names_->other_matrices();
    return others.empty() ? std::string()
                          : "; outside the recurrent layers the file has " + join(others, ", ");
  }

  const SafetensorsEntry& at(const std::string& name) const {
    const SafetensorsEntry* entry = find(name);
    if (entry == nullptr) {
      fail("tensor_missing",
           fmt::format("tensor '{}{}' is missing{}", prefix_, name, whats_there(name)));
    }
    if (!dtype_traits(entry->dtype).real) {
      fail("dtype", fmt::format("tensor {} holds whole numbers ({})", in_quotes(entry->name),
                                dtype_traits(entry->dtype).name));
    }
    return *entry;
  }

  // Rows and columns of a matrix that is not empty.
  std::pair<int, int> matrix(const std::string& name) const {
    const SafetensorsEntry& entry = at(name);
    const bool fits = entry.shape.size() == 2 && entry.shape[0] > 0 && entry.shape[1] > 0 &&
                      entry.shape[0] <= std::numeric_limits<int>::max() &&
                      entry.shape[1] <= std::numeric_limits<int>::max();
    if (!fits) {
      fail("tensor_shape",
           fmt::format("tensor {} has the shape {}, a matrix with rows and columns expected",
                       in_quotes(entry.name), format_shape(entry.shape)));
    }
    return {static_cast<int>(entry.shape[0]), static_cast<int>(entry.shape[1])};
  }

  ModelConfig config_from_shapes() const {
    ModelConfig config;
    std::tie(config.vocabulary_size, config.embedding_size) = matrix("embedding.weight");
    const auto [rows, hidden_size] = matrix("rnn.weight_hh_l0");
    config.hidden_size = hidden_size;
    const auto found =
        std::ranges::find_if(kCells, [rows = rows, size = hidden_size](const CellTraits& cell) {
          return rows == static_cast<int64_t>(cell.gates) * size;
        });
    if (found == kCells.end()) {
      std::vector<std::string> gates;
      for (const CellTraits& cell : kCells) {
        gates.push_back(fmt::format("{} ({})", cell.gates, cell.torch_name));
      }
      fail("tensor_shape",
           fmt::format("tensor 'rnn.weight_hh_l0' has the shape [{}, {}]: its rows are not the "
                       "columns times {}",
                       rows, hidden_size, join(gates, ", ")));
    }
    config.cell = found->kind;
    config.layers = 1;
    // A layer counts if any of its matrices is present, so that a lost one is reported as missing.
    const auto has_layer = [this](int layer) {
      return find(fmt::format("rnn.weight_ih_l{}", layer)) != nullptr ||
             find(fmt::format("rnn.weight_hh_l{}", layer)) != nullptr;
    };
    while (has_layer(config.layers)) ++config.layers;
    return config;
  }

  std::string unused_note() const {
    const size_t shown = std::min<size_t>(unused_.size(), 5);
    std::string names = join({unused_.begin(), unused_.begin() + shown}, ", ");
    if (unused_.size() > shown) names += fmt::format(" and {} more", unused_.size() - shown);
    return fmt::format("not used: {} {}", unused_.size() == 1 ? "tensor" : "tensors", names);
  }

  const SafetensorsFile& file_;
  const std::string& prefix_;
  std::optional<TensorNames> names_;
  std::set<std::string> used_;
  std::vector<std::string> unused_;
};

}  // namespace

ModelTensors find_model_tensors(const SafetensorsFile& file, const std::string& prefix) {
  return TensorFinder(file, prefix).find();
}

void throw_bad_model(std::string code, const std::string& why, const std::string& path,
                     std::string hint) {
  throw Error(ErrorKind::kModel, std::move(code), fmt::format("not a model: {} ({})", why, path),
              std::move(hint));
}

}  // namespace charrnn
