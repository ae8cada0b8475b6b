// charrnn export: a model as a file for other programs.
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>

#include "app/command/command.h"
#include "app/command/model_argument.h"
#include "app/process/signals.h"
#include "app/terminal/number_text.h"
#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json.h"
#include "export/onnx/onnx_file.h"
#include "export/page/page_file.h"
#include "export/rounding_cost.h"
#include "export/weight_type.h"
#include "model/file/model_file.h"
#include "text/characters/display.h"
#include "text/characters/shell_word.h"
#include "text/corpus/plain_text.h"

namespace charrnn {
namespace {

constexpr int kCostCharacters = 2048;  // a second or two of the largest networks
constexpr std::string_view kMark = "charrnn";
constexpr int kMarkWithin = 512;  // bytes of a file's beginning

enum class Format { kOnnx, kPage, kModel };

constexpr std::array<std::string_view, 3> kEndings = {".onnx", ".html", ".safetensors"};

enum class PrecisionChoice { kAuto, kFloat32, kFloat16, kInt8 };

class ExportCommand : public Command {
 public:
  std::string_view name() const override { return "export"; }
  std::string_view summary() const override { return "the model as a file for other programs"; }
  std::string_view arguments() const override { return "MODEL FILE"; }
  std::string_view examples() const override {
    return "charrnn export runs/shakespeare shakespeare.onnx\n"
           "charrnn export runs/shakespeare small.onnx --precision int8  # a quarter of the size\n"
           "charrnn export runs/shakespeare plays.html --title 'More Shakespeare'  # a page\n"
           "charrnn export theirs.safetensors ours.safetensors --vocabulary chars.json";
  }
  int max_arguments() const override { return 2; }
  std::vector<std::string_view> without_effect() const override { return {"verbose", "seed"}; }

  void declare(OptionTable& table) override {
    table.group("File");
    table.add_choice("precision", precision_,
                     "of the weights in the file; auto: f32, in a page f16",
                     {{"auto", PrecisionChoice::kAuto},
                      {"f32", PrecisionChoice::kFloat32},
                      {"f16", PrecisionChoice::kFloat16},
                      {"int8", PrecisionChoice::kInt8}});
    table.add("title", words_.title, "of a page; else the name of the file");
    table.add("credits", words_.credits, "at the foot of a page: whose text it is, …");
    model_.declare(table);
  }

  int run(Context& context) override {
    const std::string path = model_argument(context, model_.model);
    const std::string file = file_argument(context, path);
    const Format format = format_of(file);
    check_words(format);
    check_replaceable(file, format);
    const Model model = read_model(path, model_.reading);
    const WeightType type = weight_type(format);
    if (format == Format::kModel) {
      write_model(file, model);
      report(context, file, format, type, std::nullopt);
      return 0;
    }
    const FileContent content = format == Format::kPage
                                    ? page_content(model, type, page_words(file))
                                    : onnx_content(model, type);
    const std::optional<double> cost = cost_of(context, model, type);
    if (const int signal = requested_signal(); signal != 0) return signal_exit_code(signal);
    replace_file(file, content);
    report(context, file, format, type, cost);
    return 0;
  }

 private:
  static std::string file_argument(Context& context, const std::string& model) {
    if (context.arguments.size() != 1) {
      throw Error(
          ErrorKind::kUsage, "no_file", "no file to write is given",
          fmt::format("say which: {} export {} book.onnx", context.program, shell_argument(model)));
    }
    return context.arguments.front();
  }

  static Format format_of(const std::string& file) {
    for (size_t i = 0; i < kEndings.size(); ++i) {
      if (file.ends_with(kEndings[i])) return static_cast<Format>(i);
    }
    throw Error(ErrorKind::kUsage, "unknown_format",
                fmt::format("{} does not tell the format by its ending", in_quotes(file)),
                "give a name that ends in .onnx, .html or .safetensors");
  }

  void check_words(Format format) const {
    const bool rounds =
        precision_ == PrecisionChoice::kFloat16 || precision_ == PrecisionChoice::kInt8;
    if (format == Format::kModel && rounds) {
      throw Error(ErrorKind::kUsage, "model_is_exact", "a .safetensors model is float32",
                  "leave --precision out, or give a name that ends in .onnx or .html");
    }
    if (format == Format::kPage) return;
    for (const auto& [name, words] :
         {std::pair("--title", &words_.title), std::pair("--credits", &words_.credits)}) {
      if (words->empty()) continue;
      throw Error(ErrorKind::kUsage, "no_page",
                  fmt::format("{} is for a page, and the file is none", name),
                  fmt::format("leave {} out, or give a name that ends in .html", name));
    }
  }

  // What was given, or the file's name for a title. Throws Error (kData) where it is not UTF-8.
  PageWords page_words(const std::string& file) const {
    CorpusOptions reading;
    reading.offers_bytes = reading.offers_replace = false;
    const std::string title =
        words_.title.empty() ? escaped(std::filesystem::path(file).stem().string()) : words_.title;
    return {plain_text(title, reading, "--title"),
            plain_text(words_.credits, reading, "--credits")};
  }

  // What somebody else made is never replaced, nor a model: it may be a run's.
  static void check_replaceable(const std::string& file, Format format) {
    std::error_code none;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file, none))) return;
    if (format == Format::kModel) {
      throw Error(ErrorKind::kUsage, "model_exists", fmt::format("{} is there", in_quotes(file)),
                  "give another name, or move that file away");
    }
    std::string beginning(kMarkWithin, '\0');
    std::ifstream(file, std::ios::binary).read(beginning.data(), kMarkWithin);
    if (beginning.find(kMark) != std::string::npos) return;
    throw Error(ErrorKind::kUsage, "not_an_export",
                fmt::format("{} is there and was not made by charrnn", in_quotes(file)),
                "give another name, or move that file away");
  }

  // A page is sent around, so it is the smaller one unless a person says otherwise.
  WeightType weight_type(Format format) const {
    switch (precision_) {
      case PrecisionChoice::kAuto:
        return format == Format::kPage ? WeightType::kFloat16 : WeightType::kFloat32;
      case PrecisionChoice::kFloat16:
        return WeightType::kFloat16;
      case PrecisionChoice::kInt8:
        return WeightType::kInt8;
      default:
        return WeightType::kFloat32;
    }
  }

  // What the rounding costs, in bits per character; nothing where nothing is rounded.
  static std::optional<double> cost_of(Context& context, const Model& model, WeightType type) {
    if (type == WeightType::kFloat32) return std::nullopt;
    EngineOptions computing = context.common.engine;
    computing.workload = sampling_workload(model.config(), 1) * (2 * kCostCharacters);
    const auto exact = make_network(model.config(), computing);
    exact->load_weights(model.weights);
    const auto rounded = make_network(model.config(), computing);
    rounded->load_weights(rounded_parameters(model.weights, type));
    const int32_t first = model.vocabulary.find('\n').value_or(0);
    return rounding_cost(*exact, *rounded, first, model.border(), kCostCharacters,
                         [] { return requested_signal() != 0; });
  }

  static void report(Context& context, const std::string& file, Format format, WeightType type,
                     std::optional<double> cost) {
    const auto bytes = static_cast<uint64_t>(std::filesystem::file_size(file));
    if (context.common.json) {
      JsonOutput object = JsonOutput::object();
      object["file"] = file;
      object["format"] = kEndings[static_cast<size_t>(format)].substr(1);
      object["precision"] = weight_type_name(type);
      object["bytes"] = bytes;
      if (cost) object["rounding_cost"] = *cost;
      context.out.line(dump_json(object));
      return;
    }
    context.say(fmt::format("{}: {}, weights in {}", file, byte_size(static_cast<double>(bytes)),
                            weight_type_name(type)));
    if (cost) {
      context.say(
          fmt::format("rounding costs {:.2g} bits per character, on {} that the model writes",
                      *cost, counted(kCostCharacters, "character")));
    }
  }

  ModelOptions model_;
  PrecisionChoice precision_ = PrecisionChoice::kAuto;
  PageWords words_;
};

}  // namespace

std::unique_ptr<Command> make_export_command() { return std::make_unique<ExportCommand>(); }

}  // namespace charrnn
