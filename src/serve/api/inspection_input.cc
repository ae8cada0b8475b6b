#include "serve/api/inspection_input.h"

#include <limits>

#include "evaluate/document_trace.h"
#include "serve/api/endpoints.h"
#include "serve/http/api_error.h"
#include "serve/models/limits.h"
#include "serve/models/sampling_fields.h"

namespace charrnn {
namespace {

constexpr Field kInputFields[] = {
    {"model", FieldKind::kText, 0, 256},
    {"text", FieldKind::kText, 1, kMaxInspected},
    {"unknown", FieldKind::kText, 1, 16},
};

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

Trace trace_text(const InspectionInput& text) {
  return text.model->inspect(
      [&text](Network& engine) { return trace_documents(engine, text.ids, text.model->border()); });
}

std::vector<float> text_log_probabilities(const InspectionInput& text, const Trace& trace) {
  const size_t size = text.model->config().vocabulary_size;
  std::vector<float> own(text.ids.size(), std::numeric_limits<float>::quiet_NaN());
  for (size_t t = 1; t < own.size(); ++t) {
    own[t] = trace.log_probabilities[(t - 1) * size + text.ids[t]];
  }
  return own;
}

int32_t one_character(const ServedModel& model, const std::string& text, const std::string& param) {
  const std::vector<int32_t> ids = read_text(model, text, param);
  if (ids.size() != 1) throw ApiError(400, param + " must be one character", param, "out_of_range");
  return ids[0];
}

}  // namespace charrnn
