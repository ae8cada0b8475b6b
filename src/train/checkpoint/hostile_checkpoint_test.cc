// Checkpoints that somebody made, their checksums right: each is refused as a bad checkpoint, or is
// one that a run goes on from.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/json/json.h"
#include "train/settings/seed.h"
#include "train/testing/checkpoint_parts.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

class HostileCheckpoint : public testing::Test {
 protected:
  HostileCheckpoint() : run_(settings()) {
    run_.observer.stop_at = 9;
    run_.run();
    write_checkpoint(folder_.path("c"), run_.store.checkpoints.back());
    whole_.emplace(folder_.path("c"));
  }

  static TrainingSettings settings() {
    TrainingSettings settings = small_settings();
    settings.average_decay = 0.5;
    settings.on_nan = OnNan::kRollback;
    settings.schedule = ScheduleKind::kCosine;
    return settings;
  }

  const TemporaryFolder& folder() const { return folder_; }
  CheckpointParts parts() const { return *whole_; }

  // Whether the reader takes it; then a run must go on with it, or refuse it as another text's.
  bool is_taken(const CheckpointParts& parts, const std::string& what) {
    SCOPED_TRACE(what);
    parts.write(folder_.path("changed"));
    try {
      const Checkpoint checkpoint = read_checkpoint(folder_.path("changed"));
      go_on(checkpoint);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kModel) << error.what();
      return false;
    }
  }

  void expect_refused(const CheckpointParts& parts, const std::string& what) {
    EXPECT_FALSE(is_taken(parts, what)) << what;
  }

 private:
  // As a session does, with the settings of the checkpoint and this text.
  void go_on(const Checkpoint& checkpoint) {
    TrainingSettings wanted;
    OptionTable table;
    Seed seed;
    wanted.declare(table);
    declare_seed(table, seed);
    apply_settings(checkpoint.settings, table);
    const int64_t step = checkpoint.progress.step;
    if (wanted.sequence_length != settings().sequence_length ||
        wanted.validation_fraction != settings().validation_fraction) {
      return;  // what a session fits to the text: it refuses it there
    }
    SmallRun resumed(wanted);
    resumed.observer.stop_at = step + 2;
    try {
      resumed.resume(checkpoint);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kDiverged) throw;
    }
    EXPECT_LE(resumed.observer.losses.size(), 3u);
  }

  TemporaryFolder folder_;
  SmallRun run_;
  std::optional<CheckpointParts> whole_;
};

TEST_F(HostileCheckpoint, ThatNobodyChangedIsTaken) { EXPECT_TRUE(is_taken(parts(), "whole")); }

TEST_F(HostileCheckpoint, MustHaveSettingsOfItsOwnNetwork) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> lies = {
      {"layers", {"9"}},          {"layers", {"1"}},         {"hidden-size", {"6"}},
      {"embedding-size", {"60"}}, {"embedding-size", {"2"}}, {"cell", {"rnn"}},
      {"cell", {"lstm"}},         {"one-hot", {"true"}},     {"batch-size", {"4"}},
      {"encoding", {"bytes"}},    {"lowercase", {"true"}}};
  for (const auto& [name, values] : lies) {
    CheckpointParts changed = parts();
    SettingValues saved = read_settings(changed.metadata["settings"]);
    ASSERT_TRUE(saved.count(name)) << name;
    saved[name] = values;
    changed.metadata["settings"] = settings_json(saved);
    expect_refused(changed, name + " " + values[0]);
    // Under another of its names, too.
    saved = read_settings(parts().metadata["settings"]);
    std::string other = name;
    std::replace(other.begin(), other.end(), '-', '_');
    if (other == name) continue;
    saved[other] = values;
    changed.metadata["settings"] = settings_json(saved);
    expect_refused(changed, other + " " + values[0]);
    // Or not at all.
    saved = read_settings(parts().metadata["settings"]);
    saved.erase(name);
    changed.metadata["settings"] = settings_json(saved);
    expect_refused(changed, "no " + name);
  }
}

TEST_F(HostileCheckpoint, SetsNothingButSettingsOfARun) {
  for (const char* name : {"out", "force", "time", "threads", "nonsense"}) {
    CheckpointParts changed = parts();
    SettingValues saved = read_settings(changed.metadata["settings"]);
    saved[name] = {"1"};
    changed.metadata["settings"] = settings_json(saved);
    expect_refused(changed, name);
  }
}

TEST_F(HostileCheckpoint, MayHaveAnyValueInASetting) {
  const std::vector<std::string> values = {"",         "-1",          "0",      "1",   "7",
                                           "1e9",      "99999999999", "nan",    "inf", "true",
                                           "x\x1b[2J", "0.999",       "5:1,5:2"};
  const SettingValues saved = read_settings(parts().metadata["settings"]);
  for (const auto& [name, list] : saved) {
    if (name == "text") continue;
    for (const std::string& value : values) {
      CheckpointParts changed = parts();
      SettingValues other = saved;
      other[name] = {value};
      changed.metadata["settings"] = settings_json(other);
      is_taken(changed, name + " " + value);
    }
  }
  for (const char* text :
       {"", "[]", "7", "{\"layers\":2}", "{\"layers\":[2]}", "{\"layers\":[[]]}"}) {
    CheckpointParts changed = parts();
    changed.metadata["settings"] = text;
    expect_refused(changed, text);
  }
}

TEST_F(HostileCheckpoint, MayHaveAnyProgress) {
  const std::string whole = parts().metadata["progress"];
  const JsonOutput fields(parse_json(whole));
  const std::vector<std::string> values = {"null",
                                           "-1",
                                           "0",
                                           "0.5",
                                           "1e308",
                                           "-1e308",
                                           "9223372036854775807",
                                           "18446744073709551615",
                                           "[]",
                                           "{}",
                                           "\"\"",
                                           "\"nan\"",
                                           "1152921504606846976",
                                           "63",
                                           "\"4:2\"",
                                           "\"9223372036854775808:1\"",
                                           "[1e308,-1e308,0]"};
  int taken = 0, refused = 0;
  for (const auto& [name, value] : fields.items()) {
    for (size_t i = 0; i <= values.size(); ++i) {
      JsonOutput other = JsonOutput::object();
      for (const auto& [key, old] : fields.items()) {
        if (key != name) {
          other[key] = old;
        } else if (i < values.size()) {
          other[key] = JsonOutput(parse_json(values[i]));
        }
      }
      CheckpointParts changed = parts();
      changed.metadata["progress"] = dump_json(other);
      is_taken(changed, name + " " + (i < values.size() ? values[i] : "left out")) ? ++taken
                                                                                   : ++refused;
    }
  }
  EXPECT_GT(taken, 20);
  EXPECT_GT(refused, 200);
  for (const char* field : {"seconds", "loss_sum", "learning_rate_scale", "learning_rate"}) {
    JsonOutput other = JsonOutput::object();
    for (const auto& [key, old] : fields.items()) {
      if (key != field) other[key] = old;
    }
    CheckpointParts changed = parts();
    changed.metadata["progress"] = dump_json(other);
    expect_refused(changed, std::string("no ") + field);
  }
}

TEST_F(HostileCheckpoint, MayHaveAnyMetadata) {
  const std::vector<std::string> values = {
      "", "null", "{}", "[]", "0", "true", "x", " best ", std::string(5000, '[')};
  for (const auto& [name, value] : parts().metadata) {
    if (name == "charrnn_version" || name == "format" || name == "data_crc32") continue;
    for (const std::string& other : values) {
      CheckpointParts changed = parts();
      changed.metadata[name] = other;
      if (name == "metadata_crc32") continue;  // it is written anew
      is_taken(changed, name + " = " + other.substr(0, 20));
    }
    CheckpointParts changed = parts();
    changed.metadata.erase(name);
    is_taken(changed, "no " + name);
  }
  for (
      const char* config :
      {R"({"cell":"gru","layers":1000000,"hidden_size":5,"embedding_size":3,"vocabulary_size":6,"one_hot":false})",
       R"({"cell":"gru","layers":2,"hidden_size":16777216,"embedding_size":3,"vocabulary_size":6,"one_hot":false})",
       R"({"cell":"gru","layers":2,"hidden_size":5,"embedding_size":3,"vocabulary_size":6,"one_hot":true})"}) {
    CheckpointParts changed = parts();
    changed.metadata["config"] = config;
    expect_refused(changed, config);
  }
}

TEST_F(HostileCheckpoint, MayHaveAnyShapes) {
  const CheckpointParts whole = parts();
  for (const auto& [name, tensor] : whole.tensors) {
    for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
      for (const int64_t extent : {int64_t{0}, int64_t{1}, tensor.shape[axis] - 1,
                                   tensor.shape[axis] + 1, tensor.shape[axis] * 2}) {
        if (extent == tensor.shape[axis]) continue;
        CheckpointParts changed = parts();
        std::vector<int64_t> shape = tensor.shape;
        shape[axis] = extent;
        changed.reshape(name, shape);
        expect_refused(changed, name + " " + format_shape(shape));
      }
    }
    CheckpointParts changed = parts();
    std::vector<int64_t> shape = tensor.shape;
    shape.push_back(1);
    changed.reshape(name, shape);
    if (name != "generator" && name != "vocabulary") expect_refused(changed, name + " rank");
    changed = parts();
    changed.tensors.erase(name);
    expect_refused(changed, "no " + name);
    changed = parts();
    changed.tensors.at(name).dtype = Dtype::kI32;
    expect_refused(changed, name + " of whole numbers");
    changed = parts();
    changed.tensors["more." + name] = tensor;
    expect_refused(changed, "one more tensor than " + name);
  }
}

TEST_F(HostileCheckpoint, MayHaveAnyVocabularyAndGenerator) {
  for (const uint32_t number : {0u, 97u, 98u, 0xD800u, 0x110000u, 0xFFFFFFFFu}) {
    for (const char* name : {"vocabulary", "generator"}) {
      for (const size_t place : {size_t{0}, size_t{4}}) {
        CheckpointParts changed = parts();
        std::string& bytes = changed.tensors.at(name).bytes;
        const size_t at = name == std::string("generator") && place > 0 ? bytes.size() - 4 : place;
        std::copy_n(reinterpret_cast<const char*>(&number), 4, bytes.begin() + at);
        is_taken(changed, std::string(name) + " " + std::to_string(number));
      }
    }
  }
  CheckpointParts twice = parts();
  std::string& bytes = twice.tensors.at("vocabulary").bytes;
  std::copy_n(bytes.begin(), 4, bytes.begin() + 4);
  expect_refused(twice, "the same character twice");
}

// Its own sizes may agree with each other and not with what it goes on with.
TEST_F(HostileCheckpoint, IsNotLoadedIntoAnotherNetwork) {
  const std::vector<std::function<void(TrainingSettings&)>> changes = {
      [](TrainingSettings& other) { other.layers = 3; },
      [](TrainingSettings& other) { other.embedding_size = 60; },
      [](TrainingSettings& other) { other.cell = CellKind::kLstm; },
      [](TrainingSettings& other) { other.batch_size = 2; }};
  parts().write(folder().path("same"));
  const Checkpoint checkpoint = read_checkpoint(folder().path("same"));
  for (const auto& change : changes) {
    TrainingSettings other = settings();
    change(other);
    SmallRun resumed(other);
    EXPECT_THROW(resumed.resume(checkpoint), Error);
    Parameters weights;
    resumed.engine->store_part(SnapshotPart::kWeights, weights);
    EXPECT_TRUE(std::ranges::all_of(weights.values(), [](float value) { return value == 0; }))
        << "something is loaded";
  }
  Checkpoint late = checkpoint;
  late.progress.batch = int64_t{1} << 40;
  SmallRun resumed(settings());
  EXPECT_THROW(resumed.resume(late), Error);
}

}  // namespace
}  // namespace charrnn
