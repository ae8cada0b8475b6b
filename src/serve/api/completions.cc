// OpenAI's text completions.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <utility>

#include "serve/api/completion_input.h"
#include "serve/api/endpoints.h"
#include "serve/http/api_error.h"
#include "serve/models/generation_handler.h"
#include "serve/models/limits.h"
#include "serve/models/sampling_fields.h"

namespace charrnn {
namespace {

constexpr Field kCompletionsFields[] = {
    {"model", FieldKind::kText, 0, 256},
    {"n", FieldKind::kInteger, 1, kMaxTextsPerPrompt},
    {"best_of", FieldKind::kInteger, 1, kMaxTextsPerPrompt},
    {"logprobs", FieldKind::kInteger, 0, kMaxAlternatives},
    {"echo", FieldKind::kBoolean},
    {"stream", FieldKind::kBoolean},
};

class Completions : public GenerationHandler {
 public:
  Completions(ExchangePtr exchange, ServedModelPtr model, const Fields& fields)
      : GenerationHandler(std::move(exchange), std::move(model), fields.boolean("stream", false)),
        prompts_(read_prompts(fields.find("prompt"), *model_)),
        choices_per_prompt_(static_cast<size_t>(fields.integer("n", 1))),
        texts_per_prompt_(static_cast<size_t>(fields.integer("best_of", fields.integer("n", 1)))),
        echo_(fields.boolean("echo", false)),
        top_(static_cast<int>(fields.integer("logprobs", -1))),
        include_usage_(wants_usage(fields)) {
    check_best_of();
    texts_.resize(prompts_.size() * texts_per_prompt_);
    head_ = fmt::format(
        R"("id":"cmpl-{:08x}{:08x}","object":"text_completion","created":{},"model":{},)"
        R"("system_fingerprint":"{}")",
        drawn_seed(), drawn_seed(), std::time(nullptr), json_quote(model_->id()),
        model_->fingerprint());
  }

  GenerationRequest generation_request(const Fields& fields) const {
    TextRequest request;
    request.sampling = sampling_settings(fields, *model_);
    request.seed = fields.seed().value_or(drawn_seed());
    request.max_characters = read_max_characters(fields, 16);
    request.stop = fields.texts("stop");
    request.top_log_probabilities = chooses() ? std::max(top_, 0) : top_;
    request.score_prompt = echo_ && top_ >= 0;
    check_request_size(
        prompts_,
        {.texts_per_prompt = static_cast<int64_t>(texts_per_prompt_),
         .max_characters = request.max_characters,
         .echo = echo_,
         .alternatives = std::min(request.top_log_probabilities, model_->config().vocabulary_size)},
        stream_,
        top_ >= 0   ? "logprobs"
        : chooses() ? "best_of"
                    : "max_tokens");
    GenerationRequest generation;
    for (const Prompt& prompt : prompts_) {
      for (size_t i = 0; i < texts_per_prompt_; ++i) {
        request.prompt = prompt;
        request.index = i;
        generation.texts.push_back(request);
      }
    }
    return generation;
  }

 private:
  struct Text {
    std::string text;
    Json logprobs = nullptr;
    FinishReason finish = FinishReason::kNone;
    size_t length = 0;  // characters so far, the prompt's too where it is echoed
    int64_t generated = 0;
    int64_t scored = 0;  // generated characters in log_probability
    double log_probability = 0;
    bool prompt_sent = false;

    // The higher, the better; a text of which nothing is left before its stop string comes last.
    double mean_log_probability() const {
      return scored > 0 ? log_probability / static_cast<double>(scored)
                        : -std::numeric_limits<double>::infinity();
    }
  };

  // Whether the reply leaves out the less likely texts.
  bool chooses() const { return texts_per_prompt_ > choices_per_prompt_; }

  void check_best_of() const {
    if (texts_per_prompt_ < choices_per_prompt_) {
      throw ApiError(400, "best_of must be at least n", "best_of", "out_of_range");
    }
    if (chooses() && stream_) {
      throw ApiError(400, "the best texts are known at the end: best_of above n cannot stream",
                     "best_of", "unsupported_parameter");
    }
  }

  static bool wants_usage(const Fields& fields) {
    const JsonValue* options = fields.find("stream_options");
    if (!options) return false;
    if (!options->is_object()) {
      throw ApiError(400, "stream_options must be an object", "stream_options", "wrong_type");
    }
    static constexpr Field kOptions[] = {{"include_usage", FieldKind::kBoolean}};
    return Fields(*options, {kOptions}).boolean("include_usage", false);
  }

  void part(size_t number, const Part& part) override {
    Text& now = texts_[number];
    std::string text;
    if (echo_ && !now.prompt_sent && top_ < 0) {
      text = model_->vocabulary().text(prompts_[number / texts_per_prompt_]);
    }
    now.prompt_sent = true;
    for (const ScoredCharacter& character : part.characters) {
      if (character.in_prompt) {
        text += model_->vocabulary().text(character.id);
      } else if (!std::isnan(character.log_probability)) {
        now.log_probability += character.log_probability;
        ++now.scored;
      }
    }
    text += part.text;
    now.generated += static_cast<int64_t>(text_length(*model_, part.text));
    Json logprobs = top_ < 0 ? Json(nullptr) : logprobs_of(part, now);
    now.finish = part.finish;
    if (!stream_) {
      now.text = std::move(text);
      now.logprobs = std::move(logprobs);
      return;
    }
    const bool last = part.finish != FinishReason::kNone;
    exchange_->write(fmt::format(
        "data: "
        "{{{},\"choices\":[{{\"text\":{},\"index\":{},\"logprobs\":{},\"finish_reason\":{}}}]{}}}"
        "\n\n",
        head_, json_quote(text), number, logprobs.is_null() ? "null" : dump_json(logprobs),
        last ? fmt::format("\"{}\"", finish_name(part.finish)) : "null",
        include_usage_ ? ",\"usage\":null" : ""));
  }

  // The alternatives of one character, its own among them.
  Json top_of(const ScoredCharacter& character) const {
    if (std::isnan(character.log_probability)) return nullptr;
    Json top = Json::object();
    for (const auto& [id, value] : character.top) top[model_->vocabulary().text(id)] = value;
    top[model_->vocabulary().text(character.id)] = character.log_probability;
    return top;
  }

  Json logprobs_of(const Part& part, Text& text) const {
    Json tokens = Json::array(), values = Json::array(), tops = Json::array(),
         offsets = Json::array();
    for (const ScoredCharacter& character : part.characters) {
      tokens.push_back(model_->vocabulary().text(character.id));
      const bool none = std::isnan(character.log_probability);
      values.push_back(none ? Json(nullptr) : Json(character.log_probability));
      tops.push_back(top_of(character));
      offsets.push_back(text.length++);
    }
    return {{"tokens", std::move(tokens)},
            {"token_logprobs", std::move(values)},
            {"top_logprobs", std::move(tops)},
            {"text_offset", std::move(offsets)}};
  }

  std::string usage() const {
    size_t read = 0;
    int64_t written = 0;
    for (const auto& prompt : prompts_) read += prompt.size();
    for (const Text& text : texts_) written += text.generated;
    return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})", read,
                       written, static_cast<int64_t>(read) + written);
  }

  // The texts of the reply: of each prompt all in order, or the best, the most likely one first.
  std::vector<const Text*> choices() const {
    std::vector<const Text*> chosen;
    for (size_t begin = 0; begin < texts_.size(); begin += texts_per_prompt_) {
      std::vector<const Text*> texts;
      for (size_t i = 0; i < texts_per_prompt_; ++i) texts.push_back(&texts_[begin + i]);
      if (chooses()) {
        std::stable_sort(texts.begin(), texts.end(), [](const Text* a, const Text* b) {
          return a->mean_log_probability() > b->mean_log_probability();
        });
      }
      chosen.insert(chosen.end(), texts.begin(),
                    texts.begin() + static_cast<std::ptrdiff_t>(choices_per_prompt_));
    }
    return chosen;
  }

  void done() override {
    if (stream_) {
      if (include_usage_) {
        exchange_->write(
            fmt::format("data: {{{},\"choices\":[],\"usage\":{}}}\n\n", head_, usage()));
      }
      exchange_->write("data: [DONE]\n\n");
      return exchange_->end();
    }
    std::string body = fmt::format("{{{},\"choices\":[", head_);
    int index = 0;
    for (const Text* text : choices()) {
      body += fmt::format(R"({}{{"text":{},"index":{},"logprobs":{},"finish_reason":"{}"}})",
                          index ? "," : "", json_quote(text->text), index,
                          dump_json(text->logprobs), finish_name(text->finish));
      ++index;
    }
    body += fmt::format("],\"usage\":{}}}", usage());
    Response response;
    response.body = std::move(body);
    exchange_->respond(std::move(response));
  }

  const std::vector<Prompt> prompts_;
  const size_t choices_per_prompt_;
  const size_t texts_per_prompt_;
  const bool echo_;
  const int top_;
  const bool include_usage_;
  std::vector<Text> texts_;  // texts_per_prompt_ of each prompt
  std::string head_;
};

Json model_json(Api& api, const RunLocation& location) {
  Json json = {{"id", location.id},
               {"object", "model"},
               {"created", file_version(location.model).modified / 1'000'000'000},
               {"owned_by", "charrnn"}};
  if (const ServedModelPtr model = api.registry.loaded(location.id)) {
    json["created"] = model->created();
    json["meta"] = {{"n_vocab", model->config().vocabulary_size},
                    {"n_params", parameter_count(model->config())},
                    {"size", 4 * parameter_count(model->config())}};
  }
  return json;
}

}  // namespace

void reply_json(const ExchangePtr& exchange, const Json& json) {
  Response response;
  response.body = dump_json(json);
  exchange->respond(std::move(response));
}

void get_models(Api& api, const ExchangePtr& exchange) {
  std::vector<Json> data;
  const std::string first = api.registry.default_id();
  for (const RunLocation& location : api.registry.locations()) {
    Json model = model_json(api, location);
    location.id == first ? void(data.insert(data.begin(), std::move(model)))
                         : data.push_back(std::move(model));
  }
  reply_json(exchange, {{"object", "list"}, {"data", Json::array(std::move(data))}});
}

void get_model(Api& api, const ExchangePtr& exchange, const std::string& id) {
  reply_json(exchange, model_json(api, api.registry.location(id)));
}

void post_completions(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kSamplingFields, kLengthFields, kCompletionsFields});
  const auto completions =
      std::make_shared<Completions>(exchange, api.registry.get(fields.text("model")), fields);
  completions->start(api.generation, api.workers, completions->generation_request(fields));
}

}  // namespace charrnn
