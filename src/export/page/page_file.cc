#include "export/page/page_file.h"

#include <fmt/core.h>

#include <utility>

#include "base/error.h"
#include "base/json/json.h"
#include "export/page/base64.h"
#include "export/page/page_template.h"
#include "model/file/model_metadata.h"

namespace charrnn {
namespace {

constexpr uint64_t kMaxText = (uint64_t{1} << 29) - 24;  // characters of a string in V8

using Write = std::function<void(std::string_view)>;

// As the text or the attribute of an element.
std::string escaped_html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// JSON within a script element, which "</script" would end and "<!--" change.
std::string escaped_json(std::string_view json) {
  std::string escaped;
  for (const char c : json) {
    if (c == '<') {
      escaped += "\\u003c";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string metadata_json(const Model& model, WeightType type) {
  Metadata metadata = make_metadata(model);
  metadata["weight_type"] = weight_type_name(type);
  JsonOutput object = JsonOutput::object();
  for (const auto& [key, value] : metadata) object[key] = value;
  return escaped_json(dump_json(object));
}

struct PageTensor {
  const TensorInfo& info;
  std::span<const float> values;
  WeightType type;
};

// Biases stay float32. One-hot input needs no embedding.
std::vector<PageTensor> page_tensors(const Parameters& weights, WeightType type) {
  std::vector<PageTensor> tensors;
  for (size_t i = 0; i < weights.layout().size(); ++i) {
    if (i == 0 && weights.config().one_hot) continue;
    const TensorInfo& info = weights.layout()[i];
    tensors.push_back({info, weights.tensor(static_cast<int>(i)),
                       info.shape.size() < 2 ? WeightType::kFloat32 : type});
  }
  return tensors;
}

uint64_t value_size(WeightType type) {
  switch (type) {
    case WeightType::kFloat16:
      return 2;
    case WeightType::kInt8:
      return 1;
    default:
      return 4;
  }
}

void check_size(const PageTensor& tensor) {
  const uint64_t size = base64_size(tensor.values.size() * value_size(tensor.type));
  if (size <= kMaxText) return;
  throw Error(ErrorKind::kLimit, "page_too_large",
              fmt::format("{} would be a text of {} characters in the page, and browsers take {}",
                          tensor.info.name, size, kMaxText),
              tensor.type == WeightType::kInt8 ? "export it as .onnx" : "give --precision int8");
}

void write_tensor(const PageTensor& tensor, const Write& write) {
  const StoredMatrix stored = store_matrix(tensor.values, tensor.info.shape[0], tensor.type);
  write(fmt::format(R"(    <script type="text/plain" data-tensor="{}" data-precision="{}")",
                    tensor.info.name, weight_type_name(tensor.type)));
  if (tensor.type == WeightType::kInt8) {
    const std::string_view bytes(reinterpret_cast<const char*>(stored.scales.data()),
                                 stored.scales.size() * sizeof(float));
    write(fmt::format(R"( data-scales="{}")", base64(bytes)));
  }
  write(">");
  write(base64(stored.bytes));
  write("</script>\n");
}

// Writes the page, what fill(name) writes in the place of each {{name}}.
void fill_template(std::string_view page, const Write& write,
                   const std::function<void(std::string_view name)>& fill) {
  for (size_t begin; (begin = page.find("{{")) != page.npos;) {
    const size_t end = page.find("}}", begin);
    check(end != page.npos, "each place in the page's template ends");
    write(page.substr(0, begin));
    fill(page.substr(begin + 2, end - begin - 2));
    page.remove_prefix(end + 2);
  }
  write(page);
}

}  // namespace

FileContent page_content(const Model& model, WeightType type, const PageWords& words) {
  const std::vector<PageTensor> tensors = page_tensors(model.weights, type);
  for (const PageTensor& tensor : tensors) check_size(tensor);
  std::string metadata = metadata_json(model, type);
  std::string title = escaped_html(words.title), credits = escaped_html(words.credits);
  return [=](const Write& write) {
    fill_template(page_template(), write, [&](std::string_view name) {
      if (name == "title") return write(title);
      if (name == "credits") return write(credits);
      if (name == "model") return write(metadata);
      check(name == "tensors", "the page's template has places for title, credits and model");
      for (const PageTensor& tensor : tensors) write_tensor(tensor, write);
    });
  };
}

}  // namespace charrnn
