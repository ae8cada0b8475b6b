#include "serve/testing/serving.h"

namespace charrnn {
namespace {

constexpr const char* kPath = "/completion";

std::string alone(const Serving& serving, const std::string& prompt, int64_t characters) {
  TextRequest request;
  request.prompt = serving.model.vocabulary.encode(prompt).ids;
  request.max_characters = characters;
  request.seed = 4;
  return generated_alone(serving.model, request).text;
}

TEST(LlamaCompletion, HasEveryKeyOfTheShape) {
  Serving serving;
  const auto answer = serving.post(
      kPath, R"({"prompt": "the ", "n_predict": 20, "seed": 4, "top_k": -1, "n_probs": 2})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const JsonValue json = answer.json();
  EXPECT_EQ(json.at("content").text(), alone(serving, "the ", 20));
  EXPECT_EQ(json.at("index").get<int>(), 0);
  EXPECT_EQ(json.at("model").text(), "small");
  EXPECT_EQ(json.at("stop"), JsonValue(true));
  EXPECT_EQ(json.at("stop_type").text(), "limit");
  EXPECT_EQ(json.at("stopping_word").text(), "");
  EXPECT_EQ(json.at("tokens_predicted").get<int>(), 20);
  EXPECT_EQ(json.at("tokens_evaluated").get<int>(), 4);
  EXPECT_EQ(json.at("truncated"), JsonValue(false));
  EXPECT_EQ(json.at("timings").at("predicted_n").get<int>(), 20);
  EXPECT_EQ(json.at("generation_settings").at("seed").get<int>(), 4);
  EXPECT_EQ(json.at("generation_settings").at("top_k").get<int>(), 0);
  EXPECT_EQ(json.at("generation_settings").at("n_predict").get<int>(), 20);
  ASSERT_EQ(json.at("completion_probabilities").size(), 20u);
  for (const JsonValue& character : json.at("completion_probabilities")) {
    EXPECT_EQ(character.at("top_logprobs").size(), 2u);
    EXPECT_LE(character.at("logprob").get<double>(),
              character.at("top_logprobs")[0].at("logprob").get<double>());
  }
}

TEST(LlamaCompletion, TakesTheLengthByOpenAisNameToo) {
  Serving serving;
  const auto length = [&](const std::string& fields) {
    return serving.post(kPath, "{" + fields + "}").json().at("tokens_predicted").get<int>();
  };
  EXPECT_EQ(length(""), 128);
  EXPECT_EQ(length(R"("n_predict": 3)"), 3);
  EXPECT_EQ(length(R"("max_tokens": 4)"), 4);
  EXPECT_EQ(serving.post(kPath, R"({"n_predict": 3, "max_tokens": 4})").status, 400);
  EXPECT_EQ(serving.post(kPath, R"({"n_predict": -2})").error(), "400 n_predict out_of_range");
}

TEST(LlamaCompletion, TakesIdsAndArrays) {
  Serving serving;
  const std::string ids = dump_json(Json(serving.model.vocabulary.encode("the ").ids));
  const auto ask = [&](const std::string& prompt) {
    return serving.post(kPath, R"({"prompt": )" + prompt + R"(, "n_predict": 9, "seed": 4})")
        .json();
  };
  const std::string the = alone(serving, "the ", 9), a = alone(serving, "a", 9);
  for (const std::string& one : {ids, "[" + ids + "]", std::string(R"(["the "])")}) {
    EXPECT_EQ(ask(one).at("content").text(), the) << "one prompt, one object: " << one;
  }
  const JsonValue several = ask("[" + ids + R"(, "a", "the "])");
  ASSERT_TRUE(several.is_array());
  ASSERT_EQ(several.size(), 3u);
  const std::string expected[] = {the, a, the};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(several[i].at("content").text(), expected[i]);
    EXPECT_EQ(several[i].at("index").get<size_t>(), i);
    EXPECT_EQ(several[i].at("tokens_evaluated").get<int>(), i == 1 ? 1 : 4);
  }
}

TEST(LlamaCompletion, StreamsSeveralTextsEachWithItsEnd) {
  Serving serving;
  const auto answer = serving.post(kPath, R"({"prompt": ["the ", "a"], "n_predict": 200, "seed": 4,
                                              "stream": true, "n_probs": 1})");
  EXPECT_EQ(answer.type, "text/event-stream");
  std::string texts[2];
  size_t scored[2] = {};
  int ends[2] = {};
  for (const std::string& part : answer.parts()) {
    const JsonValue json = parse_json(part);
    const auto index = json.at("index").get<size_t>();
    ASSERT_LT(index, 2u);
    EXPECT_EQ(ends[index], 0) << "nothing comes after the end";
    texts[index] += json.at("content").text();
    if (const JsonValue* list = json.find("completion_probabilities"))
      scored[index] += list->size();
    if (json.at("stop").get<bool>()) {
      ++ends[index];
      EXPECT_EQ(json.at("content").text(), "");
      EXPECT_EQ(json.at("tokens_predicted").get<int>(), 200);
    }
  }
  EXPECT_EQ(texts[0], alone(serving, "the ", 200));
  EXPECT_EQ(texts[1], alone(serving, "a", 200));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ends[i], 1);
    EXPECT_EQ(scored[i], 200u);
  }
}

TEST(LlamaCompletion, NamesTheStoppingWord) {
  Serving serving;
  const std::string text = alone(serving, "the ", 60);
  const Vocabulary& vocabulary = serving.model.vocabulary;
  const auto ids = vocabulary.encode(text).ids;
  const std::string stop = vocabulary.text(std::span(ids).subspan(20, 5));
  const JsonValue json =
      serving
          .post(kPath,
                dump_json(
                    {{"prompt", "the "}, {"n_predict", 200}, {"seed", 4}, {"stop", {"zzz", stop}}}))
          .json();
  EXPECT_EQ(json.at("content").text(), text.substr(0, text.find(stop)));
  EXPECT_EQ(json.at("stop_type").text(), "word");
  EXPECT_EQ(json.at("stopping_word").text(), stop);
}

TEST(LlamaCompletion, RefusesTooManyProbabilities) {
  Serving serving;
  EXPECT_EQ(serving.post(kPath, R"({"n_predict": -1, "n_probs": 5})").error(),
            "400 n_probs too_much");
  EXPECT_EQ(serving.post(kPath, R"({"n_probs": 101})").error(), "400 n_probs out_of_range");
  EXPECT_EQ(serving.post(kPath, R"({"grammar": "root"})").error(),
            "400 grammar unsupported_parameter");
}

TEST(Tokens, AreTheCharactersIds) {
  Serving serving;
  const std::vector<int32_t> ids = serving.model.vocabulary.encode("a é😀").ids;
  const JsonValue tokens = serving.post("/tokenize", R"({"content": "a é😀"})").json();
  EXPECT_EQ(tokens.at("tokens").get<std::vector<int32_t>>(), ids);
  const JsonValue pieces =
      serving.post("/tokenize", R"({"content": "é😀", "with_pieces": true})").json();
  EXPECT_EQ(pieces.at("tokens")[1].at("piece").text(), "😀");
  EXPECT_EQ(pieces.at("tokens")[1].at("id").get<int32_t>(), ids[3]);
  EXPECT_EQ(serving.post("/tokenize", "{}").json().at("tokens").size(), 0u);
  EXPECT_EQ(serving.post("/tokenize", R"({"content": "x"})").error(),
            "400 content unknown_characters");
  EXPECT_EQ(serving.post("/detokenize", dump_json({{"tokens", ids}})).json().at("content").text(),
            "a é😀");
  EXPECT_EQ(serving.post("/detokenize", "{}").json().at("content").text(), "");
  EXPECT_EQ(serving.post("/detokenize", R"({"tokens": [23]})").error(), "400 tokens out_of_range");
  EXPECT_EQ(serving.post("/detokenize", R"({"tokens": 3})").error(), "400 tokens wrong_type");
}

// A byte that is no text by itself is a list of one number.
TEST(Tokens, OfBytesArePiecesThatJsonCanHold) {
  Model model = small_model();
  model.vocabulary = Vocabulary({0x00, 'a', 'b', 0xc3, 0xa9, 0xff, 'c', 'd', 'e', 'f', 'g', 'h',
                                 'i',  'j', 'k', 'l',  'm',  'n',  'o', 'p', 'q', 'r', 's'},
                                Encoding::kBytes, false);
  Serving serving({.model = model});
  const JsonValue pieces =
      serving.post("/tokenize", R"({"content": "aé", "with_pieces": true})").json();
  EXPECT_EQ(pieces.at("tokens")[0].at("piece").text(), "a");
  EXPECT_EQ(pieces.at("tokens")[1].at("piece"), parse_json("[195]"));
  EXPECT_EQ(pieces.at("tokens")[2].at("piece"), parse_json("[169]"));
  EXPECT_EQ(serving.post("/detokenize", R"({"tokens": [3, 4]})").json().at("content").text(), "é");
}

TEST(Props, SayWhatAppliesWithoutFields) {
  Serving serving({.parallel = 3});
  const JsonValue json = serving.get("/props").json();
  EXPECT_EQ(json.at("total_slots").get<int>(), 3);
  EXPECT_EQ(json.at("model_alias").text(), "small");
  EXPECT_EQ(json.at("default_generation_settings").at("n_predict").get<int>(), 128);
  EXPECT_EQ(json.at("default_generation_settings").at("temperature").get<double>(), 1);
  EXPECT_TRUE(json.at("build_info").text().starts_with("charrnn "));
}

}  // namespace
}  // namespace charrnn
