// charrnn's own streamed generation: every character with its log probability and alternatives,
// units held at values on request.
#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "serve/api/endpoints.h"
#include "serve/models/generation_handler.h"
#include "serve/models/limits.h"
#include "serve/models/sampling_fields.h"

namespace charrnn {
namespace {

constexpr Field kGenerateFields[] = {
    {"model", FieldKind::kText, 0, 256},
    {"prompt", FieldKind::kText, 0, kMaxPromptCharacters},
    {"max_characters", FieldKind::kInteger, 0, kMaxCharacters},
    {"index", FieldKind::kInteger, 0, 2147483647},
    {"top", FieldKind::kInteger, 0, kMaxAlternatives},
    {"score_prompt", FieldKind::kBoolean},
    {"unknown", FieldKind::kText, 1, 16},
    {"holds", FieldKind::kOther},
};

constexpr size_t kMaxHolds = 64;

std::vector<Hold> holds_of(const JsonValue* value, const ModelConfig& config) {
  if (!value) return {};
  if (!value->is_array() || value->size() > kMaxHolds) {
    throw ApiError(400, "holds must be an array of at most 64 units", "holds", "out_of_range");
  }
  const Field table[] = {
      {"layer", FieldKind::kInteger, 0, double(config.layers - 1)},
      {"unit", FieldKind::kInteger, 0, double(config.hidden_size - 1)},
      {"value", FieldKind::kReal, -1, 1},
  };
  std::vector<Hold> holds;
  for (const JsonValue& one : *value) {
    if (!one.is_object()) throw ApiError(400, "a hold must be an object", "holds", "wrong_type");
    const Fields fields(one, {table});
    for (const Field& field : table) {
      if (fields.has(field.name)) continue;
      throw ApiError(400, fmt::format("a hold needs layer, unit and value"), "holds", "missing");
    }
    const Hold hold{static_cast<int>(fields.integer("layer", 0)),
                    static_cast<int>(fields.integer("unit", 0)),
                    static_cast<float>(fields.real("value", 0))};
    for (const Hold& other : holds) {
      if (other.layer != hold.layer || other.unit != hold.unit) continue;
      throw ApiError(400, "holds has a unit twice", "holds", "duplicate");
    }
    holds.push_back(hold);
  }
  return holds;
}

class GeneratedStream : public GenerationHandler {
 public:
  GeneratedStream(ExchangePtr exchange, ServedModelPtr model, const Fields& fields)
      : GenerationHandler(std::move(exchange), std::move(model), true) {
    request_.prompt = read_text(*model_, fields.text("prompt"), "prompt", skips_unknown(fields));
    prompt_ = model_->vocabulary().text(request_.prompt);
    request_.sampling = sampling_settings(fields, *model_);
    seed_ = request_.seed = fields.seed().value_or(drawn_seed());
    request_.index = static_cast<uint64_t>(fields.integer("index", 0));
    request_.max_characters = fields.integer("max_characters", 400);
    request_.stop = fields.texts("stop");
    request_.top_log_probabilities = static_cast<int>(fields.integer("top", 5));
    request_.score_prompt = fields.boolean("score_prompt", false);
    holds_ = holds_of(fields.find("holds"), model_->config());
  }

  GenerationRequest generation_request() {
    GenerationRequest generation;
    generation.texts.push_back(std::move(request_));
    generation.holds = holds_;
    return generation;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string stream_type() const override { return "application/x-ndjson"; }
  std::string stream_error(const ApiError& error) const override {
    return error_body(error) + "\n";
  }

  void begin() override {
    exchange_->write(dump_json({{"start",
                                 {{"model", model_->id()},
                                  {"version", model_->version()},
                                  {"seed", seed_},
                                  {"prompt", prompt_}}}}) +
                     "\n");
  }

  std::string character_text(const ScoredCharacter& character) const {
    const Vocabulary& vocabulary = model_->vocabulary();
    const bool none = std::isnan(character.log_probability);
    std::string text =
        fmt::format(R"({{"text":{},"id":{},"log_probability":{},"top":[)",
                    json_quote(vocabulary.text(character.id)), character.id,
                    none ? "null" : fmt::format("{:.6g}", character.log_probability));
    for (size_t i = 0; i < character.top.size(); ++i) {
      text +=
          fmt::format("{}[{},{:.6g}]", i ? "," : "",
                      json_quote(vocabulary.text(character.top[i].first)), character.top[i].second);
    }
    return text + (character.in_prompt ? R"(],"prompt":true})" : "]}");
  }

  void part(size_t, const Part& part) override {
    if (part.finish != FinishReason::kNone) finish_ = part.finish, stop_ = part.stop;
    if (part.characters.empty()) return;
    std::string line = "{\"characters\":[";
    for (size_t i = 0; i < part.characters.size(); ++i) {
      if (i) line += ",";
      line += character_text(part.characters[i]);
      generated_ += part.characters[i].in_prompt ? 0 : 1;
    }
    exchange_->write(line + "]}\n");
  }

  void done() override {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    exchange_->write(
        dump_json(
            {{"done",
              {{"finish_reason", finish_name(finish_)},
               {"stop", stop_.empty() ? Json(nullptr) : Json(stop_)},
               {"characters", generated_},
               {"seconds", json_number(seconds)},
               {"characters_per_second",
                seconds > 0 ? json_number(static_cast<double>(generated_) / seconds) : 0.0}}}}) +
        "\n");
    exchange_->end();
  }

  TextRequest request_;
  std::vector<Hold> holds_;
  std::string prompt_;
  uint64_t seed_ = 0;
  int64_t generated_ = 0;
  FinishReason finish_ = FinishReason::kLength;
  std::string stop_;
  const Clock::time_point begin_ = Clock::now();
};

}  // namespace

void post_generate(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kSamplingFields, kGenerateFields});
  const auto handler =
      std::make_shared<GeneratedStream>(exchange, api.registry.get(fields.text("model")), fields);
  handler->start(api.generation, api.workers, handler->generation_request());
}

}  // namespace charrnn
