#include <fmt/core.h>

#include <cmath>

#include "serve/models/limits.h"
#include "serve/testing/serving.h"

namespace charrnn {
namespace {

constexpr const char* kPath = "/v1/completions";

TextRequest request_of(const Model& model, const std::string& prompt, int64_t characters,
                       uint64_t seed, uint64_t index = 0) {
  TextRequest request;
  request.prompt = model.vocabulary.encode(prompt).ids;
  request.max_characters = characters;
  request.seed = seed;
  request.index = index;
  return request;
}

std::vector<std::string> texts_of(const Serving::Answer& answer) {
  std::vector<std::string> texts;
  const JsonValue json = answer.json();
  int64_t index = 0;
  for (const JsonValue& choice : json.at("choices")) {
    EXPECT_EQ(choice.at("index").get<int64_t>(), index++);
    texts.push_back(choice.at("text").text());
  }
  return texts;
}

std::string text_of(const Serving::Answer& answer) {
  const auto texts = texts_of(answer);
  return texts.empty() ? answer.body : texts[0];
}

TEST(Completions, WriteWhatAGeneratorAloneWrites) {
  Serving serving;
  const auto answer =
      serving.post(kPath, R"({"prompt": "the ", "max_tokens": 40, "seed": 7, "n": 3})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto texts = texts_of(answer);
  ASSERT_EQ(texts.size(), 3u);
  for (uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(texts[i],
              generated_alone(serving.model, request_of(serving.model, "the ", 40, 7, i)).text);
  }
  const JsonValue json = answer.json();
  EXPECT_EQ(json.at("object").text(), "text_completion");
  EXPECT_EQ(json.at("model").text(), "small");
  EXPECT_TRUE(json.at("id").text().starts_with("cmpl-"));
  EXPECT_TRUE(json.at("system_fingerprint").text().starts_with("fp_"));
  EXPECT_EQ(json.at("usage"), parse_json(R"({"prompt_tokens": 4, "completion_tokens": 120,
                                             "total_tokens": 124})"));
}

TEST(Completions, HonourEverySamplingField) {
  Serving serving;
  const auto with = [&](const std::string& fields, void (*change)(SamplingSettings&)) {
    TextRequest request = request_of(serving.model, "the ", 60, 3);
    change(request.sampling);
    const std::string body = R"({"prompt": "the ", "max_tokens": 60, "seed": 3, )" + fields + "}";
    std::string text = text_of(serving.post(kPath, body));
    EXPECT_EQ(text, generated_alone(serving.model, request).text) << fields;
    return text;
  };
  const std::string plain = with(R"("user": "me")", [](SamplingSettings&) {});
  EXPECT_EQ(with(R"("top_k": -1)", [](SamplingSettings&) {}), plain);
  EXPECT_NE(with(R"("temperature": 0.3)", [](SamplingSettings& s) { s.temperature = 0.3; }), plain);
  EXPECT_NE(with(R"("top_k": 2)", [](SamplingSettings& s) { s.top_k = 2; }), plain);
  EXPECT_NE(with(R"("top_p": 0.4)", [](SamplingSettings& s) { s.top_p = 0.4; }), plain);
  EXPECT_NE(with(R"("min_p": 0.5)", [](SamplingSettings& s) { s.min_p = 0.5; }), plain);
  EXPECT_NE(with(R"("presence_penalty": 2)", [](SamplingSettings& s) { s.presence_penalty = 2; }),
            plain);
  EXPECT_NE(with(R"("frequency_penalty": 2)", [](SamplingSettings& s) { s.frequency_penalty = 2; }),
            plain);
  EXPECT_NE(with(R"("logit_bias": {"3": 50})", [](SamplingSettings& s) { s.bias[3] = 50; }), plain);
}

TEST(Completions, TakeTheLengthByAnyOfItsNames) {
  Serving serving;
  const auto length = [&](const std::string& fields) {
    const auto answer = serving.post(kPath, R"({"prompt": "a", "seed": 1)" + fields + "}");
    return answer.json().at("usage").at("completion_tokens").get<int64_t>();
  };
  EXPECT_EQ(length(""), 16);
  EXPECT_EQ(length(R"(, "max_tokens": null)"), 16);
  EXPECT_EQ(length(R"(, "max_tokens": 0)"), 0);
  EXPECT_EQ(length(R"(, "max_tokens": 5)"), 5);
  EXPECT_EQ(length(R"(, "max_completion_tokens": 6)"), 6);
  EXPECT_EQ(length(R"(, "n_predict": 7)"), 7);
  EXPECT_EQ(length(R"(, "max_tokens": 8, "max_completion_tokens": 8)"), 8);
  EXPECT_EQ(serving.post(kPath, R"({"max_tokens": 8, "max_completion_tokens": 9})").error(),
            "400 max_completion_tokens contradiction");
  EXPECT_EQ(serving.post(kPath, R"({"max_tokens": -2})").error(), "400 max_tokens out_of_range");
  EXPECT_EQ(serving.post(kPath, R"({"max_completion_tokens": 1048577})").error(),
            "400 max_completion_tokens out_of_range");
}

// -1 is as many as are allowed: far more than it takes to come to a stop string.
TEST(Completions, WriteOnForALengthOfMinusOne) {
  Serving serving;
  const std::string beginning =
      text_of(serving.post(kPath, R"({"prompt": "a", "seed": 1, "max_tokens": 2000})"));
  const auto ids = serving.model.vocabulary.encode(beginning).ids;
  ASSERT_EQ(ids.size(), 2000u);
  const std::string stop =
      serving.model.vocabulary.text(std::span(ids).last(8));  // too long to come by chance
  const auto answer = serving.post(
      kPath, dump_json({{"prompt", "a"}, {"seed", 1}, {"max_tokens", -1}, {"stop", stop}}));
  EXPECT_TRUE(text_of(answer) + stop == beginning);
  EXPECT_EQ(answer.json().at("choices")[0].at("finish_reason").text(), "stop");
}

TEST(Completions, ReadPromptsInEveryForm) {
  Serving serving;
  const std::string settings = R"(, "max_tokens": 20, "seed": 2})";
  const auto texts = [&](const std::string& prompt) {
    return texts_of(serving.post(kPath, R"({"prompt": )" + prompt + settings));
  };
  const std::string ids = dump_json(Json(serving.model.vocabulary.encode("the ").ids));
  const int32_t e = *serving.model.vocabulary.find(U'e');
  const std::string the = texts(R"("the ")")[0], a = texts(R"("a")")[0];
  const std::string none = texts("null")[0];
  EXPECT_NE(the, a);
  EXPECT_EQ(texts(ids), (std::vector{the}));
  EXPECT_EQ(texts(R"(["th", )" + std::to_string(e) + R"(, " "])"), (std::vector{the}));
  EXPECT_EQ(texts(R"(["the ", "a"])"), (std::vector{the, a}));
  EXPECT_EQ(texts("[" + ids + R"(, "a", ["a"]])"), (std::vector{the, a, a}));
  EXPECT_EQ(texts(R"("")"), (std::vector{none}));
  EXPECT_EQ(texts("[]"), (std::vector{none}));
  EXPECT_EQ(texts(R"([[], "a"])"), (std::vector{none, a}));
}

TEST(Completions, RefuseWhatIsNoPrompt) {
  Serving serving;
  const auto error = [&](const std::string& prompt) {
    return serving.post(kPath, R"({"prompt": )" + prompt + "}").error();
  };
  EXPECT_EQ(error("17"), "400 prompt wrong_type");
  EXPECT_EQ(error(R"({"a": 1})"), "400 prompt wrong_type");
  EXPECT_EQ(error("[1.5]"), "400 prompt wrong_type");
  EXPECT_EQ(error("[-1]"), "400 prompt out_of_range");
  EXPECT_EQ(error("[23]"), "400 prompt out_of_range") << "the vocabulary has 23 characters";
  EXPECT_EQ(error("[1, [2]]"), "400 prompt wrong_type");
  EXPECT_EQ(error("[null]"), "400 prompt wrong_type");
  EXPECT_EQ(error(R"("xyz")"), "400 prompt unknown_characters");
  EXPECT_EQ(error(R"([["ax"]])"), "400 prompt unknown_characters");
  EXPECT_EQ(error("\"" + std::string(262145, 'a') + "\""), "400 prompt out_of_range");
  EXPECT_EQ(error("[0, \"" + std::string(262144, 'a') + "\"]"), "400 prompt out_of_range");
}

// More texts than run at once are written in turns, each as if it were alone.
TEST(Completions, TakeManyPromptsInTurns) {
  Serving serving({.parallel = 3, .queue = 2});
  Json prompts = Json::array();
  for (int i = 0; i < 50; ++i) prompts.push_back(i % 2 ? "the " : std::string(i + 1, 'a'));
  const Json body = {{"prompt", prompts}, {"max_tokens", 12}, {"seed", 4}, {"n", 2}};
  const auto answer = serving.post(kPath, dump_json(body));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto texts = texts_of(answer);
  ASSERT_EQ(texts.size(), 100u);
  for (size_t i : {0u, 1u, 30u, 31u, 98u, 99u}) {
    const std::string prompt = (i / 2) % 2 ? "the " : std::string(i / 2 + 1, 'a');
    EXPECT_EQ(texts[i],
              generated_alone(serving.model, request_of(serving.model, prompt, 12, 4, i % 2)).text)
        << i;
  }
}

TEST(Completions, RefuseMoreThanOneRequestMayOccupy) {
  Serving serving;
  std::string prompts = "\"a\"";
  for (int i = 0; i < kMaxTexts; ++i) prompts += ",\"a\"";
  EXPECT_EQ(serving.post(kPath, R"({"max_tokens": 0, "prompt": [)" + prompts + "]}").error(),
            "400 prompt out_of_range");
  EXPECT_EQ(serving.post(kPath, R"({"prompt": ["a", "b"], "n": 129})").error(),
            "400 n out_of_range");
  const std::string nine = R"(["a","a","a","a","a","a","a","a","a"])";
  EXPECT_EQ(serving.post(kPath, R"({"prompt": )" + nine + R"(, "n": 128})").error(),
            "400 n too_much");
  EXPECT_EQ(serving.post(kPath, R"({"max_tokens": -1, "n": 17})").error(),
            "400 max_tokens too_much");
  EXPECT_EQ(serving.post(kPath, R"({"max_tokens": 500000, "logprobs": 10})").error(),
            "400 logprobs too_much");
  EXPECT_EQ(serving.post(kPath, R"({"max_tokens": -1, "best_of": 5})").error(),
            "400 best_of too_much");
  const Json long_prompts = {{"prompt", std::string(100'000, 'a')}, {"n", 42}, {"max_tokens", 0}};
  EXPECT_EQ(serving.post(kPath, dump_json(long_prompts)).error(), "400 prompt too_much");
}

TEST(Completions, KeepTheMostLikelyOfBestOf) {
  Serving serving;
  const auto answer = serving.post(
      kPath, R"({"prompt": "the ", "max_tokens": 10, "seed": 5, "n": 2, "best_of": 8})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  std::vector<std::pair<double, std::string>> all;
  for (uint64_t i = 0; i < 8; ++i) {
    TextRequest request = request_of(serving.model, "the ", 10, 5, i);
    request.top_log_probabilities = 0;
    const AloneText alone = generated_alone(serving.model, request);
    double sum = 0;
    for (const ScoredCharacter& character : alone.characters) sum += character.log_probability;
    all.emplace_back(-sum / 10, alone.text);
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(texts_of(answer), (std::vector{all[0].second, all[1].second}));
  EXPECT_TRUE(answer.json().at("choices")[0].at("logprobs").is_null()) << "they are not asked for";
  EXPECT_EQ(answer.json().at("usage").at("completion_tokens").get<int>(), 80) << "all are written";

  const std::string best_of_one = R"({"prompt": "a", "seed": 5, "stream": true, "best_of": 1})";
  EXPECT_EQ(serving.post(kPath, best_of_one).status, 200);
  EXPECT_EQ(serving.post(kPath, R"({"n": 2, "best_of": 1})").error(), "400 best_of out_of_range");
  EXPECT_EQ(serving.post(kPath, R"({"best_of": 2, "stream": true})").error(),
            "400 best_of unsupported_parameter");
}

TEST(Completions, RefuseByNameWhatWouldChangeTheText) {
  Serving serving;
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"suffix", R"("end")"},
           {"suffix", "5"},
           {"response_format", R"({"type": "json_object"})"},
           {"tools", "[{}]"},
           {"grammar", R"("root ::= \"a\"")"},
           {"repeat_penalty", "1.1"},
           {"mirostat", "2"},
           {"use_beam_search", "true"}}) {
    EXPECT_EQ(serving.post(kPath, fmt::format(R"({{"{}": {}}})", name, value)).error(),
              "400 " + name + " unsupported_parameter");
  }
  for (const char* neutral : {R"("suffix": "")", R"("suffix": null)", R"("repeat_penalty": 1.0)",
                              R"("response_format": {"type": "text"})", R"("mirostat": 0)",
                              R"("cache_prompt": true)", R"("user": "me")"}) {
    EXPECT_EQ(serving.post(kPath, std::string("{") + neutral + "}").status, 200) << neutral;
  }
}

TEST(Completions, StreamTheSameText) {
  Serving serving;
  const std::string body =
      R"({"prompt": "the ", "max_tokens": 300, "seed": 6, "n": 2, "stream": true)";
  const auto answer = serving.post(kPath, body + "}");
  EXPECT_EQ(answer.type, "text/event-stream");
  auto parts = answer.parts();
  ASSERT_GT(parts.size(), 2u);
  EXPECT_EQ(parts.back(), "[DONE]");
  parts.pop_back();
  std::vector<std::string> texts(2), ends(2);
  for (const std::string& part : parts) {
    const JsonValue json = parse_json(part);
    EXPECT_FALSE(json.contains("usage"));
    const JsonValue& choice = json.at("choices")[0];
    const auto index = choice.at("index").get<size_t>();
    EXPECT_EQ(ends.at(index), "") << "nothing comes after the last part";
    texts[index] += choice.at("text").text();
    if (!choice.at("finish_reason").is_null()) ends[index] = choice.at("finish_reason").text();
  }
  for (uint64_t i = 0; i < 2; ++i) {
    EXPECT_EQ(texts[i],
              generated_alone(serving.model, request_of(serving.model, "the ", 300, 6, i)).text);
    EXPECT_EQ(ends[i], "length");
  }
}

TEST(Completions, SayTheUsageLastAndNullBefore) {
  Serving serving;
  const auto answer = serving.post(kPath, R"({"prompt": "the ", "max_tokens": 9, "stream": true,
                                              "stream_options": {"include_usage": true}})");
  auto parts = answer.parts();
  ASSERT_GE(parts.size(), 3u);
  const JsonValue last = parse_json(parts[parts.size() - 2]);
  EXPECT_TRUE(last.at("choices").is_array() && last.at("choices").empty());
  EXPECT_EQ(last.at("usage").at("total_tokens").get<int>(), 13);
  for (size_t i = 0; i + 2 < parts.size(); ++i) {
    const JsonValue part = parse_json(parts[i]);
    ASSERT_TRUE(part.contains("usage")) << parts[i];
    EXPECT_TRUE(part.at("usage").is_null());
  }
  EXPECT_EQ(serving.post(kPath, R"({"stream_options": []})").error(),
            "400 stream_options wrong_type");
  EXPECT_EQ(serving.post(kPath, R"({"stream_options": {"include_usage": 1}})").error(),
            "400 include_usage wrong_type");
}

TEST(Completions, EchoAndScoreAPrompt) {
  Serving serving;
  const auto answer = serving.post(
      kPath, R"({"prompt": "the é", "max_tokens": 2, "seed": 1, "echo": true, "logprobs": 3})");
  const JsonValue json = answer.json();
  const JsonValue& choice = json.at("choices")[0];
  const JsonValue& scores = choice.at("logprobs");
  TextRequest request = request_of(serving.model, "the é", 2, 1);
  request.top_log_probabilities = 3;
  request.score_prompt = true;
  const AloneText alone = generated_alone(serving.model, request);
  EXPECT_EQ(choice.at("text").text(), "the é" + alone.text);
  ASSERT_EQ(scores.at("tokens").size(), 7u);
  EXPECT_TRUE(scores.at("token_logprobs")[0].is_null());
  EXPECT_TRUE(scores.at("top_logprobs")[0].is_null());
  for (size_t i = 1; i < 7; ++i) {
    EXPECT_EQ(scores.at("tokens")[i].text(), serving.model.vocabulary.text(alone.characters[i].id));
    EXPECT_DOUBLE_EQ(scores.at("token_logprobs")[i].get<double>(),
                     alone.characters[i].log_probability);
    EXPECT_EQ(scores.at("text_offset")[i].get<size_t>(), i) << "in characters, not bytes";
    const JsonValue& top = scores.at("top_logprobs")[i];
    EXPECT_TRUE(top.contains(scores.at("tokens")[i].text()));
    EXPECT_GE(top.size(), 3u);
    EXPECT_LE(top.size(), 4u);
  }
  EXPECT_EQ(text_of(serving.post(kPath, R"({"prompt": "the ", "max_tokens": 0, "echo": true})")),
            "the ");
}

TEST(Completions, ChecksTheTypesAndRangesOfTheirFields) {
  Serving serving;
  for (const auto& [fields, error] : std::vector<std::pair<std::string, std::string>>{
           {R"("n": 0)", "n out_of_range"},
           {R"("n": "2")", "n wrong_type"},
           {R"("logprobs": true)", "logprobs wrong_type"},
           {R"("logprobs": 101)", "logprobs out_of_range"},
           {R"("echo": 1)", "echo wrong_type"},
           {R"("stream": "yes")", "stream wrong_type"},
           {R"("temperature": -0.1)", "temperature out_of_range"},
           {R"("temperature": "hot")", "temperature wrong_type"},
           {R"("top_p": 1.5)", "top_p out_of_range"},
           {R"("top_k": -2)", "top_k out_of_range"},
           {R"("top_k": 1.5)", "top_k wrong_type"},
           {R"("seed": -2)", "seed out_of_range"},
           {R"("seed": 1.5)", "seed wrong_type"},
           {R"("stop": "")", "stop out_of_range"},
           {R"("stop": ["a", 1])", "stop wrong_type"},
           {R"("presence_penalty": 3)", "presence_penalty out_of_range"},
           {R"("logit_bias": [1])", "logit_bias wrong_type"},
           {R"("logit_bias": {"23": 1})", "logit_bias out_of_range"},
           {R"("model": 1)", "model wrong_type"}}) {
    EXPECT_EQ(serving.post(kPath, "{" + fields + "}").error(), "400 " + error);
  }
  EXPECT_EQ(serving.post(kPath, R"({"model": "other"})").error(), "404 model model_not_found");
  for (const char* body : {"", "[]", "{", R"({"n": 1, "n": 2})", "\xef\xbb\xbf{}"}) {
    EXPECT_EQ(serving.post(kPath, body).error(), "400 - invalid_json") << body;
  }
}

TEST(Models, AreListedAndFound) {
  Serving serving;
  const JsonValue list = serving.get("/v1/models").json();
  EXPECT_EQ(list.at("object").text(), "list");
  ASSERT_EQ(list.at("data").size(), 1u);
  EXPECT_EQ(list.at("data")[0].at("id").text(), "small");
  EXPECT_FALSE(list.at("data")[0].contains("meta")) << "it is not loaded yet";
  serving.post(kPath, R"({"max_tokens": 1})");
  const JsonValue model = serving.get("/v1/models/small").json();
  EXPECT_EQ(model.at("owned_by").text(), "charrnn");
  EXPECT_EQ(model.at("meta").at("n_vocab").get<int>(), 23);
  EXPECT_EQ(model.at("meta").at("n_params").get<int64_t>(),
            parameter_count(serving.model.config()));
  EXPECT_EQ(serving.get("/v1/models/other").error(), "404 model model_not_found");
}

}  // namespace
}  // namespace charrnn
