// An n-gram model's surprisal of each character of a text: what counting finds, beside the network.
// It counts in the text that the run has learned from.
#include "evaluate/ngram/ngram.h"

#include <algorithm>
#include <cmath>

#include "serve/api/endpoints.h"
#include "serve/api/inspection/inspection_input.h"
#include "serve/models/limits.h"

namespace charrnn {
namespace {

constexpr Field kNgramFields[] = {{"context", FieldKind::kInteger, 0, 8}};
constexpr int64_t kMaxTable = 128 << 20;   // bytes
constexpr int64_t kMaxPassage = 16 << 10;  // bytes

IdArray array_of(const std::vector<int32_t>& ids, int vocabulary_size) {
  IdArray array(vocabulary_size);
  for (const int32_t id : ids) array.push_back(id);
  return array;
}

// The text that the run keeps; only the beginning of a long one, without a part of a character at
// its end.
std::string kept_text(const RunLocation& location) {
  std::string text = read_small_file(location.text(), kMaxCounted);
  if (text.size() < static_cast<size_t>(kMaxCounted)) return text;
  while (!text.empty() && (text.back() & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
  return text;
}

// Its characters up to the passage that the run did not learn from.
IdArray counted_ids(const ServedModel& model, const RunLocation& location) {
  if (!location.has_folder()) return IdArray();  // a model file alone
  std::vector<int32_t> ids = read_text(model, kept_text(location), "model", true);
  const std::string passage = read_small_file(location.passage(), kMaxPassage);
  const std::vector<int32_t> held_out = read_text(model, passage, "model", true);
  if (!held_out.empty()) {
    ids.erase(std::find_end(ids.begin(), ids.end(), held_out.begin(), held_out.end()), ids.end());
  }
  return array_of(ids, model.config().vocabulary_size);
}

}  // namespace

void post_ngram(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kNgramFields});
  const InspectionInput text = read_inspection_input(api, fields);
  const auto most = static_cast<int>(fields.integer("context", 5));
  const ServedModel& model = *text.model;
  const int size = model.config().vocabulary_size;
  const IdArray training = counted_ids(model, api.registry.location(model.id()));
  if (training.size() == 0) {
    return reply_json(exchange, {{"text", text.text},
                                 {"context", nullptr},
                                 {"training_characters", 0},
                                 {"log_probabilities", nullptr}});
  }
  const IdArray scored = array_of(text.ids, size);
  Json probabilities = Json::array();
  probabilities.push_back(nullptr);
  int context = 0;
  if (scored.size() > 1) {
    NgramLimits limits;
    limits.max_context = most;
    limits.max_bytes = kMaxTable;
    limits.poll = while_wanted(api, exchange);
    NgramScores scores(view(training), view(scored), size, limits);
    while (scores.lengthen()) limits.poll();
    context = scores.context();
    for (const double p : scores.probabilities()) {
      probabilities.push_back(json_number(std::log(p)));
    }
  }
  reply_json(exchange, {{"text", text.text},
                        {"context", context},
                        {"training_characters", static_cast<int64_t>(training.size())},
                        {"log_probabilities", std::move(probabilities)}});
}

}  // namespace charrnn
