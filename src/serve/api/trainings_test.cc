#include <fstream>

#include "serve/http/access.h"
#include "serve/testing/serving.h"
#include "serve/testing/training_folder.h"

namespace charrnn {
namespace {

class TrainingRequests : public testing::Test {
 protected:
  TrainingRequests() { serving_.api.trainings = &trainings_; }
  std::string error(const std::string& target, const std::string& body) {
    return serving_.post("/charrnn/v1/" + target, body).error();
  }
  JsonValue post(const std::string& target, const std::string& body) {
    return serving_.post("/charrnn/v1/" + target, body).json();
  }

  TrainingFolder folder_;
  Trainings trainings_{folder_.rules()};
  Serving serving_;
};

TEST_F(TrainingRequests, GoTheWholeWay) {
  const Json body = {{"name", "a"}, {"text", TrainingFolder::kWait}};
  EXPECT_EQ(post("trainings", dump_json(body)).at("id").text(), "a");
  ASSERT_TRUE(TrainingFolder::await(trainings_, "a", "training"));
  EXPECT_EQ(error("runs/a/delete", "{}"), "409 - in_training");
  EXPECT_EQ(post("trainings/a/stop", "{}").at("id").text(), "a");
  ASSERT_TRUE(TrainingFolder::await(trainings_, "a", "stopped"));
  std::ofstream(folder_.path("runs/a/text.txt")) << TrainingFolder::kFinish;
  EXPECT_NE(post("trainings/a/resume", "{}").at("command").text().find("--resume"),
            std::string::npos);
  ASSERT_TRUE(TrainingFolder::await(trainings_, "a", "finished"));
  const std::string trashed = post("runs/a/delete", "{}").at("trash").text();
  EXPECT_EQ(serving_.get("/charrnn/v1/trainings").json().at("trash").size(), 1u);
  EXPECT_EQ(post("trash/" + trashed + "/restore", "{}").at("id").text(), "a");
}

TEST_F(TrainingRequests, AreExamined) {
  const auto with = [](const std::string& more) {
    return R"({"name": "a", "text": "x", )" + more + "}";
  };
  EXPECT_EQ(error("trainings", "[]"), "400 - invalid_json");
  EXPECT_EQ(error("trainings", "{}"), "400 text wrong_type");
  EXPECT_EQ(error("trainings", with(R"("minutes": -1)")), "400 minutes out_of_range");
  EXPECT_EQ(error("trainings", with(R"("minutes": "5")")), "400 minutes wrong_type");
  EXPECT_EQ(error("trainings", R"({"name": 1, "text": "x"})"), "400 name wrong_type");
  EXPECT_EQ(error("trainings", R"({"name": "../a", "text": "x"})"), "400 name bad_name");
  EXPECT_EQ(error("trainings", with(R"("settings": [])")), "400 settings wrong_type");
  EXPECT_EQ(error("trainings", with(R"("settings": {"cell": "cnn"})")).substr(0, 17),
            "400 settings.cell");
  EXPECT_EQ(error("trainings", with(R"("settings": {"cell": null})")),
            "400 settings.cell wrong_type");
  // No file of this machine, no other folder, no other time.
  for (const std::string name : {"text", "init-from", "config", "out", "force", "time", "resume"}) {
    EXPECT_EQ(error("trainings", with("\"settings\": {\"" + name + "\": \"/etc/passwd\"}")),
              "400 settings." + name + " unknown_setting");
  }
  // Nor what does not fit into a command, or into the record that finds the training again.
  const std::string zeros(4096, '0');
  EXPECT_EQ(error("trainings/plan", with("\"settings\": {\"layers\": \"" + zeros + "2\"}")),
            "400 settings.layers out_of_range");
  EXPECT_EQ(error("trainings/plan",
                  with("\"settings\": {\"layers\": 1, \"sample-prompt\": \"" + zeros + "\"}")),
            "400 settings.sample-prompt out_of_range");
  EXPECT_EQ(error("trainings/plan", with(R"("settings": {"sample-prompt": "a\u0000b"})")),
            "400 settings.sample-prompt bad_value");
  EXPECT_EQ(error("trainings/a/resume", R"({"minutes": 1e9})"), "400 minutes out_of_range");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("runs")));
}

TEST_F(TrainingRequests, AreShownAsACommandFirst) {
  const JsonValue plan = post(
      "trainings/plan",
      R"({"name": "my book", "minutes": 2.5, "settings": {"hidden_size": 64, "one-hot": true}})");
  EXPECT_EQ(plan.at("command").text(),
            "charrnn train 'my book.txt' '--out=" + folder_.path("runs/my book") +
                "' --time=150s --hidden-size=64 --one-hot=true");
  EXPECT_EQ(plan.at("free"), JsonValue(true));
  EXPECT_EQ(error("trainings/plan", R"({"name": ""})"), "400 name bad_name");
}

TEST_F(TrainingRequests, ComeFromTheServersOwnPage) {
  const std::vector<std::vector<Header>> foreign = {
      {{"host", "localhost:8080"}, {"origin", "http://localhost:3000"}},
      {{"host", "localhost:8080"}, {"origin", "null"}},
      {{"host", "localhost:8080"}, {"sec-fetch-site", "cross-site"}},
      {{"host", "localhost:8080"}, {"sec-fetch-site", "same-site"}}};
  for (const std::string path : {"trainings", "trainings/plan", "trainings/a/stop",
                                 "trainings/a/resume", "runs/a/delete", "trash/1-a/restore"}) {
    for (const auto& headers : foreign) {
      const auto exchange =
          serving_.begin("POST", "/charrnn/v1/" + path, R"({"name": "a", "text": "x"})", headers);
      EXPECT_EQ(Serving::answer_of(exchange).error(), "403 - forbidden_origin") << path;
    }
  }
  const auto own = serving_.begin("POST", "/charrnn/v1/trainings/plan", R"({"name": "a"})",
                                  {{"host", "localhost:8080"},
                                   {"origin", "http://localhost:8080"},
                                   {"sec-fetch-site", "same-origin"}});
  EXPECT_EQ(Serving::answer_of(own).status, 200);
}

TEST_F(TrainingRequests, HaveTheSettingsThatAreDeclared) {
  const JsonValue settings = serving_.get("/charrnn/v1/trainings/settings").json().at("settings");
  bool has_cell = false;
  for (const JsonValue& one : settings) {
    const std::string& name = one.at("name").text();
    EXPECT_FALSE(one.at("help").text().empty()) << name;
    EXPECT_TRUE(name != "text" && name != "init-from" && name != "time") << name;
    if (name != "cell") continue;
    has_cell = true;
    EXPECT_EQ(one.at("kind").text(), "choice");
    EXPECT_EQ(one.at("choices").size(), 3u);
    EXPECT_EQ(one.at("usual").text(), "gru");
    EXPECT_EQ(one.at("group").text(), "Network");
  }
  EXPECT_TRUE(has_cell);
}

TEST_F(TrainingRequests, AreRefusedWhereNoneAreStarted) {
  serving_.api.trainings = nullptr;
  EXPECT_EQ(error("trainings", R"({"name": "a", "text": "x"})"), "403 - training_not_allowed");
  EXPECT_EQ(error("trainings/a/stop", "{}"), "403 - training_not_allowed");
}

}  // namespace
}  // namespace charrnn
