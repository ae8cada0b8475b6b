// The surprisal of each character of a text, and the characters expected in its place.
#include <cmath>

#include "base/top_k.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection_input.h"
#include "serve/models/limits.h"

namespace charrnn {
namespace {

constexpr Field kSurprisalFields[] = {{"top", FieldKind::kInteger, 0, kMaxAlternatives}};

Json top_json(const ServedModel& model, std::span<const float> log_probabilities, size_t top) {
  Json list = Json::array();
  for (const int32_t id : top_k_ids(log_probabilities, top)) {
    list.push_back({model.vocabulary().text(id), json_number(log_probabilities[id])});
  }
  return list;
}

}  // namespace

void post_surprisal(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kSurprisalFields});
  const auto top = static_cast<size_t>(fields.integer("top", 5));
  const InspectionInput text = read_inspection_input(api, fields);
  const Trace trace = trace_text(text);
  const std::vector<float> own = text_log_probabilities(text, trace);
  const size_t size = text.model->config().vocabulary_size, times = text.ids.size();
  const auto expected = [&](size_t t) {
    return std::span<const float>(trace.log_probabilities).subspan(t * size, size);
  };
  Json characters = Json::array();
  double sum = 0;
  for (size_t t = 0; t < times; ++t) {
    if (t > 0) sum -= own[t];
    characters.push_back(
        {{"text", text.model->vocabulary().text(text.ids[t])},
         {"id", text.ids[t]},
         {"log_probability", t > 0 ? Json(json_number(own[t])) : Json(nullptr)},
         {"top", t > 0 ? top_json(*text.model, expected(t - 1), top) : Json::array()}});
  }
  const double loss = times > 1 ? sum / static_cast<double>(times - 1) : 0;
  reply_json(exchange,
             {{"text", text.text},
              {"loss", times > 1 ? Json(loss) : Json(nullptr)},
              {"bits_per_character", times > 1 ? Json(loss / std::log(2.0)) : Json(nullptr)},
              {"characters", std::move(characters)},
              {"next", top_json(*text.model, expected(times - 1), top)}});
}

}  // namespace charrnn
