#include "serve/api/looked_at_text.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "evaluate/document_trace.h"
#include "serve/api/endpoints.h"
#include "serve/http/api_error.h"
#include "serve/models/text_job.h"

namespace charrnn {
namespace {

constexpr Field kLookedAtTextFields[] = {
    {"model", FieldKind::kText, 0, 256},
    {"text", FieldKind::kText, 1, kMaxInspected},
    {"unknown", FieldKind::kText, 1, 16},
};

}  // namespace

const std::span<const Field> kTextFields = kLookedAtTextFields;

LookedAtText read_looked_at(Api& api, const Fields& fields) {
  if (!fields.has("text")) throw ApiError(400, "text is missing", "text", "missing");
  LookedAtText result;
  result.model = api.library.get(fields.text("model"));
  result.ids = read_text(*result.model, fields.text("text"), "text",
                         fields.text("unknown", "error") == "skip");
  if (result.ids.empty()) throw ApiError(400, "the text is empty", "text", "out_of_range");
  if (result.ids.size() > static_cast<size_t>(kMaxInspected)) {  // bytes, for some models
    throw ApiError(400, "the text is longer than 16384 characters", "text", "out_of_range");
  }
  result.text = result.model->vocabulary().text(result.ids);
  return result;
}

Trace trace_text(const LookedAtText& text) {
  return text.model->inspect(
      [&text](Engine& engine) { return trace_documents(engine, text.ids, text.model->border()); });
}

std::vector<int32_t> likeliest(std::span<const float> log_probabilities, size_t count) {
  std::vector<int32_t> order(log_probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  count = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](int32_t a, int32_t b) {
    return log_probabilities[a] != log_probabilities[b]
               ? log_probabilities[a] > log_probabilities[b]
               : a < b;
  });
  order.resize(count);
  return order;
}

std::vector<float> own_log_probabilities(const LookedAtText& text, const Trace& trace) {
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
