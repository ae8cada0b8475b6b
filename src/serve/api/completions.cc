// OpenAI's text completions.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <utility>

#include "serve/api/endpoints.h"
#include "serve/api/reply_size.h"
#include "serve/http/api_error.h"
#include "serve/models/generation_handler.h"
#include "serve/models/limits.h"
#include "serve/models/sampling_fields.h"

namespace charrnn {
namespace {

constexpr Field kCompletionsFields[] = {
    {"model", FieldKind::kText, 0, 256},
    {"max_tokens", FieldKind::kInteger, 0, kMaxCharacters},
    {"n", FieldKind::kInteger, 1, kMaxTexts},
    {"logprobs", FieldKind::kInteger, 0, kMaxAlternatives},
    {"echo", FieldKind::kBoolean},
    {"stream", FieldKind::kBoolean},
};

std::vector<int32_t> ids_of(const JsonValue& array, const ServedModel& model) {
  const Field field{"prompt", FieldKind::kNumbers, 0, double(model.config().vocabulary_size - 1),
                    static_cast<size_t>(kMaxPromptCharacters)};
  check_field(array, field, "prompt");
  return array.get<std::vector<int32_t>>();
}

std::vector<int32_t> prompt_of(const JsonValue& value, const ServedModel& model) {
  if (value.is_array()) return ids_of(value, model);
  check_field(value, {"prompt", FieldKind::kText, 0, kMaxPromptCharacters}, "prompt");
  return read_text(model, value.get<std::string>(), "prompt");
}

std::vector<std::vector<int32_t>> prompts_of(const JsonValue* value, const ServedModel& model) {
  if (!value) return {{}};
  const bool is_list = value->is_array() && !value->empty() && !value->front().is_number();
  if (!is_list) return {prompt_of(*value, model)};
  if (value->size() > kMaxTexts) {
    throw ApiError(400, "there are over 16 prompts", "prompt", "out_of_range");
  }
  std::vector<std::vector<int32_t>> prompts;
  for (const JsonValue& one : *value) prompts.push_back(prompt_of(one, model));
  return prompts;
}

class Completions : public GenerationHandler {
 public:
  Completions(ExchangePtr exchange, ServedModelPtr model, const Fields& fields,
              std::vector<std::vector<int32_t>> prompts)
      : GenerationHandler(std::move(exchange), std::move(model), fields.boolean("stream", false)),
        prompts_(std::move(prompts)),
        texts_per_prompt_(static_cast<size_t>(fields.integer("n", 1))),
        echo_(fields.boolean("echo", false)),
        top_(static_cast<int>(fields.integer("logprobs", -1))),
        include_usage_(wants_usage(fields)) {
    choices_.resize(prompts_.size() * texts_per_prompt_);
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
    request.max_characters = fields.integer("max_tokens", 16);
    request.stop = fields.texts("stop");
    request.top_log_probabilities = top_;
    request.score_prompt = echo_ && top_ >= 0;
    GenerationRequest generation;
    ReplySize size;
    for (const auto& prompt : prompts_) {
      for (size_t i = 0; i < texts_per_prompt_; ++i) {
        request.prompt = prompt;
        request.index = i;
        generation.texts.push_back(request);
        add_text(size, prompt.size(), request.max_characters);
      }
    }
    if (!stream_) {
      size.check(top_ < 0 ? "max_tokens" : "logprobs",
                 "ask with stream: true, or for less: max_tokens, n, logprobs");
    }
    return generation;
  }

 private:
  struct Choice {
    std::string text;
    Json logprobs = nullptr;
    FinishReason finish = FinishReason::kNone;
    size_t length = 0;  // characters so far, the prompt's too where it is echoed
    int64_t generated = 0;
    bool prompt_sent = false;
  };

  // One text of a reply that is sent whole.
  void add_text(ReplySize& size, size_t prompt, int64_t generated) const {
    const int64_t characters = generated + (echo_ ? static_cast<int64_t>(prompt) : 0);
    size.add(ReplyPart::kCharacter, {characters});
    if (top_ < 0) return;
    size.add(ReplyPart::kScored, {characters});
    size.add(ReplyPart::kAlternative, {characters, std::min(top_, alternatives())});
  }

  int alternatives() const { return model_->config().vocabulary_size; }

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
    Choice& choice = choices_[number];
    std::string text;
    if (echo_ && !choice.prompt_sent && top_ < 0) {
      text = model_->vocabulary().text(prompts_[number / texts_per_prompt_]);
    }
    choice.prompt_sent = true;
    for (const ScoredCharacter& character : part.characters) {
      if (character.in_prompt) text += model_->vocabulary().text(character.id);
    }
    text += part.text;
    choice.generated += static_cast<int64_t>(text_length(*model_, part.text));
    Json logprobs = top_ < 0 ? Json(nullptr) : logprobs_of(part, choice);
    choice.finish = part.finish;
    if (!stream_) {
      choice.text = std::move(text);
      choice.logprobs = std::move(logprobs);
      return;
    }
    const bool last = part.finish != FinishReason::kNone;
    exchange_->write(fmt::format(
        "data: "
        "{{{},\"choices\":[{{\"text\":{},\"index\":{},\"logprobs\":{},\"finish_reason\":{}}}]}}"
        "\n\n",
        head_, json_quote(text), number, logprobs.is_null() ? "null" : dump_json(logprobs),
        last ? fmt::format("\"{}\"", finish_name(part.finish)) : "null"));
  }

  // The alternatives of one character, its own among them.
  Json top_of(const ScoredCharacter& character) const {
    if (std::isnan(character.log_probability)) return nullptr;
    Json top = Json::object();
    for (const auto& [id, value] : character.top) top[model_->vocabulary().text(id)] = value;
    top[model_->vocabulary().text(character.id)] = character.log_probability;
    return top;
  }

  Json logprobs_of(const Part& part, Choice& choice) const {
    Json tokens = Json::array(), values = Json::array(), tops = Json::array(),
         offsets = Json::array();
    for (const ScoredCharacter& character : part.characters) {
      tokens.push_back(model_->vocabulary().text(character.id));
      const bool none = std::isnan(character.log_probability);
      values.push_back(none ? Json(nullptr) : Json(character.log_probability));
      tops.push_back(top_of(character));
      offsets.push_back(choice.length++);
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
    for (const Choice& choice : choices_) written += choice.generated;
    return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})", read,
                       written, static_cast<int64_t>(read) + written);
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
    for (size_t i = 0; i < choices_.size(); ++i) {
      const Choice& choice = choices_[i];
      body += fmt::format(R"({}{{"text":{},"index":{},"logprobs":{},"finish_reason":"{}"}})",
                          i ? "," : "", json_quote(choice.text), i, dump_json(choice.logprobs),
                          finish_name(choice.finish));
    }
    body += fmt::format("],\"usage\":{}}}", usage());
    Response response;
    response.body = std::move(body);
    exchange_->respond(std::move(response));
  }

  const std::vector<std::vector<int32_t>> prompts_;
  const size_t texts_per_prompt_;
  const bool echo_;
  const int top_;
  const bool include_usage_;
  std::vector<Choice> choices_;
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
  const Fields fields(json, {kSamplingFields, kCompletionsFields});
  const ServedModelPtr model = api.registry.get(fields.text("model"));
  auto prompts = prompts_of(fields.find("prompt"), *model);
  if (prompts.size() * static_cast<size_t>(fields.integer("n", 1)) > kMaxTexts) {
    throw ApiError(400, "prompts times n make over 16 texts", "n", "out_of_range");
  }
  const auto completions =
      std::make_shared<Completions>(exchange, model, fields, std::move(prompts));
  completions->start(api.generation, api.workers, completions->generation_request(fields));
}

}  // namespace charrnn
