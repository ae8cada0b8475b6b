#include "serve/models/watcher.h"

#include <fstream>

#include "serve/testing/serving.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

// Records what the watcher's thread sends.
class Listener : public FakeExchange {
 public:
  void write(std::string_view bytes) override {
    const std::lock_guard lock(mutex_);
    FakeExchange::write(bytes);
    change_.notify_all();
  }
  bool hears(const std::string& text) {
    std::unique_lock lock(mutex_);
    return change_.wait_for(lock, std::chrono::seconds(30),
                            [&] { return body.find(text) != std::string::npos; });
  }
  std::string heard() {
    const std::lock_guard lock(mutex_);
    return body;
  }

 private:
  std::mutex mutex_;
  std::condition_variable change_;
};

class WatcherTest : public testing::Test {
 protected:
  WatcherTest() {
    for (const char* id : {"a", "b"}) {
      fs::create_directories(folder_.path(id));
      write_model(folder_.path(std::string(id) + "/model.safetensors"), small_model());
    }
    append("a/metrics.jsonl", "{\"step\": 1, \"old\": 1}\n");
    registry_ = std::make_unique<ModelRegistry>(
        ModelRegistry::Settings{folder_.path(), {}, 4, one_thread()});
  }
  void append(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path(name), std::ios::app) << text;
  }
  // Begins to watch, and listens.
  std::unique_ptr<Watcher> watch(const std::string& run = "") {
    auto watcher = std::make_unique<Watcher>(*registry_, events_, [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      log_ += line + "\n";
    });
    events_.subscribe(listener_, run, "", [] { return Json::object(); });
    return watcher;
  }

  TemporaryFolder folder_;
  std::unique_ptr<ModelRegistry> registry_;
  EventLog events_;
  const std::shared_ptr<Listener> listener_ = std::make_shared<Listener>();
  std::mutex mutex_;
  std::string log_;
};

TEST_F(WatcherTest, TellsNewLinesSamplesAndRuns) {
  const auto watcher = watch();
  append("a/metrics.jsonl", "{\"step\": 2}\nno line\n{\"step\": 3");
  append("b/samples.jsonl", "{\"step\": 2, \"text\": \"abc\"}\n");
  fs::create_directories(folder_.path("new"));
  append("new/metrics.jsonl", "");
  EXPECT_TRUE(listener_->hears("event: metrics\ndata: {\"run\":\"a\",\"line\":{\"step\":2}}\n"));
  EXPECT_TRUE(listener_->hears(
      "event: sample\ndata: {\"run\":\"b\",\"sample\":{\"step\":2,\"text\":\"abc\"}}\n"));
  EXPECT_TRUE(listener_->hears("event: runs\n"));
  EXPECT_TRUE(listener_->hears("\"id\":\"new\""));
  append("a/metrics.jsonl", "4}\n");
  EXPECT_TRUE(listener_->hears("{\"step\":34}")) << "a line is told once it has its end";
  EXPECT_EQ(listener_->heard().find("old"), std::string::npos) << "what was there is no news";
}

TEST_F(WatcherTest, TellsNewModelsAndWhyOneIsRefused) {
  registry_->get("a");
  registry_->get("b");
  const auto watcher = watch();
  write_model(folder_.path("a/model.safetensors"), small_model(2));
  std::ofstream(folder_.path("b/model.safetensors")) << "half";
  EXPECT_TRUE(listener_->hears("event: model\ndata: {\"run\":\"a\",\"version\":2}\n"));
  EXPECT_TRUE(listener_->hears("event: model_refused\ndata: {\"run\":\"b\",\"message\":"));
  EXPECT_EQ(listener_->heard().find(folder_.path()), std::string::npos)
      << "where files lie is not for clients";
  const std::lock_guard lock(mutex_);
  EXPECT_NE(log_.find("the new model of b is refused"), std::string::npos);
}

TEST_F(WatcherTest, TellsAListenerOfOneRunNothingElse) {
  const auto watcher = watch("b");
  append("a/metrics.jsonl", "{\"step\": 2}\n");
  append("b/metrics.jsonl", "{\"step\": 7}\n");
  EXPECT_TRUE(listener_->hears("{\"run\":\"b\",\"line\":{\"step\":7}}"));
  EXPECT_EQ(listener_->heard().find("\"run\":\"a\",\"line\""), std::string::npos);
}

TEST_F(WatcherTest, StopsAtOnce) {
  const auto watcher = watch();
  const auto begin = std::chrono::steady_clock::now();
  watcher->stop();
  watcher->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace charrnn
