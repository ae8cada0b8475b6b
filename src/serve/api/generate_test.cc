#include <cmath>

#include "serve/testing/serving.h"

namespace charrnn {
namespace {

constexpr const char* kPath = "/charrnn/v1/generate";

// The objects of a stream by their only key; characters of all lines together.
struct Stream {
  JsonValue start, done;
  std::vector<JsonValue> characters;

  explicit Stream(const Serving::Answer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.type, "application/x-ndjson");
    for (const std::string& line : answer.parts()) {
      EXPECT_TRUE(done.is_null()) << "nothing comes after the end";
      const JsonValue json = parse_json(line);
      if (const JsonValue* value = json.find("start")) start = *value;
      if (const JsonValue* value = json.find("done")) done = *value;
      if (const JsonValue* list = json.find("characters")) {
        for (const JsonValue& character : *list) characters.push_back(character);
      }
    }
  }
  std::string text() const {
    std::string text;
    for (const JsonValue& character : characters) {
      if (!character.contains("prompt")) text += character.at("text").text();
    }
    return text;
  }
};

TextRequest request_of(const Model& model, const std::string& prompt, int64_t characters,
                       uint64_t index = 0) {
  TextRequest request;
  request.prompt = model.vocabulary.encode(prompt).ids;
  request.max_characters = characters;
  request.seed = 9;
  request.index = index;
  request.top_log_probabilities = 3;
  return request;
}

TEST(Generate, GivesEachCharacterWithItsAlternatives) {
  Serving serving;
  const Stream stream(serving.post(
      kPath, R"({"prompt": "the é", "max_characters": 50, "seed": 9, "index": 2, "top": 3})"));
  const AloneText alone = generated_alone(serving.model, request_of(serving.model, "the é", 50, 2));
  EXPECT_EQ(stream.start.at("model").text(), "small");
  EXPECT_EQ(stream.start.at("version").get<int>(), 1);
  EXPECT_EQ(stream.start.at("seed").get<int>(), 9);
  EXPECT_EQ(stream.start.at("prompt").text(), "the é");
  EXPECT_EQ(stream.text(), alone.text);
  ASSERT_EQ(stream.characters.size(), 50u);
  for (size_t i = 0; i < 50; ++i) {
    const JsonValue& character = stream.characters[i];
    EXPECT_EQ(character.at("id").get<int32_t>(), alone.characters[i].id);
    EXPECT_NEAR(character.at("log_probability").get<double>(), alone.characters[i].log_probability,
                1e-4);
    ASSERT_EQ(character.at("top").size(), 3u);
    for (size_t k = 0; k < 3; ++k) {
      EXPECT_EQ(character.at("top")[k][0].text(),
                serving.model.vocabulary.text(alone.characters[i].top[k].first));
    }
  }
  EXPECT_EQ(stream.done.at("finish_reason").text(), "length");
  EXPECT_TRUE(stream.done.at("stop").is_null());
  EXPECT_EQ(stream.done.at("characters").get<int>(), 50);
}

TEST(Generate, ScoresThePromptWhereAsked) {
  Serving serving;
  const Stream stream(serving.post(
      kPath, R"({"prompt": "the ", "max_characters": 3, "score_prompt": true, "top": 0})"));
  ASSERT_EQ(stream.characters.size(), 7u);
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(stream.characters[i].contains("prompt"), i < 4);
    EXPECT_EQ(stream.characters[i].at("log_probability").is_null(), i == 0);
    EXPECT_EQ(stream.characters[i].at("top").size(), 0u);
  }
  EXPECT_EQ(stream.done.at("characters").get<int>(), 3) << "the prompt does not count";
}

TEST(Generate, EndsAtAStopString) {
  Serving serving;
  const std::string text = generated_alone(serving.model, request_of(serving.model, "a", 80)).text;
  const auto ids = serving.model.vocabulary.encode(text).ids;
  const std::string stop = serving.model.vocabulary.text(std::span(ids).subspan(30, 5));
  const Stream stream(serving.post(
      kPath, dump_json({{"prompt", "a"}, {"max_characters", 80}, {"seed", 9}, {"stop", stop}})));
  EXPECT_EQ(stream.text(), text.substr(0, text.find(stop)));
  EXPECT_EQ(stream.done.at("finish_reason").text(), "stop");
  EXPECT_EQ(stream.done.at("stop").text(), stop);
}

TEST(Generate, HoldsUnits) {
  Serving serving;
  const Stream stream(serving.post(kPath, R"({"prompt": "a", "max_characters": 60, "seed": 9,
      "holds": [{"layer": 1, "unit": 3, "value": 1}, {"layer": 0, "unit": 11, "value": -0.5}]})"));
  const std::vector<Hold> holds = {{1, 3, 1.0f}, {0, 11, -0.5f}};
  EXPECT_EQ(stream.text(),
            generated_alone(serving.model, request_of(serving.model, "a", 60), holds).text);
  EXPECT_NE(stream.text(), generated_alone(serving.model, request_of(serving.model, "a", 60)).text);
}

TEST(Generate, RefusesWhatIsNoHold) {
  Serving serving;
  const auto error = [&](const std::string& holds) {
    return serving.post(kPath, R"({"holds": )" + holds + "}").error();
  };
  EXPECT_EQ(error("{}"), "400 holds out_of_range");
  EXPECT_EQ(error("[1]"), "400 holds wrong_type");
  EXPECT_EQ(error("[{}]"), "400 holds missing");
  EXPECT_EQ(error(R"([{"layer": 0, "unit": 0}])"), "400 holds missing");
  EXPECT_EQ(error(R"([{"layer": 2, "unit": 0, "value": 0}])"), "400 layer out_of_range");
  EXPECT_EQ(error(R"([{"layer": 0, "unit": 12, "value": 0}])"), "400 unit out_of_range");
  EXPECT_EQ(error(R"([{"layer": 0, "unit": 0, "value": 1.5}])"), "400 value out_of_range");
  std::string many = R"([{"layer": 0, "unit": 0, "value": 0})";
  for (int i = 0; i < 64; ++i) many += R"(,{"layer": 0, "unit": 0, "value": 0})";
  EXPECT_EQ(error(many + "]"), "400 holds out_of_range");
}

TEST(Generate, LeavesUnknownCharactersOutWhereAsked) {
  Serving serving;
  EXPECT_EQ(serving.post(kPath, R"({"prompt": "axb"})").error(), "400 prompt unknown_characters");
  EXPECT_EQ(serving.post(kPath, R"({"prompt": "axb", "unknown": "error"})").status, 400);
  const Stream stream(
      serving.post(kPath, R"({"prompt": "axb", "unknown": "skip", "max_characters": 1})"));
  EXPECT_EQ(stream.start.at("prompt").text(), "ab");
  EXPECT_EQ(serving.post(kPath, R"({"prompt": "ab", "unknown": "ignore"})").error(),
            "400 unknown out_of_range");
}

TEST(Generate, ChecksItsFields) {
  Serving serving;
  for (const auto& [fields, error] : std::vector<std::pair<std::string, std::string>>{
           {R"("max_characters": -1)", "max_characters out_of_range"},
           {R"("top": 101)", "top out_of_range"},
           {R"("index": 2147483648)", "index out_of_range"},
           {R"("score_prompt": 1)", "score_prompt wrong_type"},
           {R"("grammar": "x")", "grammar unsupported_parameter"}}) {
    EXPECT_EQ(serving.post(kPath, "{" + fields + "}").error(), "400 " + error);
  }
}

// A text of a model of lines begins anew after each line feed.
TEST(Generate, ForgetsWhereADocumentBegins) {
  Model model = small_model();
  model.facts["documents"] = "lines";
  Serving serving({.model = model});
  const auto text = [&](const std::string& prompt) {
    return Stream(serving.post(
                      kPath, dump_json({{"prompt", prompt}, {"max_characters", 30}, {"seed", 9}})))
        .text();
  };
  EXPECT_EQ(text("dogs\n"), text("the hat\n"));
  EXPECT_NE(text("dogs"), text("the hat"));
}

}  // namespace
}  // namespace charrnn
