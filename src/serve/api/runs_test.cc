#include <fstream>

#include "serve/testing/serving.h"

namespace charrnn {
namespace {

class Runs : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(serving_.run_folder + "/" + name, std::ios::binary) << text;
  }
  JsonValue get(const std::string& what) {
    return serving_.get("/charrnn/v1/runs/small" + what).json();
  }
  std::string error(const std::string& target) { return serving_.get(target).error(); }

  Serving serving_;
};

TEST_F(Runs, AreListed) {
  const JsonValue json = serving_.get("/charrnn/v1/runs").json();
  EXPECT_EQ(json.at("default").text(), "small");
  ASSERT_EQ(json.at("runs").size(), 1u);
  EXPECT_EQ(json.at("runs")[0].at("id").text(), "small");
  EXPECT_EQ(json.at("runs")[0].at("loaded"), JsonValue(false));
}

TEST_F(Runs, AreLoadedForTheirFacts) {
  const JsonValue json = get("");
  EXPECT_EQ(json.at("id").text(), "small");
  EXPECT_EQ(json.at("loaded"), JsonValue(true));
  EXPECT_EQ(json.at("cell").text(), "lstm");
  EXPECT_EQ(json.at("vocabulary").size(), 23u);
  EXPECT_EQ(error("/charrnn/v1/runs/other"), "404 model model_not_found");
}

TEST_F(Runs, TellTheirMetrics) {
  std::string lines;
  for (int i = 1; i <= 100; ++i) {
    lines +=
        "{\"step\": " + std::to_string(i) + ", \"train_loss\": " + std::to_string(i % 7) + ".5}\n";
  }
  write("metrics.jsonl", "{\"note\": true}\n" + lines + "torn");
  JsonValue json = get("/metrics");
  EXPECT_EQ(json.at("id").text(), "small");
  EXPECT_EQ(json.at("lines").get<int>(), 101);
  EXPECT_EQ(json.at("skipped").get<int>(), 1);
  EXPECT_EQ(json.at("last").at("step").get<int>(), 100);
  EXPECT_EQ(json.at("notes").size(), 1u);
  EXPECT_EQ(json.at("series").at("train_loss").at("value").size(), 100u);
  EXPECT_EQ(json.at("series").at("train_loss").at("value")[0].get<double>(), 1.5);
  json = get("/metrics?points=16");
  EXPECT_EQ(json.at("series").at("train_loss").at("step").size(), 16u);
  for (const auto& [points, code] :
       std::vector<std::pair<std::string, std::string>>{{"15", "out_of_range"},
                                                        {"5001", "out_of_range"},
                                                        {"x", "wrong_type"},
                                                        {"16.5", "wrong_type"},
                                                        {"99999999999999999999", "wrong_type"}}) {
    EXPECT_EQ(error("/charrnn/v1/runs/small/metrics?points=" + points), "400 points " + code);
  }
}

TEST_F(Runs, WithoutMetricsHaveNone) {
  const JsonValue json = get("/metrics");
  EXPECT_EQ(json.at("lines").get<int>(), 0);
  EXPECT_TRUE(json.at("last").is_null());
  EXPECT_EQ(json.at("series").size(), 0u);
}

TEST_F(Runs, TellTheirSamplesEvenly) {
  EXPECT_EQ(get("/samples").at("samples").size(), 0u);
  std::string lines = "no line\n{\"step\": 0}\n";
  for (int i = 1; i <= 9; ++i) {
    lines += "{\"step\": " + std::to_string(i) + ", \"text\": \"t\"}\n";
  }
  write("samples.jsonl", lines + "{\"step\": 10, \"text\": \"without an end\"}");
  const auto steps = [&](const std::string& query) {
    std::vector<int> numbers;
    const JsonValue json = get("/samples" + query);
    for (const JsonValue& sample : json.at("samples"))
      numbers.push_back(sample.at("step").get<int>());
    return numbers;
  };
  EXPECT_EQ(steps(""), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(steps("?limit=3"), (std::vector<int>{1, 5, 9}));
  EXPECT_EQ(steps("?limit=1"), (std::vector<int>{9}));
  EXPECT_EQ(error("/charrnn/v1/runs/small/samples?limit=0"), "400 limit out_of_range");
}

TEST_F(Runs, GiveAPassageToBeginWith) {
  EXPECT_TRUE(get("/passage").at("text").is_null());
  EXPECT_TRUE(get("/passage").at("source").is_null());
  write("samples.jsonl",
        "{\"step\": 1, \"text\": \"one\"}\n{\"step\": 2, \"text\": \"two\"}\n"
        "{\"step\": 3, \"text\": 3}\n");
  EXPECT_EQ(get("/passage").at("text").text(), "two");
  EXPECT_EQ(get("/passage").at("source").text(), "sample");
  write("passage.txt", "held out\n");
  EXPECT_EQ(get("/passage").at("text").text(), "held out\n");
  EXPECT_EQ(get("/passage").at("source").text(), "held_out");
}

TEST_F(Runs, GiveTheirSettingsAndNoOtherFile) {
  EXPECT_EQ(error("/charrnn/v1/runs/small/config"), "404 run no_config");
  std::ofstream(serving_.run_folder + "/../secret") << "key = 1\n";
  std::filesystem::create_symlink("../secret", serving_.run_folder + "/config.toml");
  EXPECT_EQ(error("/charrnn/v1/runs/small/config"), "404 run no_config")
      << "a link is not followed";
  std::filesystem::remove(serving_.run_folder + "/config.toml");
  write("config.toml", "steps = 5\n");
  const auto answer = serving_.get("/charrnn/v1/runs/small/config");
  EXPECT_EQ(answer.type, "text/plain; charset=utf-8");
  EXPECT_EQ(answer.body, "steps = 5\n");
}

TEST_F(Runs, OfASingleModelHaveNoFiles) {
  write_model(serving_.run_folder + "/../file.safetensors", small_model());
  EXPECT_EQ(serving_.get("/charrnn/v1/runs/file").json().at("kind").text(), "file");
  for (const char* what : {"metrics", "samples", "passage", "config"}) {
    EXPECT_EQ(error(std::string("/charrnn/v1/runs/file/") + what), "404 run not_a_run") << what;
  }
}

TEST_F(Runs, WithoutAModelSayThatNoneIsReady) {
  const std::string folder = serving_.run_folder + "/../early";
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/metrics.jsonl") << "{\"step\": 1, \"a\": 1}\n";
  EXPECT_EQ(error("/charrnn/v1/runs/early"), "404 model model_not_ready");
  EXPECT_EQ(serving_.get("/charrnn/v1/runs/early/metrics").json().at("lines").get<int>(), 1);
}

TEST_F(Runs, SendEvents) {
  const auto all = serving_.begin("GET", "/charrnn/v1/events");
  const auto one = serving_.begin("GET", "/charrnn/v1/events?run=small");
  EXPECT_EQ(all->head.type, "text/event-stream");
  EXPECT_NE(all->body.find("event: snapshot\n"), std::string::npos);
  EXPECT_NE(all->body.find("\"id\":\"small\""), std::string::npos);
  serving_.events.publish("metrics", "other", {{"step", 1}});
  EXPECT_NE(all->body.find("{\"step\":1}"), std::string::npos);
  EXPECT_EQ(one->body.find("{\"step\":1}"), std::string::npos);
  EXPECT_EQ(error("/charrnn/v1/events?run=other"), "404 model model_not_found");
  const auto head = serving_.begin("HEAD", "/charrnn/v1/events");
  EXPECT_TRUE(head->ended) << "HEAD opens no stream";
  EXPECT_EQ(serving_.events.listeners(), 2u);
}

}  // namespace
}  // namespace charrnn
