// A whole training without a terminal.
#include "session/training_session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/testing/temporary_folder.h"
#include "text/corpus/rare_characters.h"
#include "train/settings/earlier_settings.h"
#include "train/testing/checkpoint_parts.h"

namespace charrnn {
namespace {

struct KeepingObserver : SessionObserver {
  void said(const std::string& note) override { notes.push_back(note); }
  void stepped(const TrainingProgress&, double) override { ++steps; }
  void sampled(const std::string& text) override { samples.push_back(text); }
  bool stop() override { return steps >= stop_at; }

  bool has(const std::string& words) const {
    for (const std::string& note : notes) {
      if (note.find(words) != std::string::npos) return true;
    }
    return false;
  }

  std::vector<std::string> notes, samples;
  int64_t steps = 0, stop_at = INT64_MAX;
};

// The options of one training, given by name as on a command line.
struct Training {
  explicit Training(const std::map<std::string, std::string>& given) {
    options.declare_run(table);
    options.settings.declare(table);
    declare_seed(table, seed);
    engine.threads = 1;
    for (const auto& [name, value] : given) table.set(name, value, OptionSource::kCommandLine);
  }
  TrainingRequest request(std::vector<std::string> texts = {}) {
    return {.options = options,
            .table = table,
            .seed = seed,
            .engine = engine,
            .texts = std::move(texts)};
  }
  StopReason run(KeepingObserver& observer, std::vector<std::string> texts = {}) {
    TrainingSession session(request(std::move(texts)), observer);
    session.prepare();
    session.create_run();
    return session.train();
  }

  TrainingOptions options;
  OptionTable table;
  Seed seed;
  EngineOptions engine;
};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Session : public testing::Test {
 protected:
  Session() {
    text_ = write("sea.txt", "the sea was calm, the sea was grey. ");
    run_ = folder_.path("run");
  }
  std::string write(const std::string& name, const std::string& words) {
    std::ofstream file(folder_.path(name), std::ios::binary);
    for (int i = 0; i < 60; ++i) file << words;
    return folder_.path(name);
  }
  std::map<std::string, std::string> tiny(std::map<std::string, std::string> more = {}) {
    more.insert({{"out", run_},
                 {"cell", "rnn"},
                 {"hidden-size", "6"},
                 {"seq-length", "8"},
                 {"batch-size", "2"},
                 {"embedding-size", "4"}});
    return more;
  }
  std::string model(const std::string& run) { return content(run + "/model.safetensors"); }

  TemporaryFolder folder_;
  std::string text_, run_;
};

TEST_F(Session, TrainsATextIntoARunAndGoesOn) {
  KeepingObserver observer;
  Training training(tiny({{"steps", "12"}, {"sample-every", "5"}, {"sample-length", "7"}}));
  EXPECT_EQ(training.run(observer, {text_}), StopReason::kSteps);
  EXPECT_EQ(observer.steps, 12);
  ASSERT_EQ(observer.samples.size(), 2u);
  EXPECT_EQ(observer.samples[0].size(), 7u);
  for (const char* name : {"model.safetensors", "checkpoint.safetensors", "config.toml",
                           "metrics.jsonl", "samples.jsonl"}) {
    EXPECT_TRUE(std::filesystem::exists(run_ + "/" + name)) << name;
  }
  // Stopped and resumed, it is the same as in one go.
  const std::string in_one_go = model(run_);
  const std::string other = folder_.path("other");
  KeepingObserver stopping;
  stopping.stop_at = 5;
  Training first(tiny({{"steps", "12"}, {"sample-every", "5"}, {"sample-length", "7"}}));
  first.options.out = other;
  EXPECT_EQ(first.run(stopping, {text_}), StopReason::kSignal);
  KeepingObserver resuming;
  Training second({{"out", other}, {"resume", "true"}});
  EXPECT_EQ(second.run(resuming), StopReason::kSteps);
  EXPECT_TRUE(resuming.has("going on at step 5 of 12"));
  EXPECT_EQ(model(other), in_one_go);
  EXPECT_EQ(content(other + "/samples.jsonl"), content(run_ + "/samples.jsonl"));
}

// Their checksums are right, and each alone could be a run's.
TEST_F(Session, RefusesSettingsOfACheckpointThatDoNotFitItsText) {
  {
    KeepingObserver observer;
    Training(tiny({{"steps", "3"}})).run(observer, {text_});
  }
  const std::string path = run_ + "/checkpoint.safetensors";
  const CheckpointParts whole(path);
  const std::vector<std::pair<std::string, std::string>> lies = {
      {"seq-length", "16777216"}, {"val-fraction", "0.9999999"}, {"layers", "9"}};
  for (const auto& [setting, value] : lies) {
    CheckpointParts changed = whole;
    changed.set(setting, value);
    changed.write(path);
    KeepingObserver observer;
    try {
      Training({{"resume", "true"}, {"out", run_}}).run(observer);
      ADD_FAILURE() << setting << " is accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kModel) << error.what();
    }
  }
  whole.write(path);
  KeepingObserver observer;
  try {
    Training({{"resume", "true"}, {"out", run_}, {"seq-length", "7"}}).run(observer);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage) << error.what();
  }
}

// Each is resumed where the run is by then.
TEST_F(Session, GoesOnWithTheCopyOfATextThatCannotBeReadAgain) {
  const std::string words = "the sea was calm, the sea was grey. ";
  const std::string marked = write("marked.txt", "\uFEFF\uFEFF" + words);
  const std::string odd = write("odd\xff.txt", words);
  const std::string rare = write("rare.txt", words);
  { std::ofstream(rare, std::ios::app) << "xyzzy \uFFFD\uFFFD"; }
  struct Case {
    std::string text, min_count;
    bool is_piped;
  };
  for (const Case& each : {Case{marked, "1", true}, Case{odd, "1", false}, Case{rare, "2", true},
                           Case{text_, "1", true}}) {
    SCOPED_TRACE(each.text);
    std::filesystem::remove_all(run_);
    KeepingObserver observer;
    Training first(tiny({{"steps", "3"}, {"min-count", each.min_count}}));
    if (each.is_piped) {  // a copy of this descriptor is what "-" reads
      const int file = open(each.text.c_str(), O_RDONLY), before = dup(STDIN_FILENO);
      dup2(file, STDIN_FILENO);
      first.run(observer, {"-"});
      dup2(before, STDIN_FILENO);
      close(before);
      close(file);
    } else {
      first.run(observer, {each.text});
    }
    EXPECT_TRUE(observer.has("a copy is kept"));
    const std::string moved = folder_.path("moved");
    std::filesystem::remove_all(moved);
    std::filesystem::rename(run_, moved);
    KeepingObserver resuming;
    EXPECT_EQ(Training({{"out", moved}, {"resume", "true"}, {"steps", "5"}}).run(resuming),
              StopReason::kSteps);
    EXPECT_EQ(resuming.steps, 2);
  }
}

TEST_F(Session, KnowsWhereEachValueComesFrom) {
  KeepingObserver observer;
  Training training(tiny({{"steps", "2"}}));
  TrainingSession session(training.request({text_}), observer);
  const TrainingSettings& s = session.settings();
  EXPECT_EQ(training.table.of(s.hidden_size).source, OptionSource::kCommandLine);
  EXPECT_EQ(training.table.of(s.weight_decay).source, OptionSource::kPreset);
  EXPECT_EQ(training.table.of(s.evaluate_every).source, OptionSource::kMeasured);
  EXPECT_EQ(training.table.of(s.beta1).source, OptionSource::kDefault);
  EXPECT_EQ(s.epochs, 0) << "the steps were given";
}

TEST_F(Session, SaysWhatHasNoEffect) {
  KeepingObserver observer;
  Training training(tiny({{"steps", "5"},
                          {"warmup-steps", "9"},
                          {"dropout", "0.5"},
                          {"lr_decay_factor", "0.5"},
                          {"sample-prompt", "the"},
                          {"label-smoothing", "0.1"}}));
  training.run(observer, {text_});
  EXPECT_TRUE(observer.has("--dropout 0.5 has no effect: it needs --layers above 1"));
  EXPECT_TRUE(observer.has("--lr-decay-factor 0.5 has no effect: it needs --lr-schedule step"));
  EXPECT_TRUE(observer.has("--sample-prompt the has no effect: it needs --sample-every above 0"));
  EXPECT_TRUE(observer.has("--warmup-steps 9 is longer than the run (5 steps)"));
  EXPECT_FALSE(observer.has("--label-smoothing"));
  // A whole config.toml is not given: its options are those of a run.
  KeepingObserver again;
  Training repeated({{"config", run_ + "/config.toml"}, {"out", folder_.path("again")}});
  repeated.run(again);
  EXPECT_FALSE(again.has("has no effect"));
  EXPECT_EQ(model(folder_.path("again")), model(run_));
}

TEST_F(Session, SaysWhichOptionsAreForTheBeginningOfARunAndKeepsTheirValues) {
  KeepingObserver observer;
  Training training(tiny({{"steps", "4"}, {"init", "orthogonal"}}));
  training.run(observer, {text_});
  const std::string config = content(run_ + "/config.toml");
  KeepingObserver resuming;
  Training more({{"out", run_},
                 {"resume", "true"},
                 {"init", "char-rnn"},
                 {"keep-bias", "1"},
                 {"init-from", "nowhere"},
                 {"schedule-changes", "2:9"},
                 {"earlier-settings", "2:dropout=0.3"}});
  more.run(resuming);
  for (const char* name :
       {"--init ", "--keep-bias ", "--init-from ", "--schedule-changes ", "--earlier-settings "}) {
    EXPECT_TRUE(resuming.has(name + std::string("has no effect on a run that goes on"))) << name;
  }
  EXPECT_EQ(content(run_ + "/config.toml"), config);
}

// Its config.toml says how to make its model again.
TEST_F(Session, KeepsTheSettingsOfAFinishedRunThatTakesNoStep) {
  KeepingObserver observer;
  Training training(tiny({{"steps", "4"}}));
  training.run(observer, {text_});
  const std::string config = content(run_ + "/config.toml");
  for (const auto& [name, value] :
       {std::pair("steps", "2"), std::pair("learning-rate", "0.5"), std::pair("patience", "3")}) {
    KeepingObserver resuming;
    Training more({{"out", run_}, {"resume", "true"}, {name, value}});
    more.run(resuming);
    EXPECT_EQ(resuming.steps, 0) << name;
    EXPECT_TRUE(resuming.has("the run is finished, at step 4")) << name;
    EXPECT_FALSE(resuming.has("from here on")) << name;
    EXPECT_EQ(content(run_ + "/config.toml"), config) << name;
  }
  KeepingObserver longer;
  Training more({{"out", run_}, {"resume", "true"}, {"steps", "6"}});
  more.run(longer);
  EXPECT_EQ(longer.steps, 2);
  EXPECT_TRUE(longer.has("steps: 6 from here on (was 4)"));
  EXPECT_FALSE(longer.has("learning-rate"));
}

TEST_F(Session, GoesOnWithAFinishedRunWithinATime) {
  KeepingObserver observer;
  Training training(tiny({{"steps", "4"}}));
  training.run(observer, {text_});
  KeepingObserver resuming;
  Training more({{"out", run_}, {"resume", "true"}, {"time", "0.3s"}});
  more.run(resuming);
  EXPECT_GT(resuming.steps, 0);
}

// Its changes of length are those of the other run, some of them yet to come.
TEST_F(Session, ARepetitionGetsANewLengthOnItsWay) {
  KeepingObserver stopping;
  stopping.stop_at = 3;
  Training first(tiny({{"steps", "12"}, {"schedule-changes", "8=12"}}));
  EXPECT_EQ(first.run(stopping, {text_}), StopReason::kSignal);
  for (const char* steps : {"10", "11"}) {
    KeepingObserver resuming;
    Training more({{"out", run_}, {"resume", "true"}, {"steps", steps}});
    EXPECT_EQ(more.run(resuming), StopReason::kSteps);
    EXPECT_FALSE(resuming.has("cannot be read"));
  }
  EXPECT_NE(content(run_ + "/config.toml").find("\"0:12,3=10,10=11\""), std::string::npos);
}

// All settings that a run may change on its way, with values that differ from those of the small
// run, in an order in which each has an effect.
const std::vector<std::pair<std::string, std::string>> kOtherValues = {
    {"learning-rate", "0.03"},
    {"warmup-steps", "12"},
    {"min-learning-rate", "0.003"},
    {"dropout", "0.3"},
    {"output-dropout", "0.3"},
    {"lock-dropout", "true"},
    {"recurrent-dropout", "0.3"},
    {"embedding-dropout", "0.3"},
    {"label-smoothing", "0.2"},
    {"beta1", "0.5"},
    {"beta2", "0.9"},
    {"epsilon", "0.01"},
    {"weight-decay", "0.5"},
    {"grad-clip", "0.01"},
    {"clip", "element"},
    {"eval-every", "3"},
    {"report-every", "3"},
    {"checkpoint-every", "5"},
    {"checkpoint-interval", "3600s"},
    {"sample-every", "2"},
    {"sample-prompt", "sea"},
    {"sample-length", "5"},
    {"on-nan", "stop"},
    {"abort-on-explode", "true"},
    {"lr-schedule", "step"},
    {"lr-decay", "0.5"},
    {"lr-decay-after", "0"},
    {"lr-decay-every", "2"},
    {"average-decay", "0"},
    {"patience", "90"},
    {"precision", "bf16"}};

// Each sitting of two steps changes one of them.
TEST_F(Session, ConfigRepeatsARunThatChangedEachSettingOnItsWay) {
  Training plain({});
  for (const Option& option : plain.table.options()) {
    if (!keeps_earlier_values(option, plain.options.settings)) continue;
    EXPECT_TRUE(std::ranges::any_of(kOtherValues, [&option](const auto& other) {
      return other.first == option.name();
    })) << option.name();
  }
  const std::string steps = std::to_string(2 * (kOtherValues.size() + 1));
  KeepingObserver first;
  first.stop_at = 2;
  Training(tiny({{"layers", "2"},
                 {"cell", "lstm"},
                 {"steps", steps},
                 {"learning-rate", "0.02"},
                 {"average-decay", "0.9"},
                 {"output-dropout", "0.1"},
                 {"eval-every", "20"},
                 {"patience", "70"},
                 {"report-every", "7"}}))
      .run(first, {text_});
  for (const auto& [name, value] : kOtherValues) {
    KeepingObserver resuming;
    resuming.stop_at = 2;
    Training({{"out", run_}, {"resume", "true"}, {name, value}}).run(resuming);
    EXPECT_TRUE(resuming.has(name + ": " + value + " from here on (was ")) << name;
  }
  // Stopped and resumed in the middle, the repetition goes on with the changes that are left.
  const std::string config = run_ + "/config.toml", again = folder_.path("again");
  KeepingObserver repeating;
  repeating.stop_at = 33;
  Training({{"config", config}, {"out", again}}).run(repeating);
  KeepingObserver to_the_end;
  EXPECT_EQ(Training({{"out", again}, {"resume", "true"}}).run(to_the_end), StopReason::kSteps);
  for (const auto& [name, value] : kOtherValues) {
    const std::string change = name + ": " + value + " from here on (was ";
    EXPECT_NE(repeating.has(change), to_the_end.has(change)) << name;
  }
  EXPECT_EQ(model(again), model(run_));
  EXPECT_EQ(content(again + "/samples.jsonl"), content(run_ + "/samples.jsonl"));
  EXPECT_EQ(content(again + "/config.toml"), content(config));
}

TEST_F(Session, ConfigRepeatsARunThatChangedAfterItsEndAndAgain) {
  KeepingObserver observer;
  Training(tiny({{"steps", "6"}, {"patience", "1"}, {"eval-every", "2"}})).run(observer, {text_});
  const std::vector<std::map<std::string, std::string>> sittings = {
      {{"learning-rate", "0.03"}, {"steps", "11"}, {"patience", "0"}},
      {{"learning-rate", "0.01"}, {"steps", "17"}, {"dropout", "0.2"}, {"grad-clip", "0.05"}},
      {{"learning-rate", "0.03"}, {"steps", "20"}, {"weight-decay", "0.3"}}};
  for (std::map<std::string, std::string> sitting : sittings) {
    sitting.insert({{"out", run_}, {"resume", "true"}});
    KeepingObserver resuming;
    EXPECT_EQ(Training(sitting).run(resuming), StopReason::kSteps);
  }
  const std::string config = run_ + "/config.toml", again = folder_.path("again");
  KeepingObserver repeating;
  Training({{"config", config}, {"out", again}}).run(repeating);
  EXPECT_EQ(model(again), model(run_));
  EXPECT_EQ(content(again + "/config.toml"), content(config));
  // What is given to a new run holds from its beginning on.
  KeepingObserver other;
  Training given({{"config", config}, {"out", folder_.path("other")}, {"learning-rate", "0.5"}});
  given.run(other);
  EXPECT_FALSE(other.has("learning-rate"));
  EXPECT_TRUE(other.has("grad-clip: 0.05 from here on"));
}

TEST_F(Session, ARepetitionGetsAnotherSettingBeforeAChangeThatItHasYetToCome) {
  KeepingObserver stopping;
  stopping.stop_at = 3;
  Training first(tiny(
      {{"steps", "12"}, {"learning-rate", "0.01"}, {"earlier-settings", "8:learning-rate=0.02"}}));
  first.run(stopping, {text_});
  KeepingObserver resuming;
  Training({{"out", run_}, {"resume", "true"}, {"learning-rate", "0.01"}}).run(resuming);
  EXPECT_TRUE(resuming.has("learning-rate: 0.01 from here on (was 0.02)"));
  EXPECT_NE(content(run_ + "/config.toml").find("[\"3:learning-rate=0.02\"]"), std::string::npos);
}

// Names, bytes and times of change of all that there is.
TEST_F(Session, APlanToGoOnChangesNothingOnDisk) {
  KeepingObserver observer;
  Training(tiny({{"steps", "8"}, {"checkpoint-every", "2"}})).run(observer, {text_});
  const auto state = [this] {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path(""))) {
      all += entry.path().string() + ' ' +
             std::to_string(entry.last_write_time().time_since_epoch().count()) + ' ';
      if (entry.is_regular_file()) all += content(entry.path());
    }
    return all;
  };
  const std::string newest = run_ + "/checkpoint.safetensors";
  const auto plan = [](const std::string& run) {
    KeepingObserver planning;
    Training training({{"resume", "true"}, {"steps", "11"}, {"out", run}});
    TrainingRequest request = training.request();
    request.only_plan = true;
    try {
      TrainingSession(request, planning).estimate();
    } catch (const Error& error) {
      return error.code();
    }
    return std::string(planning.has("cannot be read") ? "previous" : "newest");
  };
  for (const char* expected : {"newest", "previous", "not_safetensors", "no_run"}) {
    const std::string what = expected;
    if (what == "previous") std::ofstream(newest) << "no checkpoint";
    if (what == "not_safetensors") {
      std::ofstream(run_ + "/checkpoint.previous.safetensors") << "neither";
    }
    if (what == "no_run") std::filesystem::remove_all(run_);
    std::filesystem::remove(run_ + "/.lock");
    const std::string before = state();
    EXPECT_EQ(plan(run_), what);
    EXPECT_TRUE(state() == before) << what;
  }
}

// A script may always say --resume with the text; a run alone must be there.
TEST_F(Session, ResumingARunThatDoesNotExistIsAnErrorUnlessThereIsAText) {
  const auto refusal = [this](const std::string& out, const std::vector<std::string>& texts) {
    KeepingObserver observer;
    auto given = tiny({{"resume", "true"}, {"steps", "2"}});
    given["out"] = out;
    Training training(given);
    try {
      training.run(observer, texts);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIo);
      return error.code();
    }
    EXPECT_TRUE(observer.has("starting from the beginning"));
    return std::string("none");
  };
  EXPECT_EQ(refusal(folder_.path("nowhere"), {}), "no_run");
  EXPECT_EQ(refusal("", {folder_.path("nowhere")}), "no_run");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("nowhere")));
  EXPECT_EQ(refusal(run_, {text_}), "none");
}

TEST_F(Session, SaysThatAnEmbeddingOfOneHotInputHasNoEffect) {
  KeepingObserver observer;
  Training(tiny({{"steps", "2"}, {"one-hot", "true"}, {"embedding-size", "9"}}))
      .run(observer, {text_});
  EXPECT_EQ(std::ranges::count_if(
                observer.notes,
                [](const std::string& note) {
                  return note == "--embedding-size 9 has no effect: it needs no --one-hot";
                }),
            1);
}

// Each makes another text, or other sizes, of the same text; the option is named all the same.
TEST_F(Session, NamesTheOptionThatContradictsARun) {
  const std::string text = write("mixed.txt", "The Sea was calm,\r\nthe S\u00e9a was grey. ");
  KeepingObserver observer;
  Training(tiny({{"steps", "2"}})).run(observer, {text});
  const std::map<std::string, std::string> contradictions = {
      {"encoding", "bytes"},    {"lowercase", "true"}, {"newline", "lf"},
      {"invalid", "replace"},   {"min-count", "99"},   {"documents", "lines"},
      {"val-fraction", "0.3"},  {"one-hot", "true"},   {"cell", "lstm"},
      {"hidden-size", "7"},     {"layers", "2"},       {"seq-length", "9"},
      {"batch-size", "3"},      {"objective", "last"}, {"optimizer", "rmsprop"},
      {"stream-offset", "none"}};
  for (const auto& [name, value] : contradictions) {
    SCOPED_TRACE(name);
    try {
      Training({{"resume", "true"}, {"steps", "4"}, {"out", run_}, {name, value}}).run(observer);
      ADD_FAILURE() << "it goes on";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "resume_conflict") << error.what();
      EXPECT_TRUE(std::string(error.what()).starts_with("--" + name + " " + value + " contradicts"))
          << error.what();
    }
  }
}

TEST_F(Session, SaysHowARunGoesOnWhoseTextHasMoved) {
  KeepingObserver observer;
  Training(tiny({{"steps", "2"}})).run(observer, {text_});
  const std::string moved = folder_.path("moved.txt");
  std::filesystem::rename(text_, moved);
  const std::map<std::string, std::string> more = {
      {"resume", "true"}, {"steps", "4"}, {"out", run_}};
  try {
    Training(more).run(observer, {});
    ADD_FAILURE() << "there is no text";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "text_moved");
    EXPECT_NE(std::string(error.what()).find(text_), std::string::npos) << error.what();
    EXPECT_EQ(error.hint(), "if it has moved: charrnn train TEXT --resume -o " + run_);
  }
  EXPECT_EQ(Training(more).run(observer, {moved}), StopReason::kSteps);
  EXPECT_EQ(observer.steps, 4);
}

TEST_F(Session, RefusesAModelOfOtherSizesBeforeAnythingIsSaidOrMade) {
  KeepingObserver observer;
  Training(tiny({{"steps", "2"}})).run(observer, {text_});
  const std::string other = folder_.path("other");
  Training training({{"init-from", run_}, {"hidden-size", "7"}, {"out", other}});
  KeepingObserver watching;
  try {
    TrainingSession session(training.request({text_}), watching);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "init_from_conflict");
  }
  EXPECT_FALSE(std::filesystem::exists(other));
}

TEST_F(Session, SaysWhatBecameOfRareCharacters) {
  const auto said = [this](const std::string& count, const std::string& text) {
    KeepingObserver observer;
    Training training(tiny({{"min-count", count}}));
    const TrainingSession session(training.request({text}), observer);
    std::string notes;
    for (const std::string& note : observer.notes) notes += note + "\n";
    return notes;
  };
  const std::string rare = write("rare.txt", "the sea was calm, the sea was grey. ");
  std::ofstream(rare, std::ios::app) << "z";
  EXPECT_EQ(said("2", text_).find("U+FFFD"), std::string::npos) << "there are none";
  EXPECT_NE(said("2", rare).find("1 different character that occurs fewer than 2 times becomes "
                                 "U+FFFD; "),
            std::string::npos);
}

TEST_F(Session, BeginsWithAModelAndReadsTheTextAsItDoes) {
  KeepingObserver observer;
  const std::string known = write("known.txt", "a sea\r\nno zebra\r\n");
  Training training(tiny({{"steps", "3"},
                          {"newline", "lf"},
                          {"documents", "lines"},
                          {"min-count", "2"},
                          {"lowercase", "true"}}));
  training.run(observer, {known});
  // "z" is rare in this text, but the model knows it; the paragraph sign is new and rare.
  std::ofstream(folder_.path("fine.txt"), std::ios::binary)
      << "a sea a bear a one\r\na sea a bear a one\r\nZ\xc2\xb6\r\n";
  Training fine({{"out", folder_.path("fine")},
                 {"init-from", run_ + "/../run"},
                 {"steps", "1"},
                 {"batch-size", "1"},
                 {"seq-length", "4"}});
  KeepingObserver watching;
  TrainingSession session(fine.request({folder_.path("fine.txt")}), watching);
  const TrainingSettings& s = session.settings();
  EXPECT_TRUE(s.reading.newline_lf && s.reading.lowercase);
  EXPECT_EQ(s.documents, DocumentKind::kLines);
  EXPECT_EQ(s.min_count, 2);
  EXPECT_EQ(fine.table.of(s.documents).source, OptionSource::kModel);
  EXPECT_EQ(s.init_from, run_) << "absolute, whatever the folder";
  const Corpus& corpus = session.setup().corpus;
  EXPECT_FALSE(corpus.vocabulary.find(U'\r'));
  EXPECT_FALSE(corpus.vocabulary.find(U'\u00b6'));
  const int32_t z = corpus.vocabulary.find(U'z').value();
  int zs = 0;
  for (size_t i = 0; i < corpus.ids.size(); ++i) zs += corpus.ids[i] == z;
  EXPECT_EQ(zs, 1) << "a character that the model knows stays itself";
}

TEST_F(Session, ChoosesSizesByThePartThatIsLearnedFrom) {
  const auto chosen = [&](const std::string& fraction) {
    KeepingObserver observer;
    Training training({{"out", run_}, {"train-fraction", fraction}});
    TrainingSession session(
        training.request({write("long.txt", std::string(200, 'a').append("bcd "))}), observer);
    return session.settings().hidden_size;
  };
  EXPECT_EQ(chosen("0"), 128);   // 11,016 characters
  EXPECT_EQ(chosen("0.2"), 64);  // 2,448
}

}  // namespace
}  // namespace charrnn
