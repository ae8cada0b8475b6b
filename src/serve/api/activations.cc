// The activations of all units over a text, as a safetensors file in memory, which the page reads
// without parsing.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/top_k.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection_input.h"
#include "serve/models/limits.h"

namespace charrnn {
namespace {

static_assert(std::endian::native == std::endian::little, "the arrays are little-endian");

constexpr Field kActivationsFields[] = {
    {"top", FieldKind::kInteger, 0, kMaxAlternatives},
    {"layers", FieldKind::kNumbers, 0, 1000, 1000},
    {"values", FieldKind::kTexts, 1, 16, 3},
    {"type", FieldKind::kText, 1, 16},
};

// Names, shapes and bytes, in the order added.
class ArrayFile {
 public:
  template <class Number>
  void add(const std::string& name, const char* dtype, const std::vector<size_t>& shape,
           std::span<const Number> values) {
    const size_t begin = data_.size();
    data_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    header_[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
  }

  std::string bytes(const Json& metadata) {
    header_["__metadata__"] = metadata;
    std::string head = dump_json(header_);
    head.append((8 - head.size() % 8) % 8, ' ');
    const uint64_t size = head.size();
    std::string file(sizeof(size), '\0');
    std::memcpy(file.data(), &size, sizeof(size));
    return file + head + data_;
  }

 private:
  Json header_ = Json::object();
  std::string data_;
};

int8_t as_byte(float value) {
  return static_cast<int8_t>(std::lround(std::clamp(value, -1.0f, 1.0f) * 127));
}

struct Wanted {
  std::vector<int64_t> layers;
  bool hidden = false, cell = false, gates = false;
  bool bytes = true;
  size_t top = 5;
};

Wanted read_wanted(const Fields& fields, const ModelConfig& config) {
  Wanted wanted;
  wanted.layers = fields.numbers("layers");
  for (const int64_t layer : wanted.layers) {
    check_field(JsonValue(layer), {"layers", FieldKind::kInteger, 0, double(config.layers - 1)},
                "layers");
  }
  if (!fields.has("layers")) {
    wanted.layers.resize(config.layers);
    std::iota(wanted.layers.begin(), wanted.layers.end(), 0);
  }
  std::vector<std::string> values = fields.texts("values");
  if (!fields.has("values")) values = {"hidden"};
  for (const std::string& value : values) {
    bool* flag = value == "hidden"  ? &wanted.hidden
                 : value == "cell"  ? &wanted.cell
                 : value == "gates" ? &wanted.gates
                                    : nullptr;
    if (!flag) {
      throw ApiError(400, "values are hidden, cell and gates", "values", "out_of_range");
    }
    *flag = true;
  }
  const std::string type = fields.text("type", "int8");
  if (type != "int8" && type != "float32") {
    throw ApiError(400, "type is int8 or float32", "type", "out_of_range");
  }
  wanted.bytes = type == "int8";
  wanted.top = static_cast<size_t>(fields.integer("top", 5));
  return wanted;
}

// The wanted layers of source [all layers][layer_size], each value through `change`.
template <class Change>
void add_values(ArrayFile& file, const std::string& name, const Wanted& wanted,
                std::vector<size_t> shape, std::span<const float> source, Change&& change) {
  size_t layer_size = 1;
  for (const size_t extent : shape) layer_size *= extent;
  shape.insert(shape.begin(), wanted.layers.size());
  std::vector<float> floats;
  std::vector<int8_t> bytes;
  for (const int64_t layer : wanted.layers) {
    for (const float value : source.subspan(static_cast<size_t>(layer) * layer_size, layer_size)) {
      const float changed = change(value);
      wanted.bytes ? bytes.push_back(as_byte(changed)) : floats.push_back(changed);
    }
  }
  if (wanted.bytes) {
    file.add<int8_t>(name, "I8", shape, bytes);
  } else {
    file.add<float>(name, "F32", shape, floats);
  }
}

void add_predictions(ArrayFile& file, const InspectionInput& text, const Trace& trace, size_t top) {
  const size_t times = text.ids.size(), size = text.model->config().vocabulary_size;
  std::vector<float> surprisal = text_log_probabilities(text, trace);
  for (float& value : surprisal) value = -value;
  file.add<float>("surprise", "F32", {times}, surprisal);
  top = std::min(top, size);
  std::vector<int32_t> ids;
  std::vector<float> values;
  for (size_t t = 0; t < times; ++t) {
    const auto row = std::span<const float>(trace.log_probabilities).subspan(t * size, size);
    for (const int32_t id : top_k_ids(row, top)) {
      ids.push_back(id);
      values.push_back(row[id]);
    }
  }
  file.add<int32_t>("top_ids", "I32", {times, top}, ids);
  file.add<float>("top_log_probabilities", "F32", {times, top}, values);
}

}  // namespace

void post_activations(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kActivationsFields});
  const InspectionInput text = read_inspection_input(api, fields);
  const ModelConfig& config = text.model->config();
  const Wanted wanted = read_wanted(fields, config);
  const Trace trace = trace_text(text);
  const size_t times = text.ids.size(), hidden = config.hidden_size;
  const size_t saved = cell_traits(config.cell).saved;
  const auto same = [](float value) { return value; };

  ArrayFile file;  // arrays of four bytes first: then all of them are aligned
  file.add<int32_t>("ids", "I32", {times}, text.ids);
  add_predictions(file, text, trace, wanted.top);
  if (wanted.hidden) add_values(file, "hidden", wanted, {times, hidden}, trace.hidden, same);
  if (wanted.cell && !trace.cell.empty()) {
    add_values(file, "cell", wanted, {times, hidden}, trace.cell,
               [](float value) { return std::tanh(value); });
  }
  if (wanted.gates) add_values(file, "gates", wanted, {times, saved, hidden}, trace.saved, same);

  Response response;
  response.type = "application/octet-stream";
  response.body = file.bytes({{"text", text.text},
                              {"model", text.model->id()},
                              {"version", std::to_string(text.model->version())},
                              {"layers", dump_json(Json(wanted.layers))}});
  exchange->respond(std::move(response));
}

}  // namespace charrnn
