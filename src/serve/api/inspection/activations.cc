// The activations of all units over a text, as a safetensors file in memory, which the page reads
// without parsing.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/top_k.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection/inspection_input.h"
#include "serve/api/reply_size.h"
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

// A safetensors file that is laid out first and filled afterwards, so that it is in memory once.
class ArrayFile {
 public:
  enum class Type { kInt8, kInt32, kFloat32 };

  // Returns the array's offset, for fill().
  size_t add(const std::string& name, Type type, std::vector<size_t> shape) {
    size_t size = type == Type::kInt8 ? 1 : 4;
    for (const size_t extent : shape) size *= extent;
    const size_t begin = size_;
    size_ += size;
    header_[name] = {{"dtype", type == Type::kInt8    ? "I8"
                               : type == Type::kInt32 ? "I32"
                                                      : "F32"},
                     {"shape", shape},
                     {"data_offsets", {begin, size_}}};
    return begin;
  }

  void lay_out(const Json& metadata) {
    header_["__metadata__"] = metadata;
    std::string head = dump_json(header_);
    head.append((8 - head.size() % 8) % 8, ' ');
    const uint64_t size = head.size();
    data_begin_ = sizeof(size) + head.size();
    bytes_.reserve(kHeadRoom + data_begin_ + size_);
    bytes_.resize(sizeof(size));
    std::memcpy(bytes_.data(), &size, sizeof(size));
    bytes_ += head;
    bytes_.resize(data_begin_ + size_);
  }

  // Value number `index` of the array at this offset.
  template <class Number>
  void put(size_t array, size_t index, Number value) {
    std::memcpy(&bytes_[data_begin_ + array + index * sizeof(value)], &value, sizeof(value));
  }

  std::string take_bytes() { return std::move(bytes_); }

 private:
  static constexpr size_t kHeadRoom = 4096;  // for the reply's head, which is put before them

  Json header_ = Json::object();
  size_t size_ = 0;  // of all arrays
  size_t data_begin_ = 0;
  std::string bytes_;
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

template <class Value>
void refuse_twice(std::vector<Value> values, const std::string& param) {
  std::sort(values.begin(), values.end());
  if (std::adjacent_find(values.begin(), values.end()) == values.end()) return;
  throw ApiError(400, param + " has an entry twice", param, "duplicate");
}

Wanted read_wanted(const Fields& fields, const ModelConfig& config) {
  Wanted wanted;
  wanted.layers = fields.numbers("layers");
  for (const int64_t layer : wanted.layers) {
    check_field(JsonValue(layer), {"layers", FieldKind::kInteger, 0, double(config.layers - 1)},
                "layers");
  }
  refuse_twice(wanted.layers, "layers");
  if (!fields.has("layers")) {
    wanted.layers.resize(config.layers);
    std::iota(wanted.layers.begin(), wanted.layers.end(), 0);
  }
  std::vector<std::string> values = fields.texts("values");
  refuse_twice(values, "values");
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

void check_size(const Wanted& wanted, const ModelConfig& config, int64_t times, int64_t top) {
  const int64_t kinds = (wanted.hidden ? 1 : 0) + (wanted.cell ? 1 : 0) +
                        (wanted.gates ? cell_traits(config.cell).saved : 0);
  ReplySize()
      .add(ReplyPart::kFloat, {2, times})
      .add(ReplyPart::kFloat, {2, times, top})
      .add(wanted.bytes ? ReplyPart::kByte : ReplyPart::kFloat,
           {static_cast<int64_t>(wanted.layers.size()), times, kinds, config.hidden_size})
      .check("layers", "ask for fewer layers or values, for int8 or for a shorter text");
}

// The reply's arrays and what fills them.
class Activations {
 public:
  Activations(const InspectionInput& text, Wanted wanted)
      : text_(text),
        wanted_(std::move(wanted)),
        times_(text.ids.size()),
        vocabulary_(text.model->config().vocabulary_size),
        top_(std::min(wanted_.top, vocabulary_)) {
    const ModelConfig& config = text.model->config();
    check_size(wanted_, config, static_cast<int64_t>(times_), static_cast<int64_t>(top_));
    using Type = ArrayFile::Type;
    const Type type = wanted_.bytes ? Type::kInt8 : Type::kFloat32;
    const size_t layers = wanted_.layers.size(), hidden = config.hidden_size;
    const size_t saved = cell_traits(config.cell).saved;
    // Arrays of four bytes first: then all of them are aligned.
    ids_ = file_.add("ids", Type::kInt32, {times_});
    surprisal_ = file_.add("surprise", Type::kFloat32, {times_});
    top_ids_ = file_.add("top_ids", Type::kInt32, {times_, top_});
    top_values_ = file_.add("top_log_probabilities", Type::kFloat32, {times_, top_});
    if (wanted_.hidden) hidden_ = file_.add("hidden", type, {layers, times_, hidden});
    wanted_.cell = wanted_.cell && cell_traits(config.cell).has_cell_state();
    if (wanted_.cell) cell_ = file_.add("cell", type, {layers, times_, hidden});
    if (wanted_.gates) gates_ = file_.add("gates", type, {layers, times_, saved, hidden});
    file_.lay_out({{"text", text.text},
                   {"model", text.model->id()},
                   {"version", std::to_string(text.model->version())},
                   {"layers", dump_json(Json(wanted_.layers))}});
    file_.put(surprisal_, 0, std::numeric_limits<float>::quiet_NaN());
    for (size_t t = 0; t < times_; ++t) file_.put(ids_, t, text.ids[t]);
  }

  void add(size_t begin, const Trace& part) {
    for (size_t t = 0; t < static_cast<size_t>(part.times); ++t) {
      add_prediction(begin + t,
                     std::span(part.log_probabilities).subspan(t * vocabulary_, vocabulary_));
    }
    const auto same = [](float value) { return value; };
    if (wanted_.hidden) add_values(hidden_, begin, part.times, part.hidden, same);
    if (wanted_.cell) {
      add_values(cell_, begin, part.times, part.cell, [](float value) { return std::tanh(value); });
    }
    if (wanted_.gates) add_values(gates_, begin, part.times, part.saved, same);
  }

  std::string take_bytes() { return file_.take_bytes(); }

 private:
  // row: the log probabilities of what follows the character at t.
  void add_prediction(size_t t, std::span<const float> row) {
    if (t + 1 < times_) file_.put(surprisal_, t + 1, -row[text_.ids[t + 1]]);
    size_t index = t * top_;
    for (const int32_t id : top_k_ids(row, top_)) {
      file_.put(top_ids_, index, id);
      file_.put(top_values_, index++, row[id]);
    }
  }

  // The wanted layers of source [all layers][part_times][…], each value through `change`, at the
  // times from `begin` on.
  template <class Change>
  void add_values(size_t array, size_t begin, size_t part_times, std::span<const float> source,
                  Change&& change) {
    const size_t of_layer = source.size() / text_.model->config().layers;
    const size_t width = of_layer / part_times;
    for (size_t i = 0; i < wanted_.layers.size(); ++i) {
      size_t index = (i * times_ + begin) * width;
      for (const float value : source.subspan(wanted_.layers[i] * of_layer, of_layer)) {
        const float changed = change(value);
        wanted_.bytes ? file_.put(array, index++, as_byte(changed))
                      : file_.put(array, index++, changed);
      }
    }
  }

  const InspectionInput& text_;
  Wanted wanted_;
  const size_t times_, vocabulary_, top_;
  ArrayFile file_;
  size_t ids_ = 0, surprisal_ = 0, top_ids_ = 0, top_values_ = 0;
  size_t hidden_ = 0, cell_ = 0, gates_ = 0;
};

}  // namespace

void post_activations(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kActivationsFields});
  const InspectionInput text = read_inspection_input(api, fields);
  Activations activations(text, read_wanted(fields, text.model->config()));
  trace_in_parts(api, exchange, *text.model, text.ids,
                 [&](size_t begin, const Trace& part) { activations.add(begin, part); });
  Response response;
  response.type = "application/octet-stream";
  response.body = activations.take_bytes();
  exchange->respond(std::move(response));
}

}  // namespace charrnn
