#include "serve/models/served_model.h"

#include "model/cells/saved_names.h"
#include "serve/http/api_error.h"
#include "serve/testing/serving.h"

namespace charrnn {
namespace {

ServedModel served(Model model) { return ServedModel("small", 3, std::move(model), one_thread()); }

Model bytes_model() {
  Model model = small_model();
  std::vector<char32_t> symbols;
  for (char32_t byte = 'a'; byte < 'a' + 21; ++byte) symbols.push_back(byte);
  symbols.push_back(0xc3);
  symbols.push_back(0xa9);
  model.vocabulary = Vocabulary(symbols, Encoding::kBytes, false);
  return model;
}

TEST(ServedModel, SaysWhatItIs) {
  Model model = small_model();
  model.facts = {{"validation_loss", "1.5"}, {"steps", "20"}};
  const ServedModel small = served(model);
  EXPECT_EQ(small.id(), "small");
  EXPECT_EQ(small.version(), 3);
  EXPECT_EQ(small.border(), -1);
  const JsonValue facts = parse_json(dump_json(small.facts()));
  EXPECT_EQ(facts.at("cell").text(), "lstm");
  EXPECT_EQ(facts.at("layers").get<int>(), 2);
  EXPECT_EQ(facts.at("hidden_size").get<int>(), 12);
  EXPECT_EQ(facts.at("parameters").get<int64_t>(), parameter_count(model.config()));
  EXPECT_EQ(facts.at("gates").get<std::vector<std::string>>(),
            (std::vector<std::string>{"i", "f", "g", "o", "tanh_c"}));
  EXPECT_EQ(facts.at("vocabulary").size(), 23u);
  EXPECT_EQ(facts.at("vocabulary")[21].text(), "😀");
  EXPECT_EQ(facts.at("facts").at("steps").text(), "20");
  EXPECT_EQ(facts.at("engine").at("device").text(), "cpu");
  EXPECT_EQ(facts.at("engine").at("threads").get<int>(), 1);
  EXPECT_EQ(facts.at("encoding").text(), "utf-8");
}

TEST(ServedModel, HasAFingerprintOfItsWeights) {
  const std::string one = served(small_model(1)).fingerprint();
  EXPECT_EQ(one, served(small_model(1)).fingerprint());
  EXPECT_NE(one, served(small_model(2)).fingerprint());
  Model changed = small_model(1);
  changed.weights.values().back() = std::nextafter(changed.weights.values().back(), 9.0f);
  EXPECT_NE(one, served(changed).fingerprint());
}

// Inspection has an engine of its own, with the same weights: both may work at the same time.
TEST(ServedModel, IsInspectedBesideGeneration) {
  ServedModel small = served(small_model());
  Network* inspected = nullptr;
  std::vector<float> scores(23), others(23);
  const std::vector<int32_t> ids = {4};
  small.inspect([&](Network& engine) {
    inspected = &engine;
    const auto state = engine.new_state(1);
    engine.advance(ids, *state, scores, {});
  });
  EXPECT_NE(inspected, &small.generation_engine());
  const auto state = small.generation_engine().new_state(1);
  small.generation_engine().advance(ids, *state, others, {});
  for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(scores[i], others[i], 1e-5);
  small.inspect([&](Network& engine) { EXPECT_EQ(&engine, inspected) << "it is made once"; });
}

TEST(ReadText, GivesIdsOrNamesTheUnknown) {
  const ServedModel small = served(small_model());
  EXPECT_EQ(read_text(small, "aé", "prompt"), small.vocabulary().encode("aé").ids);
  EXPECT_EQ(read_text(small, "axzéx", "prompt", true), small.vocabulary().encode("aé").ids);
  try {
    read_text(small, "axzéxZ", "text");
    FAIL() << "x is not known";
  } catch (const ApiError& error) {
    EXPECT_EQ(error.status, 400);
    EXPECT_EQ(error.param, "text");
    EXPECT_EQ(error.code, "unknown_characters");
    EXPECT_STREQ(error.what(),
                 "the model does not know these characters: U+0078 at 1, U+007A at 2, U+005A at 5");
  }
}

TEST(ReadText, NamesTenUnknownCharactersAtMost) {
  const ServedModel small = served(small_model());
  const auto message = [&](const std::string& text) {
    try {
      read_text(small, text, "text");
    } catch (const ApiError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_FALSE(message("0234567890").ends_with("…"));  // nine, one of them twice
  EXPECT_FALSE(message("023456789B").ends_with("…"));
  EXPECT_TRUE(message("023456789BC").ends_with("U+0042 at 9, …")) << message("023456789BC");
}

TEST(TextLength, CountsCharactersOrBytes) {
  EXPECT_EQ(text_length(served(small_model()), "aé😀"), 3u);
  EXPECT_EQ(text_length(served(bytes_model()), "aé"), 3u);
}

TEST(SavedNames, AreTheCellsGates) {
  EXPECT_EQ(saved_names(CellKind::kRnn), (std::vector<std::string>{"h"}));
  EXPECT_EQ(saved_names(CellKind::kGru), (std::vector<std::string>{"r", "z", "n", "u"}));
}

}  // namespace
}  // namespace charrnn
