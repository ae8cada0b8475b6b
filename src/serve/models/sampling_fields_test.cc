#include "serve/models/sampling_fields.h"

#include <set>

#include "serve/testing/serving.h"

namespace charrnn {
namespace {

class SamplingFields : public testing::Test {
 protected:
  SamplingSettings read(const std::string& text) {
    const JsonValue json = parse_json_object(text);
    return sampling_settings(Fields(json, {kSamplingFields}), model_);
  }
  // "param code" of the refusal; empty where there is none.
  std::string refusal(const std::string& text) {
    try {
      read(text);
      return {};
    } catch (const ApiError& error) {
      EXPECT_EQ(error.status, 400);
      return error.param + " " + error.code;
    }
  }

  ServedModel model_{"small", 1, small_model(), one_thread()};
};

TEST_F(SamplingFields, AreOffWhereAbsentOrNull) {
  for (const char* text : {"{}", R"({"temperature": null, "top_k": null, "logit_bias": null})",
                           R"({"top_k": 0})", R"({"top_k": -1})"}) {
    const SamplingSettings settings = read(text);
    EXPECT_EQ(settings.temperature, 1);
    EXPECT_EQ(settings.top_k, 0);
    EXPECT_EQ(settings.top_p, 1);
    EXPECT_EQ(settings.min_p, 0);
    EXPECT_EQ(settings.presence_penalty, 0);
    EXPECT_EQ(settings.frequency_penalty, 0);
    EXPECT_TRUE(settings.bias.empty());
  }
}

TEST_F(SamplingFields, AreRead) {
  const SamplingSettings settings =
      read(R"({"temperature": 0.5, "top_k": 3, "top_p": 0.25, "min_p": 0.125,
               "presence_penalty": -1, "frequency_penalty": 2})");
  EXPECT_EQ(settings.temperature, 0.5);
  EXPECT_EQ(settings.top_k, 3);
  EXPECT_EQ(settings.top_p, 0.25);
  EXPECT_EQ(settings.min_p, 0.125);
  EXPECT_EQ(settings.presence_penalty, -1);
  EXPECT_EQ(settings.frequency_penalty, 2);
}

TEST_F(SamplingFields, TakeABiasInBothForms) {
  const std::map<int32_t, double> expected = {{0, -100}, {22, 1.5}};
  EXPECT_EQ(read(R"({"logit_bias": {"0": -100, "22": 1.5}})").bias, expected);
  EXPECT_EQ(read(R"({"logit_bias": [[0, -100], [22, 1.5]]})").bias, expected);
  EXPECT_TRUE(read(R"({"logit_bias": {}})").bias.empty());
}

TEST_F(SamplingFields, RefuseWhatIsNoBias) {
  for (const char* bias : {"1", "\"a\"", "[1]", "[[1]]", "[[1, 2, 3]]", "[[-1, 2]]", "[[1.5, 2]]",
                           R"({"-1": 2})", R"({"a": 2})", R"({"": 2})", R"({"1": "x"})"}) {
    EXPECT_EQ(refusal(std::string(R"({"logit_bias": )") + bias + "}"), "logit_bias wrong_type")
        << bias;
  }
  for (const char* bias :
       {R"({"23": 1})", "[[23, 1]]", R"({"999999999": 1})", R"({"1": 101})", R"([[1, -100.5]])"}) {
    EXPECT_EQ(refusal(std::string(R"({"logit_bias": )") + bias + "}"), "logit_bias out_of_range")
        << bias;
  }
  Json many = Json::object();
  for (int i = 0; i < 1025; ++i) many[std::to_string(i)] = 1;
  EXPECT_EQ(refusal(dump_json({{"logit_bias", many}})), "logit_bias out_of_range");
}

TEST_F(SamplingFields, OfOtherServersAreRefusedUnlessNeutral) {
  EXPECT_EQ(refusal(R"({"typical_p": 0.9})"), "typical_p unsupported_parameter");
  EXPECT_EQ(refusal(R"({"guided_regex": "a+"})"), "guided_regex unsupported_parameter");
  EXPECT_EQ(refusal(R"({"typical_p": 1, "tfs_z": 1.0, "guided_regex": "", "json_schema": {},
                        "use_beam_search": false, "tools": [], "suffix": null})"),
            "");
}

TEST(DrawnSeed, IsShortAndAnotherEachTime) {
  std::set<uint64_t> seeds;
  for (int i = 0; i < 100; ++i) {
    seeds.insert(drawn_seed());
    EXPECT_LT(*seeds.rbegin(), uint64_t{1} << 32);
  }
  EXPECT_GT(seeds.size(), 95u);
}

}  // namespace
}  // namespace charrnn
