// The surprisal of each character of a text, and the characters expected in its place.
#include <algorithm>
#include <cmath>

#include "base/top_k.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection/inspection_input.h"
#include "serve/api/reply_size.h"
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
  const InspectionInput text = read_inspection_input(api, fields);
  const auto size = static_cast<size_t>(text.model->config().vocabulary_size);
  const size_t top = std::min(static_cast<size_t>(fields.integer("top", 5)), size);
  const auto times = static_cast<int64_t>(text.ids.size());
  ReplySize()
      .add(ReplyPart::kScored, {times})
      .add(ReplyPart::kAlternative, {times, static_cast<int64_t>(top)})
      .check("top", "ask with a lower top or for a shorter text");
  std::string characters;
  std::vector<float> expected;  // after the characters so far
  double sum = 0;
  const auto add = [&](size_t t) {
    const int32_t id = text.ids[t];
    if (t > 0) sum -= expected[id];
    characters += t > 0 ? "," : "";
    characters +=
        dump_json({{"text", text.model->vocabulary().text(id)},
                   {"id", id},
                   {"log_probability", t > 0 ? Json(json_number(expected[id])) : Json(nullptr)},
                   {"top", t > 0 ? top_json(*text.model, expected, top) : Json::array()}});
  };
  trace_in_parts(api, exchange, *text.model, text.ids, [&](size_t begin, const Trace& part) {
    for (int t = 0; t < part.times; ++t) {
      add(begin + t);
      const auto row = part.log_probabilities.begin() + static_cast<std::ptrdiff_t>(t * size);
      expected.assign(row, row + static_cast<std::ptrdiff_t>(size));
    }
  });
  const double loss = times > 1 ? sum / static_cast<double>(times - 1) : 0;
  Response response;
  response.body =
      dump_json({{"text", text.text},
                 {"loss", times > 1 ? Json(loss) : Json(nullptr)},
                 {"bits_per_character", times > 1 ? Json(loss / std::log(2.0)) : Json(nullptr)}});
  response.body.back() = ',';
  response.body += "\"characters\":[" + characters +
                   "],\"next\":" + dump_json(top_json(*text.model, expected, top)) + "}";
  exchange->respond(std::move(response));
}

}  // namespace charrnn
