#include "serve/models/model_registry.h"

#include <fstream>

#include "serve/testing/serving.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

class ModelRegistryTest : public testing::Test {
 protected:
  void write_run(const std::string& id, uint32_t seed = 1) {
    fs::create_directories(folder_.path(id));
    write_model(path_of(id), small_model(seed));
  }
  std::string path_of(const std::string& id) { return folder_.path(id + "/model.safetensors"); }
  // Sets when the model was last written: hours from a time in the past.
  void set_age(const std::string& id, int hours) {
    fs::last_write_time(path_of(id), fs::file_time_type::clock::now() - std::chrono::hours(hours));
  }
  ModelRegistry::Settings settings() { return {folder_.path(), {}, 2, one_thread()}; }

  // "status code" of what it throws.
  static std::string refusal(const std::function<void()>& action) {
    try {
      action();
    } catch (const ApiError& error) {
      return std::to_string(error.status) + " " + error.code;
    } catch (const Error& error) {
      return "error " + error.code();
    }
    return "none";
  }

  TemporaryFolder folder_;
};

TEST_F(ModelRegistryTest, LoadsOnFirstUseAndOnce) {
  write_run("a");
  ModelRegistry registry(settings());
  EXPECT_EQ(registry.loaded("a"), nullptr);
  const ServedModelPtr model = registry.get("a");
  EXPECT_EQ(model->id(), "a");
  EXPECT_EQ(model->version(), 1);
  EXPECT_EQ(registry.get("a"), model);
  EXPECT_EQ(registry.get(""), model) << "it is the default";
  EXPECT_EQ(registry.loaded("a"), model);
}

TEST_F(ModelRegistryTest, OpensNoLinkThatItFindsAndTellsOfEachOnce) {
  write_run("a");
  fs::create_directories(folder_.path("b"));
  fs::create_symlink(path_of("a"), path_of("b"));
  ModelRegistry registry(settings());
  EXPECT_EQ(refusal([&] { registry.get("b"); }), "404 model_not_found");
  EXPECT_EQ(registry.new_links(), std::vector<std::string>{path_of("b")});
  registry.locations();
  EXPECT_TRUE(registry.new_links().empty());
}

// What was a run when it was found may have become a link by the time that it is opened.
TEST_F(ModelRegistryTest, OpensNoFolderThatBecameALink) {
  write_run("a");
  write_run("b");
  ModelRegistry registry(settings());
  fs::rename(folder_.path("b"), folder_.path("moved"));
  fs::create_directory_symlink("moved", folder_.path("b"));
  EXPECT_EQ(refusal([&] { registry.get("b"); }), "error io_error");
  EXPECT_NE(registry.get("a"), nullptr);
}

TEST_F(ModelRegistryTest, IsReadOnceByManyThreads) {
  write_run("a");
  ModelRegistry registry(settings());
  std::vector<ServedModelPtr> models(8);
  std::vector<std::thread> threads;
  for (auto& model : models) threads.emplace_back([&] { model = registry.get("a"); });
  for (auto& thread : threads) thread.join();
  for (const auto& model : models) EXPECT_EQ(model, models[0]);
}

TEST_F(ModelRegistryTest, TakesTheRunWrittenLastForTheDefault) {
  write_run("a");
  write_run("b");
  write_run("c");
  fs::create_directories(folder_.path("d"));
  std::ofstream(folder_.path("d/metrics.jsonl")) << "";
  set_age("a", 3);
  set_age("b", 1);
  set_age("c", 2);
  ModelRegistry registry(settings());
  EXPECT_EQ(registry.default_id(), "b");
  set_age("c", 0);
  EXPECT_EQ(registry.default_id(), "c");
}

TEST_F(ModelRegistryTest, MakesTheBuiltInModelOnFirstUseAndPrefersRuns) {
  int made = 0;
  ModelRegistry::Settings with = settings();
  with.path = folder_.path("not yet");
  with.built_in = [&made] {
    ++made;
    return small_model();
  };
  ModelRegistry registry(std::move(with));
  EXPECT_EQ(registry.default_id(), "built-in");
  const JsonValue runs = parse_json(dump_json(registry.runs_json()));
  EXPECT_EQ(runs.at("default").text(), "built-in");
  EXPECT_EQ(runs.at("runs")[0].at("has_model"), JsonValue(true));
  EXPECT_EQ(made, 0);
  EXPECT_EQ(registry.get("")->id(), "built-in");
  EXPECT_EQ(registry.get("")->id(), "built-in");
  EXPECT_EQ(made, 1);
  write_run("not yet/a");
  write_run("not yet/built-in");
  EXPECT_EQ(registry.locations().size(), 2u);
  EXPECT_EQ(registry.default_id(), "a");
  EXPECT_EQ(registry.get("built-in")->id(), "built-in");
  EXPECT_EQ(registry.location("built-in").kind, RunKind::kBuiltIn) << "its name is taken";
}

TEST_F(ModelRegistryTest, ForgetsARunThoughItIsLoaded) {
  write_run("a");
  write_run("b");
  ModelRegistry registry(settings());
  const ServedModelPtr model = registry.get("a");
  fs::rename(folder_.path("a"), folder_.path("gone"));
  registry.forget("a");
  EXPECT_TRUE(model->retired) << "what generates with it ends, and lets go of it";
  EXPECT_EQ(refusal([&] { registry.get("a"); }), "404 model_not_found");
  fs::rename(folder_.path("gone"), folder_.path("a"));
  EXPECT_EQ(registry.get("a")->id(), "a") << "it may come back";
}

TEST_F(ModelRegistryTest, SaysWhatIsMissing) {
  fs::create_directories(folder_.path("early"));
  std::ofstream(folder_.path("early/metrics.jsonl")) << "{}\n";
  fs::create_directories(folder_.path("bad"));
  std::ofstream(path_of("bad")) << "no model";
  ModelRegistry registry(settings());
  EXPECT_EQ(refusal([&] { registry.get("none"); }), "404 model_not_found");
  EXPECT_EQ(refusal([&] { registry.location("none"); }), "404 model_not_found");
  EXPECT_EQ(refusal([&] { registry.get("early"); }), "404 model_not_ready");
  EXPECT_NE(refusal([&] { registry.get("bad"); }), "none");
  write_run("bad");
  EXPECT_EQ(registry.get("bad")->version(), 1) << "it is a model now";
}

TEST_F(ModelRegistryTest, FindsARunThatCameLater) {
  write_run("a");
  ModelRegistry registry(settings());
  write_run("later");
  EXPECT_EQ(registry.get("later")->id(), "later");
  EXPECT_EQ(registry.locations().size(), 2u);
  fs::remove_all(folder_.path("a"));
  EXPECT_EQ(registry.locations().size(), 1u);
  fs::remove_all(folder_.path("later"));
  EXPECT_EQ(registry.locations().size(), 1u) << "what is loaded keeps serving";
  EXPECT_EQ(registry.get("later")->id(), "later");
}

TEST_F(ModelRegistryTest, DropsTheModelUsedLongestAgo) {
  for (const char* id : {"a", "b", "c"}) write_run(id);
  ModelRegistry registry(settings());  // two at most
  const ServedModelPtr a = registry.get("a"), b = registry.get("b");
  registry.get("a");
  registry.get("c");
  EXPECT_NE(registry.loaded("a"), nullptr);
  EXPECT_EQ(registry.loaded("b"), nullptr);
  EXPECT_TRUE(b->retired) << "generation lets go of it after its texts";
  EXPECT_FALSE(a->retired);
  EXPECT_EQ(registry.get("b")->version(), 2) << "versions go on";
}

TEST_F(ModelRegistryTest, ReloadsWhatChanged) {
  write_run("a", 1);
  write_run("b", 1);
  ModelRegistry registry(settings());
  const ServedModelPtr old = registry.get("a");
  EXPECT_TRUE(registry.reload_changed().empty());
  write_run("a", 2);
  write_run("b", 2);  // not loaded: nobody needs it
  const auto changes = registry.reload_changed();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].id, "a");
  EXPECT_EQ(changes[0].version, 2);
  EXPECT_EQ(changes[0].refused, "");
  EXPECT_TRUE(old->retired);
  EXPECT_NE(registry.get("a")->fingerprint(), old->fingerprint());
  EXPECT_TRUE(registry.reload_changed().empty());
}

TEST_F(ModelRegistryTest, KeepsTheOldModelWhereTheNewFileIsNone) {
  write_run("a", 1);
  ModelRegistry registry(settings());
  const ServedModelPtr old = registry.get("a");
  std::ofstream(path_of("a")) << "half a model";
  auto changes = registry.reload_changed();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_NE(changes[0].refused, "");
  EXPECT_EQ(registry.get("a"), old);
  EXPECT_FALSE(old->retired);
  EXPECT_TRUE(registry.reload_changed().empty()) << "a file is refused once";
  fs::remove(path_of("a"));
  EXPECT_TRUE(registry.reload_changed().empty());
  write_run("a", 2);
  changes = registry.reload_changed();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].version, 2);
}

TEST_F(ModelRegistryTest, TellsTheStateOfARun) {
  fs::create_directories(folder_.path("a"));
  Model model = small_model();
  model.facts["validation_loss"] = "1.38629436";
  write_model(path_of("a"), model);
  ModelRegistry registry(settings());
  const auto state = [&] {
    return parse_json(dump_json(registry.run_json(registry.location("a"))));
  };
  JsonValue json = state();
  EXPECT_EQ(json.at("kind").text(), "run");
  EXPECT_EQ(json.at("has_model"), JsonValue(true));
  EXPECT_EQ(json.at("has_metrics"), JsonValue(false));
  EXPECT_EQ(json.at("training"), JsonValue(false));
  EXPECT_EQ(json.at("loaded"), JsonValue(false));
  EXPECT_EQ(json.at("version").get<int>(), 0);
  EXPECT_TRUE(json.at("bits_per_character").is_null());
  registry.get("a");
  std::ofstream(folder_.path("a/metrics.jsonl")) << "{}\n";
  json = state();
  EXPECT_EQ(json.at("has_metrics"), JsonValue(true));
  EXPECT_EQ(json.at("loaded"), JsonValue(true));
  EXPECT_EQ(json.at("version").get<int>(), 1);
  EXPECT_NEAR(json.at("bits_per_character").get<double>(), 2, 1e-6);
  EXPECT_GT(json.at("modified").get<double>(), 1.7e9);
}

TEST_F(ModelRegistryTest, RefusesAPlaceWhereNothingIs) {
  ModelRegistry::Settings nowhere = settings();
  nowhere.path = folder_.path("nowhere");
  EXPECT_EQ(refusal([&] { ModelRegistry registry(nowhere); }), "error not_found");
}

}  // namespace
}  // namespace charrnn
