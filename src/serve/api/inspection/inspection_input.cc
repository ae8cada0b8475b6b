#include "serve/api/inspection/inspection_input.h"

#include <algorithm>

#include "serve/api/endpoints.h"
#include "serve/http/api_error.h"
#include "serve/models/limits.h"
#include "serve/models/sampling_fields.h"

namespace charrnn {
namespace {

constexpr int64_t kPartValues = 4 << 20;  // floats of one part of a trace
constexpr size_t kLongestPart = 512;      // characters

constexpr Field kInputFields[] = {
    {"model", FieldKind::kText, 0, 256},
    {"text", FieldKind::kText, 1, kMaxInspected},
    {"unknown", FieldKind::kText, 1, 16},
};

// with_engine(action) calls action(Network&) and gives its result.
template <class WithEngine>
void trace_parts(const Api& api, const ExchangePtr& exchange, const WithEngine& with_engine,
                 const ModelConfig& config, int32_t border, std::span<const int32_t> ids,
                 const std::function<void(size_t begin, const Trace& part)>& visit) {
  const auto fitting = static_cast<size_t>(kPartValues / traced_values(config));
  const size_t length = std::clamp(fitting, size_t{1}, kLongestPart);
  const auto state = with_engine([](Network& engine) { return engine.new_state(1); });
  Trace part;
  for (size_t begin = 0, end = 0; begin < ids.size(); begin = end) {
    check_wanted(api, exchange);
    if (ids[begin] == border) state->clear();
    const auto next =
        std::find(ids.begin() + static_cast<std::ptrdiff_t>(begin) + 1, ids.end(), border);
    end = std::min(begin + length, static_cast<size_t>(next - ids.begin()));
    with_engine(
        [&](Network& engine) { engine.trace(ids.subspan(begin, end - begin), *state, part); });
    visit(begin, part);
  }
}

}  // namespace

const std::span<const Field> kInspectionFields = kInputFields;

InspectionInput read_inspection_input(Api& api, const Fields& fields) {
  if (!fields.has("text")) throw ApiError(400, "text is missing", "text", "missing");
  InspectionInput result;
  result.model = api.registry.get(fields.text("model"));
  result.ids = read_text(*result.model, fields.text("text"), "text", skips_unknown(fields));
  if (result.ids.empty()) throw ApiError(400, "the text is empty", "text", "out_of_range");
  if (result.ids.size() > static_cast<size_t>(kMaxInspected)) {  // bytes, for some models
    throw ApiError(400, "the text is longer than 16384 characters", "text", "out_of_range");
  }
  result.text = result.model->vocabulary().text(result.ids);
  return result;
}

int64_t traced_values(const ModelConfig& config) {
  const int of_unit = config.states() + cell_traits(config.cell).saved;
  return int64_t{config.layers} * config.hidden_size * of_unit + config.vocabulary_size;
}

void trace_in_parts(const Api& api, const ExchangePtr& exchange, ServedModel& model,
                    std::span<const int32_t> ids,
                    const std::function<void(size_t begin, const Trace& part)>& visit) {
  const auto with_engine = [&](auto&& action) { return model.inspect(action); };
  trace_parts(api, exchange, with_engine, model.config(), model.border(), ids, visit);
}

void trace_in_parts(const Api& api, const ExchangePtr& exchange, Network& engine, int32_t border,
                    std::span<const int32_t> ids,
                    const std::function<void(size_t begin, const Trace& part)>& visit) {
  const auto with_engine = [&](auto&& action) { return action(engine); };
  trace_parts(api, exchange, with_engine, engine.config(), border, ids, visit);
}

std::vector<float> next_log_probabilities(const Api& api, const ExchangePtr& exchange,
                                          ServedModel& model, std::span<const int32_t> ids) {
  std::vector<float> next;
  trace_in_parts(api, exchange, model, ids, [&](size_t, const Trace& part) {
    next.assign(part.log_probabilities.end() - model.config().vocabulary_size,
                part.log_probabilities.end());
  });
  return next;
}

int32_t one_character(const ServedModel& model, const std::string& text, const std::string& param) {
  const std::vector<int32_t> ids = read_text(model, text, param);
  if (ids.size() != 1) throw ApiError(400, param + " must be one character", param, "out_of_range");
  return ids[0];
}

}  // namespace charrnn
