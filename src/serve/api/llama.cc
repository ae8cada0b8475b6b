// llama.cpp's endpoints, as far as they apply to a character model.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "serve/api/endpoints.h"
#include "serve/api/reply_size.h"
#include "serve/models/generation_handler.h"
#include "serve/models/limits.h"
#include "serve/models/sampling_fields.h"

namespace charrnn {
namespace {

constexpr Field kLlamaFields[] = {
    {"model", FieldKind::kText, 0, 256},
    {"prompt", FieldKind::kText, 0, kMaxPromptCharacters},
    {"n_predict", FieldKind::kInteger, -1, kMaxCharacters},
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

class LlamaCompletion : public GenerationHandler {
 public:
  LlamaCompletion(ExchangePtr exchange, ServedModelPtr model, const Fields& fields)
      : GenerationHandler(std::move(exchange), std::move(model), fields.boolean("stream", false)),
        top_(static_cast<int>(fields.integer("n_probs", 0))) {
    request_.prompt = read_text(*model_, fields.text("prompt"), "prompt");
    request_.sampling = sampling_settings(fields, *model_);
    request_.seed = fields.seed().value_or(drawn_seed());
    const int64_t wanted = fields.integer("n_predict", 128);
    request_.max_characters = wanted < 0 ? static_cast<int64_t>(kMaxCharacters) : wanted;
    request_.stop = fields.texts("stop");
    request_.top_log_probabilities = top_ > 0 ? top_ : -1;
    settings_ = settings_json(request_.sampling, request_.seed, request_.max_characters);
    settings_["stop"] = request_.stop;
    prompt_length_ = request_.prompt.size();
    if (!stream_) check_size();
  }

  GenerationRequest generation_request() {
    GenerationRequest generation;
    generation.texts.push_back(std::move(request_));
    return generation;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Of a reply that is sent whole. An alternative is an object of three members, as the character
  // itself.
  void check_size() const {
    const int64_t top = std::min(top_, model_->config().vocabulary_size);
    ReplySize size;
    size.add(ReplyPart::kCharacter, {request_.max_characters});
    if (top_ > 0) size.add(ReplyPart::kScored, {request_.max_characters, 1 + top});
    size.check(top_ > 0 ? "n_probs" : "n_predict",
               "ask with stream: true, or for less: n_predict, n_probs");
  }

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

  void part(size_t, const Part& part) override {
    generated_ += text_length(*model_, part.text);
    if (part.finish != FinishReason::kNone) finish_ = part.finish, stop_ = part.stop;
    Json json = {{"index", 0}, {"content", part.text}, {"stop", false}};
    json["tokens_predicted"] = generated_;
    json["tokens_evaluated"] = prompt_length_;
    if (top_ > 0) json["completion_probabilities"] = probabilities_of(part);
    if (!stream_) {
      text_ = part.text;
      if (top_ > 0) probabilities_ = std::move(json["completion_probabilities"]);
      return;
    }
    if (!part.text.empty()) exchange_->write(fmt::format("data: {}\n\n", dump_json(json)));
  }

  void done() override {
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    Json json = {{"index", 0},
                 {"content", text_},
                 {"model", model_->id()},
                 {"stop", true},
                 {"stop_type", finish_ == FinishReason::kStop ? "word" : "limit"},
                 {"stopping_word", stop_},
                 {"tokens_predicted", generated_},
                 {"tokens_evaluated", prompt_length_},
                 {"truncated", false},
                 {"generation_settings", settings_},
                 {"timings",
                  {{"prompt_n", prompt_length_},
                   {"predicted_n", generated_},
                   {"predicted_ms", seconds * 1000},
                   {"predicted_per_second",
                    seconds > 0 ? static_cast<double>(generated_) / seconds : 0.0}}}};
    if (!probabilities_.is_null()) json["completion_probabilities"] = std::move(probabilities_);
    if (!stream_) return reply_json(exchange_, json);
    exchange_->write(fmt::format("data: {}\n\n", dump_json(json)));
    exchange_->end();
  }

  TextRequest request_;
  const int top_;
  Json settings_;
  size_t prompt_length_ = 0;
  size_t generated_ = 0;
  std::string text_;
  Json probabilities_ = nullptr;
  FinishReason finish_ = FinishReason::kLength;
  std::string stop_;
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
  const Fields fields(json, {kSamplingFields, kLlamaFields});
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
