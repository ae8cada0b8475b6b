// llama.cpp's endpoints, as far as they apply to a character model.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "serve/api/completion_input.h"
#include "serve/api/endpoints.h"
#include "serve/api/reply_size.h"
#include "serve/models/generation_handler.h"
#include "serve/models/limits.h"
#include "serve/models/sampling_fields.h"

namespace charrnn {
namespace {

constexpr Field kLlamaFields[] = {
    {"model", FieldKind::kText, 0, 256},
    {"n_probs", FieldKind::kInteger, 0, kMaxAlternatives},
    {"stream", FieldKind::kBoolean},
};

constexpr Field kTokenFields[] = {
    {"model", FieldKind::kText, 0, 256},
    {"content", FieldKind::kText, 0, kMaxPromptCharacters},
    {"with_pieces", FieldKind::kBoolean},
};

Json settings_json(const SamplingSettings& sampling, uint64_t seed, int64_t n_predict) {
  return {{"seed", seed},
          {"temperature", sampling.temperature},
          {"top_k", sampling.top_k},
          {"top_p", sampling.top_p},
          {"min_p", sampling.min_p},
          {"presence_penalty", sampling.presence_penalty},
          {"frequency_penalty", sampling.frequency_penalty},
          {"n_predict", n_predict}};
}

// One text or several; each has a result of its own, and several make a list.
class LlamaCompletion : public GenerationHandler {
 public:
  LlamaCompletion(ExchangePtr exchange, ServedModelPtr model, const Fields& fields)
      : GenerationHandler(std::move(exchange), std::move(model), fields.boolean("stream", false)),
        prompts_(read_prompts(fields.find("prompt"), *model_)),
        top_(static_cast<int>(fields.integer("n_probs", 0))) {
    request_.sampling = sampling_settings(fields, *model_);
    request_.seed = fields.seed().value_or(drawn_seed());
    request_.max_characters = read_max_characters(fields, 128);
    request_.stop = fields.texts("stop");
    request_.top_log_probabilities = top_ > 0 ? top_ : -1;
    settings_ = settings_json(request_.sampling, request_.seed, request_.max_characters);
    settings_["stop"] = request_.stop;
    check_request_size(
        prompts_,
        {.max_characters = request_.max_characters,
         .alternatives = top_ > 0 ? std::min(top_, model_->config().vocabulary_size) : -1,
         .alternative = ReplyPart::kScored},
        stream_, top_ > 0 ? "n_probs" : "n_predict");
    texts_.resize(prompts_.size());
  }

  // Every text has index 0 under the seed: what a prompt gives does not depend on the others.
  GenerationRequest generation_request() const {
    GenerationRequest generation;
    for (const Prompt& prompt : prompts_) {
      generation.texts.push_back(request_);
      generation.texts.back().prompt = prompt;
    }
    return generation;
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Text {
    size_t generated = 0;
    Json result;  // once it has ended, where they are sent together
  };

  Json probabilities_of(const Part& part) const {
    Json list = Json::array();
    const Vocabulary& vocabulary = model_->vocabulary();
    for (const ScoredCharacter& character : part.characters) {
      Json top = Json::array();
      for (const auto& [id, value] : character.top) {
        top.push_back({{"id", id}, {"token", vocabulary.text(id)}, {"logprob", value}});
      }
      list.push_back({{"id", character.id},
                      {"token", vocabulary.text(character.id)},
                      {"logprob", character.log_probability},
                      {"top_logprobs", std::move(top)}});
    }
    return list;
  }

  void part(size_t number, const Part& part) override {
    Text& text = texts_[number];
    text.generated += text_length(*model_, part.text);
    const bool last = part.finish != FinishReason::kNone;
    if (!stream_) {
      text.result = result(number, part, part.text);
      if (top_ > 0) text.result["completion_probabilities"] = probabilities_of(part);
      return;
    }
    if (!part.text.empty()) {
      Json json = {{"index", number}, {"content", part.text}, {"stop", false}};
      json["tokens_predicted"] = text.generated;
      json["tokens_evaluated"] = prompts_[number].size();
      if (top_ > 0) json["completion_probabilities"] = probabilities_of(part);
      exchange_->write(fmt::format("data: {}\n\n", dump_json(json)));
    }
    if (last) exchange_->write(fmt::format("data: {}\n\n", dump_json(result(number, part, ""))));
  }

  // What is said of a text once it has ended with this part.
  Json result(size_t number, const Part& part, const std::string& content) const {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    const size_t generated = texts_[number].generated, read = prompts_[number].size();
    return {
        {"index", number},
        {"content", content},
        {"model", model_->id()},
        {"stop", true},
        {"stop_type", part.finish == FinishReason::kStop ? "word" : "limit"},
        {"stopping_word", part.stop},
        {"tokens_predicted", generated},
        {"tokens_evaluated", read},
        {"truncated", false},
        {"generation_settings", settings_},
        {"timings",
         {{"prompt_n", read},
          {"predicted_n", generated},
          {"predicted_ms", seconds * 1000},
          {"predicted_per_second", seconds > 0 ? static_cast<double>(generated) / seconds : 0.0}}}};
  }

  void done() override {
    if (stream_) return exchange_->end();
    if (texts_.size() == 1) return reply_json(exchange_, texts_[0].result);
    Json results = Json::array();
    for (Text& text : texts_) results.push_back(std::move(text.result));
    reply_json(exchange_, results);
  }

  const std::vector<Prompt> prompts_;
  const int top_;
  TextRequest request_;  // of each prompt
  Json settings_;
  std::vector<Text> texts_;
  const Clock::time_point begin_ = Clock::now();
};

// Whole characters as text; a byte that is not valid text by itself as a list of one.
Json piece_of(const ServedModel& model, int32_t id) {
  const std::string text = model.vocabulary().text(id);
  const auto byte = static_cast<unsigned char>(text[0]);
  if (text.size() == 1 && byte >= 0x80) return Json::array({byte});
  return text;
}

}  // namespace

void get_props(Api& api, const ExchangePtr& exchange) {
  reply_json(exchange, {{"default_generation_settings", settings_json({}, 0, 128)},
                        {"total_slots", api.parallel},
                        {"model_alias", api.registry.default_id()},
                        {"build_info", "charrnn " CHARRNN_VERSION}});
}

void post_completion(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kSamplingFields, kLengthFields, kLlamaFields});
  const auto handler =
      std::make_shared<LlamaCompletion>(exchange, api.registry.get(fields.text("model")), fields);
  handler->start(api.generation, api.workers, handler->generation_request());
}

void post_tokenize(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kTokenFields});
  const ServedModelPtr model = api.registry.get(fields.text("model"));
  ReplySize()
      .add(ReplyPart::kToken, {static_cast<int64_t>(count_characters(fields.text("content")))})
      .check("content", "send a shorter content");
  Json tokens = Json::array();
  for (const int32_t id : read_text(*model, fields.text("content"), "content")) {
    if (fields.boolean("with_pieces", false)) {
      tokens.push_back({{"id", id}, {"piece", piece_of(*model, id)}});
    } else {
      tokens.push_back(id);
    }
  }
  reply_json(exchange, {{"tokens", std::move(tokens)}});
}

void post_detokenize(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const ServedModelPtr model = api.registry.get(Fields(json, {kTokenFields}).text("model"));
  const Field tokens[] = {{"tokens", FieldKind::kNumbers, 0,
                           double(model->config().vocabulary_size - 1),
                           static_cast<size_t>(kMaxPromptCharacters)}};
  const Fields fields(json, {tokens});
  const std::vector<int64_t> numbers = fields.numbers("tokens");
  const std::vector<int32_t> ids(numbers.begin(), numbers.end());
  reply_json(exchange, {{"content", model->vocabulary().text(ids)}});
}

}  // namespace charrnn
