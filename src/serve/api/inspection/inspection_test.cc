// The endpoints that look at a text: surprise, activations, units, saliency, the tour.
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "evaluate/memory/memory_clocks.h"
#include "evaluate/ngram/ngram.h"
#include "evaluate/units/unit_report.h"
#include "serve/http/fields.h"
#include "serve/testing/serving.h"
#include "train/initial_model.h"

namespace charrnn {
namespace {

constexpr const char* kText = "the cat \"sat (on) the\" hat.\nAn \"egg\".";

std::string body_of(const std::string& fields = {}) {
  return R"({"text": )" + dump_json(Json(kText)) + (fields.empty() ? "" : ", " + fields) + "}";
}

std::vector<float> trace_log_probabilities(const Model& model, const std::string& text) {
  const auto network = make_network(model.config(), one_thread());
  network->load_weights(model.weights);
  const auto state = network->new_state(1);
  const size_t size = static_cast<size_t>(model.config().vocabulary_size);
  std::vector<float> all, scores(size);
  for (const int32_t id : model.vocabulary.encode(text).ids) {
    network->advance(std::vector<int32_t>{id}, *state, scores, {});
    double sum = 0;
    for (const float score : scores) sum += std::exp(double(score));
    for (const float score : scores) all.push_back(score - static_cast<float>(std::log(sum)));
  }
  return all;
}

// A safetensors file in memory.
struct Arrays {
  JsonValue head;
  std::string data;

  explicit Arrays(const Serving::Answer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.type, "application/octet-stream");
    uint64_t size = 0;
    std::memcpy(&size, answer.body.data(), sizeof(size));
    head = parse_json(answer.body.substr(8, size));
    data = answer.body.substr(8 + size);
    EXPECT_EQ((8 + size) % 4, 0u);
  }
  std::vector<int64_t> shape(const std::string& name) const {
    return head.at(name).at("shape").get<std::vector<int64_t>>();
  }
  template <class Number>
  std::vector<Number> values(const std::string& name) const {
    const auto range = head.at(name).at("data_offsets").get<std::vector<size_t>>();
    std::vector<Number> values((range[1] - range[0]) / sizeof(Number));
    std::memcpy(values.data(), data.data() + range[0], range[1] - range[0]);
    return values;
  }
};

TEST(Surprise, IsTheModelsOwn) {
  Serving serving;
  const auto expected = trace_log_probabilities(serving.model, kText);
  const auto ids = serving.model.vocabulary.encode(kText).ids;
  const JsonValue json = serving.post("/charrnn/v1/surprise", body_of(R"("top": 23)")).json();
  EXPECT_EQ(json.at("text").text(), kText);
  ASSERT_EQ(json.at("characters").size(), ids.size());
  double sum = 0;
  for (size_t t = 0; t < ids.size(); ++t) {
    const JsonValue& character = json.at("characters")[t];
    EXPECT_EQ(character.at("id").get<int32_t>(), ids[t]);
    if (t == 0) {
      EXPECT_TRUE(character.at("log_probability").is_null());
      EXPECT_EQ(character.at("top").size(), 0u);
      continue;
    }
    const double own = character.at("log_probability").get<double>();
    EXPECT_NEAR(own, expected[(t - 1) * 23 + ids[t]], 1e-3);
    sum -= own;
    ASSERT_EQ(character.at("top").size(), 23u);
    for (size_t k = 1; k < 23; ++k) {
      EXPECT_GE(character.at("top")[k - 1][1].get<double>(),
                character.at("top")[k][1].get<double>());
    }
  }
  const double loss = sum / static_cast<double>(ids.size() - 1);
  EXPECT_NEAR(json.at("loss").get<double>(), loss, 1e-3);
  EXPECT_NEAR(json.at("bits_per_character").get<double>(), loss / std::log(2), 1e-3);
  const double next = json.at("next")[0][1].get<double>();
  EXPECT_NEAR(next, *std::max_element(expected.end() - 23, expected.end()), 1e-3);
}

TEST(Surprise, OfOneCharacterHasNoLoss) {
  Serving serving;
  const JsonValue json = serving.post("/charrnn/v1/surprise", R"({"text": "a"})").json();
  EXPECT_TRUE(json.at("loss").is_null());
  EXPECT_EQ(json.at("next").size(), 5u);
}

TEST(Inspection, ChecksItsTextInEveryEndpoint) {
  Serving serving;
  for (const std::string path : {"surprise", "activations", "units/rank", "units/search", "memory",
                                 "memory/average", "tour", "ngram"}) {
    const auto error = [&](const std::string& body) {
      return serving.post("/charrnn/v1/" + path, body).error();
    };
    EXPECT_EQ(error("{}"), "400 text missing") << path;
    EXPECT_EQ(error(R"({"text": null})"), "400 text missing") << path;
    EXPECT_EQ(error(R"({"text": ""})"), "400 text out_of_range") << path;
    EXPECT_EQ(error(R"({"text": 5})"), "400 text wrong_type") << path;
    EXPECT_EQ(error(R"({"text": "axb"})"), "400 text unknown_characters") << path;
    EXPECT_EQ(error(R"({"text": "xyz", "unknown": "skip"})"), "400 text out_of_range") << path;
    EXPECT_EQ(error(R"({"text": "ab", "unknown": "leave"})"), "400 unknown out_of_range") << path;
    EXPECT_EQ(error(R"({"text": "ab", "model": "other"})"), "404 model model_not_found") << path;
    EXPECT_EQ(error("{\"text\": \"" + std::string(16385, 'a') + "\"}"), "400 text out_of_range");
  }
  const JsonValue json =
      serving.post("/charrnn/v1/surprise", R"({"text": "axb", "unknown": "skip"})").json();
  EXPECT_EQ(json.at("text").text(), "ab");
}

TEST(Ngram, CountsWhatTheRunHasLearnedFrom) {
  Serving serving;
  const JsonValue nothing = serving.post("/charrnn/v1/ngram", R"({"text": "the"})").json();
  EXPECT_TRUE(nothing.at("log_probabilities").is_null());
  std::string learned;
  for (int i = 0; i < 40; ++i) learned += i % 3 == 0 ? "the cat sat " : "a dog ran\n";
  const std::string passage = "honest ghosts dance\n";
  std::ofstream(serving.run_folder + "/text.txt") << learned << passage << "(the end)";
  std::ofstream(serving.run_folder + "/passage.txt") << passage;
  const std::string text = "the dog sat on a honest cat";
  const JsonValue json =
      serving.post("/charrnn/v1/ngram", R"({"text": ")" + text + R"(", "context": 3})").json();
  const auto ids = [&serving](const std::string& of) {
    const Vocabulary& vocabulary = serving.model.vocabulary;
    IdArray array(static_cast<int64_t>(vocabulary.size()));
    for (const int32_t id : vocabulary.encode(of).ids) array.push_back(id);
    return array;
  };
  const IdArray training = ids(learned), scored = ids(text);
  EXPECT_EQ(json.at("context").get<int>(), 3);
  EXPECT_EQ(json.at("training_characters").get<size_t>(), training.size());
  NgramScores scores(view(training), view(scored),
                     static_cast<int>(serving.model.vocabulary.size()));
  while (scores.context() < 3) ASSERT_TRUE(scores.lengthen());
  const JsonValue& found = json.at("log_probabilities");
  ASSERT_EQ(found.size(), text.size());
  EXPECT_TRUE(found[0].is_null());
  for (size_t i = 1; i < text.size(); ++i) {
    EXPECT_NEAR(found[i].get<double>(), std::log(scores.probabilities()[i - 1]), 1e-4) << i;
  }
  EXPECT_EQ(serving.post("/charrnn/v1/ngram", R"({"text": "a", "context": 9})").error(),
            "400 context out_of_range");
  EXPECT_EQ(serving.post("/charrnn/v1/ngram", R"({"text": "a"})").json().at("context").get<int>(),
            0);
}

TEST(Activations, AreArraysOfTheirShapes) {
  Serving serving;
  const auto times = static_cast<int64_t>(count_characters(kText));
  const Arrays arrays(serving.post(
      "/charrnn/v1/activations",
      body_of(R"("values": ["hidden", "cell", "gates"], "type": "float32", "top": 4)")));
  EXPECT_EQ(arrays.shape("ids"), (std::vector<int64_t>{times}));
  EXPECT_EQ(arrays.shape("surprise"), (std::vector<int64_t>{times}));
  EXPECT_EQ(arrays.shape("top_ids"), (std::vector<int64_t>{times, 4}));
  EXPECT_EQ(arrays.shape("hidden"), (std::vector<int64_t>{2, times, 12}));
  EXPECT_EQ(arrays.shape("cell"), (std::vector<int64_t>{2, times, 12}));
  EXPECT_EQ(arrays.shape("gates"), (std::vector<int64_t>{2, times, 5, 12}));
  EXPECT_EQ(arrays.values<int32_t>("ids"), serving.model.vocabulary.encode(kText).ids);
  EXPECT_TRUE(std::isnan(arrays.values<float>("surprise")[0]));
  const JsonValue& metadata = arrays.head.at("__metadata__");
  EXPECT_EQ(metadata.at("text").text(), kText);
  EXPECT_EQ(metadata.at("version").text(), "1");
  EXPECT_EQ(metadata.at("layers").text(), "[0,1]");
  const auto hidden = arrays.values<float>("hidden"), cell = arrays.values<float>("cell");
  const auto gates = arrays.values<float>("gates");
  for (size_t step = 0; step < 2 * static_cast<size_t>(times); ++step) {
    for (size_t unit = 0; unit < 12; ++unit) {
      const float o = gates[(step * 5 + 3) * 12 + unit], tanh_c = gates[(step * 5 + 4) * 12 + unit];
      EXPECT_NEAR(hidden[step * 12 + unit], o * tanh_c, 1e-5);
      EXPECT_NEAR(cell[step * 12 + unit], tanh_c, 1e-5);
    }
  }
}

TEST(Activations, OfOneLayerInBytes) {
  Serving serving;
  const auto ask = [&](const std::string& fields) {
    return Arrays(serving.post("/charrnn/v1/activations", body_of(fields)));
  };
  const auto both = ask(R"("type": "float32")").values<float>("hidden");
  const Arrays one = ask(R"("layers": [1], "top": 0)");
  EXPECT_EQ(one.head.at("hidden").at("dtype").text(), "I8");
  EXPECT_FALSE(one.head.contains("cell"));
  const auto bytes = one.values<int8_t>("hidden");
  ASSERT_EQ(2 * bytes.size(), both.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(bytes[i], std::lround(both[bytes.size() + i] * 127));
  }
  const auto twice = ask(R"("layers": [1, 0], "type": "float32")").values<float>("hidden");
  EXPECT_EQ(twice[0], both[bytes.size()]) << "layers come as they are named";
}

TEST(Activations, RefuseWhatThereIsNot) {
  Serving serving;
  const auto error = [&](const std::string& fields) {
    return serving.post("/charrnn/v1/activations", body_of(fields)).error();
  };
  EXPECT_EQ(error(R"("layers": [2])"), "400 layers out_of_range");
  EXPECT_EQ(error(R"("layers": "0")"), "400 layers wrong_type");
  EXPECT_EQ(error(R"("values": ["state"])"), "400 values out_of_range");
  EXPECT_EQ(error(R"("type": "float64")"), "400 type out_of_range");
  EXPECT_EQ(error(R"("top": 101)"), "400 top out_of_range");
}

TEST(Activations, OfAGruHaveNoCell) {
  Serving serving({.model = small_model(1, CellKind::kGru)});
  const Arrays arrays(serving.post("/charrnn/v1/activations",
                                   body_of(R"("values": ["cell", "gates"], "type": "float32")")));
  EXPECT_FALSE(arrays.head.contains("cell"));
  EXPECT_EQ(arrays.shape("gates")[2], 4);
}

TEST(UnitsRank, FindsFeaturesAndTheirUnits) {
  Serving serving;
  const JsonValue json = serving.post("/charrnn/v1/units/rank", body_of(R"("limit": 5)")).json();
  EXPECT_EQ(json.at("values").text(), "cell");
  bool found = false;
  for (const JsonValue& feature : json.at("features")) {
    ASSERT_LE(feature.at("units").size(), 5u);
    for (size_t i = 1; i < feature.at("units").size(); ++i) {
      EXPECT_GE(feature.at("units")[i - 1].at("score").get<double>(),
                feature.at("units")[i].at("score").get<double>());
    }
    if (feature.at("name").text() != "inside_quotes") continue;
    found = true;
    EXPECT_EQ(feature.at("positions"), parse_json("[[8,21],[31,35]]"));
  }
  EXPECT_TRUE(found);
  EXPECT_GT(json.at("best").size(), 0u);
}

TEST(Units, AreComparedWithAnUntrainedNetworkOnRequest) {
  Serving serving;
  EXPECT_EQ(serving.post("/charrnn/v1/units/rank", body_of()).json().find("control"), nullptr);
  const JsonValue json =
      serving.post("/charrnn/v1/units/rank", body_of(R"("control": true)")).json();
  EXPECT_EQ(json.at("control").at("init").text(), "pytorch");
  // What it says, computed here: the best score of all units of such a network for a feature.
  const Model model = small_model();
  const auto network = make_network(model.config(), one_thread());
  network->load_weights(untrained_network(model.config(), "").weights);
  const std::vector<int32_t> ids = model.vocabulary.encode(kText).ids;
  const UnitReport report =
      make_unit_report(model.config(), model.vocabulary, ids, UnitValueKind::kCell,
                       unit_values(*network, ids, model.border(), UnitValueKind::kCell));
  size_t compared = 0;
  for (const JsonValue& feature : json.at("features")) {
    for (const FeatureRanking& ranking : report.features) {
      if (ranking.feature.name != feature.at("name").text()) continue;
      EXPECT_NEAR(feature.at("control").get<double>(), ranking.units.at(0).score, 1e-6);
      compared += 1;
    }
  }
  EXPECT_GT(compared, 3u);
  const JsonValue search =
      serving.post("/charrnn/v1/units/search", body_of(R"("spans": [[8, 21]], "control": true)"))
          .json();
  EXPECT_GT(search.at("control").at("score").get<double>(), 0);
  EXPECT_LE(search.at("control").at("score").get<double>(), 1);
}

TEST(Units, CheckTheirFields) {
  Serving serving;
  const auto error = [&](const std::string& path, const std::string& fields) {
    return serving.post("/charrnn/v1/units/" + path, body_of(fields)).error();
  };
  EXPECT_EQ(error("rank", R"("values": "gates")"), "400 values out_of_range");
  EXPECT_EQ(error("rank", R"("limit": 101)"), "400 limit out_of_range");
  EXPECT_EQ(error("search", ""), "400 spans missing");
  for (const char* spans : {"[]", "3", "{}"}) {
    EXPECT_EQ(error("search", std::string(R"("spans": )") + spans), "400 spans out_of_range");
  }
  EXPECT_EQ(error("search", R"("spans": [[1]])"), "400 spans wrong_type");
  EXPECT_EQ(error("search", R"("spans": [["a", 2]])"), "400 spans wrong_type");
  EXPECT_EQ(error("search", R"("spans": [[3, 3]])"), "400 spans out_of_range");
  EXPECT_EQ(error("search", R"("spans": [[0, 99]])"), "400 spans out_of_range");
  EXPECT_EQ(error("search", R"("spans": [[0, 9]], "around": 0)"), "400 around out_of_range");
  Serving gru({.model = small_model(1, CellKind::kGru)});
  EXPECT_EQ(gru.post("/charrnn/v1/units/rank", body_of(R"("values": "cell")")).error(),
            "400 values out_of_range");
  EXPECT_EQ(gru.post("/charrnn/v1/units/rank", body_of()).json().at("values").text(), "hidden");
}

TEST(UnitsSearch, FindsWhatIsOnOverTheSpans) {
  Serving serving;
  const JsonValue json =
      serving.post("/charrnn/v1/units/search", body_of(R"("spans": [[9, 21]], "limit": 3)")).json();
  ASSERT_EQ(json.at("units").size(), 3u);
  for (const JsonValue& unit : json.at("units")) {
    EXPECT_LT(unit.at("layer").get<int>(), 2);
    EXPECT_LT(unit.at("unit").get<int>(), 12);
    EXPECT_TRUE(unit.at("threshold").is_number());
    EXPECT_GT(unit.at("sign").get<double>() *
                  (unit.at("mean_on").get<double>() - unit.at("mean_off").get<double>()),
              0);
  }
}

TEST(Memory, IsTheGradientOfOnePrediction) {
  Serving serving;
  const auto ask = [&](const std::string& fields) {
    return serving.post("/charrnn/v1/memory", body_of(fields)).json();
  };
  const auto expected = trace_log_probabilities(serving.model, kText);
  const int32_t target = *serving.model.vocabulary.find(U'c');
  JsonValue json = ask(R"("position": 4)");
  EXPECT_EQ(json.at("target").text(), "c") << "the text's own character";
  EXPECT_EQ(json.at("position").get<int>(), 4);
  EXPECT_EQ(json.at("sensitivity").size(), 4u);
  EXPECT_NEAR(json.at("log_probability").get<double>(), expected[3 * 23 + target], 1e-3);
  for (const JsonValue& value : json.at("sensitivity")) EXPECT_GT(value.get<double>(), 0);
  json = ask(R"("position": 4, "target": "é")");
  EXPECT_EQ(json.at("target").text(), "é");
  json = ask("");
  const size_t length = count_characters(kText);
  EXPECT_EQ(json.at("position").get<size_t>(), length);
  EXPECT_NEAR(json.at("log_probability").get<double>(),
              *std::max_element(expected.end() - 23, expected.end()), 1e-3)
      << "at the end the most likely one";
  const auto error = [&](const std::string& fields) {
    return serving.post("/charrnn/v1/memory", body_of(fields)).error();
  };
  EXPECT_EQ(error(R"("position": 0)"), "400 position out_of_range");
  EXPECT_EQ(error(R"("position": 400)"), "400 position out_of_range");
  EXPECT_EQ(error(R"("target": "ab")"), "400 target out_of_range");
  EXPECT_EQ(error(R"("target": "x")"), "400 target unknown_characters");
}

TEST(MemoryAverage, IsTheMeanOfItsPredictions) {
  Serving serving;
  const JsonValue average =
      serving.post("/charrnn/v1/memory/average", body_of(R"("positions": 3, "distances": 4)"))
          .json();
  ASSERT_EQ(average.at("positions").size(), 3u);
  EXPECT_EQ(average.at("distance"), parse_json("[1,2,3,4]"));
  EXPECT_EQ(average.at("count"), parse_json("[3,3,3,3]"));
  std::vector<double> sums(4), logs(4);
  for (const JsonValue& position : average.at("positions")) {
    const JsonValue one =
        serving
            .post("/charrnn/v1/memory",
                  body_of(R"("position": )" + std::to_string(position.get<int>())))
            .json();
    const auto sizes = one.at("sensitivity").get<std::vector<double>>();
    for (size_t d = 0; d < 4; ++d) {
      sums[d] += sizes[sizes.size() - 1 - d];
      logs[d] += std::log(sizes[sizes.size() - 1 - d]);
    }
  }
  for (size_t d = 0; d < 4; ++d) {
    EXPECT_NEAR(average.at("mean")[d].get<double>() / (sums[d] / 3), 1, 1e-4);
    EXPECT_NEAR(average.at("geometric_mean")[d].get<double>() / std::exp(logs[d] / 3), 1, 1e-4);
  }
  EXPECT_EQ(serving.post("/charrnn/v1/memory/average", R"({"text": "a"})").error(),
            "400 text out_of_range");
  EXPECT_EQ(serving.post("/charrnn/v1/memory/average", body_of(R"("positions": 65)")).error(),
            "400 positions out_of_range");
}

TEST(MemoryMatrix, HasARowForEachPrediction) {
  Serving serving;
  const auto ask = [&](const std::string& fields) {
    return serving.post("/charrnn/v1/memory/matrix", body_of(fields));
  };
  const JsonValue json = ask(R"("begin": 3, "end": 7)").json();
  EXPECT_EQ(json.at("first").get<int>(), 3);
  EXPECT_EQ(json.at("positions"), parse_json("[4,5,6]"));
  ASSERT_EQ(json.at("sensitivity").size(), 3u);
  for (int row = 0; row < 3; ++row) {
    const std::string position = R"("position": )" + std::to_string(row + 4);
    const auto one = serving.post("/charrnn/v1/memory", body_of(position)).json();
    const auto sizes = one.at("sensitivity").get<std::vector<double>>();
    const auto expected = std::vector<double>(sizes.begin() + 3, sizes.end());
    EXPECT_EQ(json.at("sensitivity")[row].get<std::vector<double>>(), expected) << row;
  }
  EXPECT_EQ(ask("").json().at("positions").size(), count_characters(kText) - 1) << "all of it";
  EXPECT_EQ(ask(R"("begin": 3, "end": 4)").error(), "400 begin out_of_range");
  EXPECT_EQ(ask(R"("end": 99)").error(), "400 end out_of_range");
  const std::string text(200, 'a');
  const auto of_long = [&](const std::string& fields) {
    return serving.post("/charrnn/v1/memory/matrix", R"({"text": ")" + text + "\"" + fields + "}");
  };
  EXPECT_EQ(of_long("").json().at("first").get<int>(), 72) << "the last 128";
  EXPECT_EQ(of_long(R"(, "begin": 71)").error(), "400 begin out_of_range");
}

TEST(MemoryClocksReply, IsWhatTheyAre) {
  Serving serving;
  const JsonValue json =
      serving.post("/charrnn/v1/memory/clocks", body_of(R"("characters": 20, "exponents": 5)"))
          .json();
  const auto expected =
      memory_clocks(serving.model.weights, serving.model.vocabulary.encode(kText).ids, 20, 5);
  EXPECT_EQ(json.at("characters").get<int>(), 20);
  ASSERT_EQ(json.at("exponents").size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(json.at("exponents")[i].get<double>(), expected.exponents[i], 1e-4);
    const JsonValue& life = json.at("half_lives")[i];
    if (expected.exponents[i] >= 0) {
      EXPECT_TRUE(life.is_null()) << "what grows never fades";
    } else {
      EXPECT_NEAR(life.get<double>() / half_life(expected.exponents[i]), 1, 1e-3);
    }
  }
  const auto all = serving.post("/charrnn/v1/memory/clocks", body_of()).json();
  EXPECT_EQ(all.at("characters").get<size_t>(), count_characters(kText)) << "as many as there are";
  EXPECT_EQ(all.at("exponents").size(), 32u);
  EXPECT_EQ(serving.post("/charrnn/v1/memory/clocks", body_of(R"("exponents": 129)")).error(),
            "400 exponents out_of_range");
}

TEST(MemoryTransplant, ChangesThePrediction) {
  Serving serving;
  const auto ask = [&](const std::string& fields) {
    return serving.post("/charrnn/v1/memory/transplant",
                        R"({"text": "the cat", "donor": "an egg")" + fields + "}");
  };
  const auto expect_after = [&](const JsonValue& probabilities, const std::string& text) {
    const auto log_p = trace_log_probabilities(serving.model, text);
    ASSERT_EQ(probabilities.size(), 23u);
    for (size_t i = 0; i < 23; ++i) {
      EXPECT_NEAR(probabilities[i].get<double>(), std::exp(log_p[log_p.size() - 23 + i]), 1e-3);
    }
  };
  const JsonValue json = ask("").json();
  expect_after(json.at("own"), "the cat");
  expect_after(json.at("of_donor"), "an eggt");
  EXPECT_EQ(json.at("transplanted"), json.at("of_donor")) << "the whole state";
  double change = 0;
  for (size_t i = 0; i < 23; ++i) {
    change += std::abs(json.at("own")[i].get<double>() - json.at("of_donor")[i].get<double>()) / 2;
  }
  EXPECT_NEAR(json.at("change").get<double>(), change, 1e-3);
  const JsonValue one = ask(R"(, "units": [{"layer": 1, "unit": 3}])").json();
  EXPECT_NE(one.at("transplanted"), one.at("own"));
  EXPECT_LT(one.at("change").get<double>(), one.at("whole_change").get<double>());
  EXPECT_EQ(ask(R"(, "units": [])").error(), "400 units out_of_range");
  EXPECT_EQ(ask(R"(, "units": [{"layer": 1}])").error(), "400 units missing");
  EXPECT_EQ(ask(R"(, "units": [{"layer": 2, "unit": 0}])").error(), "400 layer out_of_range");
  EXPECT_EQ(serving.post("/charrnn/v1/memory/transplant", R"({"text": "a"})").error(),
            "400 donor missing");
}

TEST(Tour, TakesTheStepsOfTheGeneratedText) {
  Serving serving;
  TextRequest request;
  request.prompt = serving.model.vocabulary.encode("the ").ids;
  request.max_characters = 8;
  request.seed = 42;
  const std::string expected = generated_alone(serving.model, request).text;
  std::string text = "the ";
  for (int number = 0; number < 8; ++number) {
    const JsonValue step =
        serving.post("/charrnn/v1/tour", dump_json({{"text", text}, {"draw", number}})).json();
    const JsonValue& draw = step.at("draw");
    EXPECT_LE(draw.at("cumulative_before").get<double>(), draw.at("uniform").get<double>());
    EXPECT_LT(draw.at("uniform").get<double>(), draw.at("cumulative_after").get<double>());
    text += draw.at("character").text();
  }
  EXPECT_EQ(text, "the " + expected);
}

TEST(Tour, HasAllNumbersOfItsStep) {
  Serving serving;
  const JsonValue json =
      serving.post("/charrnn/v1/tour", R"({"text": "the c", "temperature": 0})").json();
  EXPECT_EQ(json.at("character").text(), "c");
  EXPECT_EQ(json.at("embedding").size(), 6u);
  EXPECT_EQ(json.at("scores").size(), 23u);
  ASSERT_EQ(json.at("layers").size(), 2u);
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  for (const JsonValue& layer : json.at("layers")) {
    for (size_t unit = 0; unit < 12; ++unit) {
      const auto sum = [&](const char* gate) {
        return layer.at("from_input").at(gate)[unit].get<double>() +
               layer.at("from_hidden").at(gate)[unit].get<double>();
      };
      const double c = sigmoid(sum("f")) * layer.at("cell_before")[unit].get<double>() +
                       sigmoid(sum("i")) * std::tanh(sum("g"));
      EXPECT_NEAR(layer.at("cell_after")[unit].get<double>(), c, 1e-3);
      EXPECT_NEAR(layer.at("hidden_after")[unit].get<double>(), sigmoid(sum("o")) * std::tanh(c),
                  1e-3);
    }
  }
  double at_temperature = 0, at_one = 0;
  for (const JsonValue& p : json.at("probabilities")) at_temperature += p.get<double>();
  for (const JsonValue& p : json.at("probabilities_at_1")) at_one += p.get<double>();
  EXPECT_EQ(at_temperature, 1) << "all on the most likely one";
  EXPECT_NEAR(at_one, 1, 1e-4);
}

}  // namespace
}  // namespace charrnn
