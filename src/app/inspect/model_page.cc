#include "app/inspect/model_page.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <numbers>

#include "app/inspect/vocabulary_text.h"
#include "app/terminal/number_text.h"
#include "model/file/safetensors_header.h"
#include "text/characters/display.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

constexpr int kVocabularyLines = 4;  // unless all of it is asked for

class ModelPage {
 public:
  ModelPage(const ModelReport& report, const ModelPageOptions& options, const Terminal& terminal)
      : report_(report),
        options_(options),
        terminal_(terminal),
        config_(report.model.config()),
        facts_(report.model.facts) {}

  std::string make() {
    const std::string_view version = report_.charrnn_version;
    line(fmt::format(
        "{}  {}", terminal_.bold(escaped(report_.path)),
        terminal_.dim(fmt::format(
            "{}, written by {}", byte_size(static_cast<double>(report_.bytes)),
            version.empty() ? "another program" : fmt::format("charrnn {}", escaped(version))))));
    for (const std::string& note : report_.model.notes) {
      line(fmt::format("{} {}", terminal_.warning("note:"), printable(note)));
    }
    line("");
    add_network();
    add_vocabulary();
    add_training();
    if (options_.tensors) add_tensors();
    if (is_as_pytorch_names_it()) add_pytorch();
    return std::move(text_);
  }

 private:
  void line(std::string_view text) { text_ += fmt::format("{}\n", text); }
  void row(std::string_view name, std::string_view value) { line(page_row(name, value)); }

  void add_network() {
    row("network",
        fmt::format("{}, {} of {}, {}", cell_traits(config_.cell).torch_name,
                    counted(config_.layers, "layer"), counted(config_.hidden_size, "unit"),
                    config_.one_hot ? "one-hot input"
                                    : fmt::format("embedding of {}", config_.embedding_size)));
    row("parameters", grouped(static_cast<uint64_t>(trainable_parameter_count(config_))));
  }

  void add_vocabulary() {
    const Vocabulary& vocabulary = report_.model.vocabulary;
    row("vocabulary",
        fmt::format("{}{}", counted(vocabulary.size(), unit_name(vocabulary.encoding())),
                    vocabulary.lowercase() ? "; texts are lower-cased" : ""));
    const int lines = options_.vocabulary ? vocabulary.size() : kVocabularyLines;
    for (const std::string& text :
         vocabulary_lines(vocabulary, std::max(20, terminal_.width() - kPageIndent), lines)) {
      row("", text);
    }
  }

  // The fact as a number, or NaN.
  double number(const std::string& name) const {
    const auto found = facts_.find(name);
    double value = 0;
    if (found == facts_.end()) return std::nan("");
    const char* end = found->second.data() + found->second.size();
    const auto [stop, error] = std::from_chars(found->second.data(), end, value);
    return error == std::errc() && stop == end ? value : std::nan("");
  }

  std::string loss_text(double loss) const {
    return fmt::format("{:.4f} nats, {:.4f} bits per {}", loss, loss / std::numbers::ln2,
                       unit_name(report_.model.vocabulary.encoding()));
  }

  void add_training() {
    std::map<std::string, std::string> others = facts_;
    const double steps = number("steps"), epochs = number("epochs");
    if (steps >= 0 && steps < 1e15) {
      row("training", fmt::format("{}{}", counted(static_cast<uint64_t>(steps), "step"),
                                  epochs >= 0 ? fmt::format(", {:.2f} epochs", epochs) : ""));
      others.erase("steps");
      if (epochs >= 0) others.erase("epochs");
    }
    for (const auto& [name, label] :
         {std::pair("validation_loss", "validation"), std::pair("train_loss", "train loss")}) {
      if (!std::isfinite(number(name))) continue;
      row(label, loss_text(number(name)));
      others.erase(name);
    }
    for (const auto& [name, value] : others) {
      row(escaped(name), printable(value.size() <= 200 ? value : value.substr(0, 200) + "…"));
    }
  }

  void add_tensors() {
    line("");
    size_t name_columns = 0, shape_columns = 0;
    for (const TensorReport& tensor : report_.tensors) {
      name_columns = std::max(name_columns, tensor.name.size());
      shape_columns = std::max(shape_columns, format_shape(tensor.shape).size());
    }
    line(terminal_.bold(fmt::format("{:<{}}  {:<{}}  {:<4} {:>9} {:>9} {:>9} {:>9}", "Tensor",
                                    name_columns, "Shape", shape_columns, "Type", "Mean",
                                    "Deviation", "Min", "Max")));
    for (const TensorReport& tensor : report_.tensors) {
      const TensorStatistics& values = tensor.statistics;
      std::string text = fmt::format(
          "{:<{}}  {:<{}}  {:<4} {:>9.4f} {:>9.4f} {:>9.4f} {:>9.4f}  {}", tensor.name,
          name_columns, format_shape(tensor.shape), shape_columns, tensor.dtype, values.mean,
          values.deviation, values.min, values.max, terminal_.accent(bins_text(values)));
      if (values.not_finite > 0) {
        text += terminal_.bad(
            fmt::format("  {} NaN or Inf", grouped(static_cast<uint64_t>(values.not_finite))));
      }
      line(text);
    }
  }

  // load_state_dict takes exactly these names.
  bool is_as_pytorch_names_it() const {
    bool same = report_.model.notes.empty();
    for (size_t i = 0; i < report_.tensors.size(); ++i) {
      same = same && report_.tensors[i].name == report_.model.weights.layout()[i].name;
    }
    return same;
  }

  void add_pytorch() {
    line("");
    line(
        terminal_.dim(fmt::format("In PyTorch, with the notebook's class and rnn = nn.{}({}, {}, "
                                  "{}, batch_first=True):",
                                  cell_traits(config_.cell).torch_name, config_.embedding_size,
                                  config_.hidden_size, config_.layers)));
    line("  from safetensors.torch import load_file");
    line(fmt::format("  model = CharRNN({}, {}, {}, {})", config_.vocabulary_size,
                     config_.embedding_size, config_.hidden_size, config_.layers));
    line(fmt::format("  model.load_state_dict(load_file({}))", printable(dump_json(report_.path))));
  }

  const ModelReport& report_;
  const ModelPageOptions& options_;
  const Terminal& terminal_;
  const ModelConfig& config_;
  const std::map<std::string, std::string>& facts_;
  std::string text_;
};

JsonOutput tensors_json(const std::vector<TensorReport>& tensors) {
  JsonOutput list = JsonOutput::array();
  for (const TensorReport& tensor : tensors) {
    const TensorStatistics& values = tensor.statistics;
    JsonOutput entry;
    entry["name"] = tensor.name;
    entry["dtype"] = tensor.dtype;
    entry["shape"] = tensor.shape;
    entry["mean"] = values.mean;
    entry["deviation"] = values.deviation;
    entry["min"] = values.min;
    entry["max"] = values.max;
    entry["not_finite"] = values.not_finite;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

std::string page_row(std::string_view name, std::string_view value) {
  return fmt::format("{:<{}}{}{}", name, kPageIndent, name.size() >= kPageIndent ? " " : "", value);
}

std::string model_page(const ModelReport& report, const ModelPageOptions& options,
                       const Terminal& terminal) {
  return ModelPage(report, options, terminal).make();
}

JsonOutput model_json(const ModelReport& report, const ModelPageOptions& options) {
  const ModelConfig& config = report.model.config();
  const Vocabulary& vocabulary = report.model.vocabulary;
  JsonOutput json;
  json["model"] = report.path;
  json["bytes"] = report.bytes;
  if (!report.charrnn_version.empty()) json["charrnn_version"] = report.charrnn_version;
  json["cell"] = cell_traits(config.cell).name;
  json["layers"] = config.layers;
  json["hidden_size"] = config.hidden_size;
  json["embedding_size"] = config.embedding_size;
  json["input"] = config.one_hot ? "one_hot" : "embedding";
  json["vocabulary_size"] = config.vocabulary_size;
  json["parameters"] = trainable_parameter_count(config);
  json["encoding"] = vocabulary.encoding() == Encoding::kBytes ? "bytes" : "utf-8";
  json["lowercase"] = vocabulary.lowercase();
  json["vocabulary"] = JsonOutput::array();
  for (const char32_t symbol : vocabulary.symbols()) {
    json["vocabulary"].push_back(utf8_text(symbol));
  }
  json["facts"] = report.model.facts;
  json["notes"] = report.model.notes;
  if (options.tensors) json["tensors"] = tensors_json(report.tensors);
  return json;
}

}  // namespace charrnn
