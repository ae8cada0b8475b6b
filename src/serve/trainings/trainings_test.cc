#include "serve/trainings/trainings.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/files/folder_lock.h"
#include "serve/testing/training_folder.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSlowStop =
    "trap 'trap \"exit 1\" INT; sleep 0.3; stop' INT; while :; do sleep 0.01; done\n";

class TrainingsTest : public testing::Test {
 protected:
  void TearDown() override {
    Trainings last(folder_.rules());
    const JsonValue list = parse_json(dump_json(last.list()));
    for (const JsonValue& one : list.at("trainings")) {
      if (one.at("state").text() == "training") last.stop(one.at("id").text());
    }
  }
  std::string start(const std::string& name, const std::string& text = TrainingFolder::kWait) {
    return refusal_of_training([&] { trainings_.start({.name = name}, text); });
  }
  bool await(const std::string& id, const std::string& state) {
    return TrainingFolder::await(trainings_, id, state);
  }
  pid_t process_of(const std::string& id) {
    HeldFolder run(folder_.path("runs/" + id));
    return read_record(run)->process;
  }

  TrainingFolder folder_;
  Trainings trainings_{folder_.rules()};
};

TEST_F(TrainingsTest, StartsSavesResumesAndEnds) {
  const Json started =
      trainings_.start({.name = "it's", .minutes = 5, .settings = {{"cell", "lstm"}}}, kSlowStop);
  EXPECT_EQ(started.at("command").text(),
            "charrnn train 'it'\\''s.txt' '--out=" + folder_.path("runs/it") +
                "'\\''s' --time=5m "
                "--cell=lstm");
  ASSERT_TRUE(await("it's", "training"));
  EXPECT_EQ(folder_.read("it's/called"),
            "train - --out=" + folder_.path("runs/it's") + " --time=5m --cell=lstm --json\n");
  EXPECT_EQ(folder_.read("it's/text.txt"), kSlowStop);
  const int own = getpriority(PRIO_PROCESS, 0);
  EXPECT_EQ(std::stoi(folder_.read("it's/niceness")), std::min(own + 10, 19));
  EXPECT_EQ(refusal_of_training([&] { trainings_.resume("it's", 0); }), "409 - in_training");
  trainings_.stop("it's");
  EXPECT_EQ(TrainingFolder::state(trainings_, "it's"), "stopping");
  trainings_.stop("it's");  // is asked but once
  ASSERT_TRUE(await("it's", "stopped"));
  EXPECT_EQ(refusal_of_training([&] { trainings_.stop("it's"); }), "409 - not_training");
  EXPECT_EQ(TrainingFolder::find(trainings_, "it's").at("resumable"), JsonValue(true));

  std::ofstream(folder_.path("runs/it's/text.txt")) << TrainingFolder::kFinish;
  trainings_.resume("it's", 0);
  ASSERT_TRUE(await("it's", "finished"));
  EXPECT_EQ(folder_.read("it's/called"),
            "train --resume --out=" + folder_.path("runs/it's") + " --json\n");
  EXPECT_EQ(refusal_of_training([&] { trainings_.resume("it's", 0); }), "409 minutes finished");
  trainings_.resume("it's", 1.5);
  ASSERT_TRUE(await("it's", "finished"));
  EXPECT_NE(folder_.read("it's/called").find("--time=90s"), std::string::npos);
}

TEST_F(TrainingsTest, AreFoundAgainByALaterServer) {
  ASSERT_EQ(start("a"), "none");
  ASSERT_TRUE(await("a", "training"));
  Trainings later(folder_.rules());
  EXPECT_EQ(TrainingFolder::state(later, "a"), "training");
  EXPECT_EQ(refusal_of_training([&] { later.start({.name = "b"}, "x"); }),
            "409 - too_many_trainings");
  later.stop("a");
  EXPECT_TRUE(await("a", "stopped"));
}

TEST_F(TrainingsTest, AStrangersProcessIsNeverSignalled) {
  ASSERT_EQ(start("a", TrainingFolder::kFinish), "none");
  ASSERT_TRUE(await("a", "finished"));
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    ::pause();
    ::_exit(0);
  }
  HeldFolder run(folder_.path("runs/a"));
  TrainingRecord record = *read_record(run);
  record.process = stranger;  // as if the number had come to mean another process
  write_record(run, record);
  EXPECT_EQ(TrainingFolder::state(trainings_, "a"), "finished");
  EXPECT_EQ(refusal_of_training([&] { trainings_.stop("a"); }), "409 - not_training");
  // Nor through a log that leads to what the stranger writes.
  fs::remove(folder_.path("runs/a/train.log"));
  fs::create_symlink("/proc/" + std::to_string(stranger) + "/fd/1",
                     folder_.path("runs/a/train.log"));
  EXPECT_EQ(refusal_of_training([&] { trainings_.stop("a"); }), "409 - not_training");
  EXPECT_EQ(::waitpid(stranger, nullptr, WNOHANG), 0) << "it still runs";
  ::kill(stranger, SIGKILL);
  ::waitpid(stranger, nullptr, 0);
}

TEST_F(TrainingsTest, SayHowTheyFailed) {
  ASSERT_EQ(start("bad",
                  "echo hello\necho '{\"error\":{\"code\":\"no_text\",\"message\":\"why "
                  "(/secret/folder/book)\",\"hint\":\"do\"}}' >&2; exit 3\n"),
            "none");
  ASSERT_TRUE(await("bad", "failed"));
  JsonValue one = TrainingFolder::find(trainings_, "bad");
  EXPECT_EQ(one.at("message").text(), "why (book)") << "no folder of this machine";
  EXPECT_EQ(one.at("hint").text(), "do");

  ASSERT_EQ(start("killed"), "none");
  ASSERT_TRUE(await("killed", "training"));
  ::kill(process_of("killed"), SIGKILL);
  ASSERT_TRUE(await("killed", "failed"));
  one = TrainingFolder::find(trainings_, "killed");
  EXPECT_NE(one.at("message").text().find("killed"), std::string::npos);
  EXPECT_EQ(one.at("resumable"), JsonValue(true));

  ASSERT_EQ(start("full", "exit 5\n"), "none");
  ASSERT_TRUE(await("full", "failed"));
  one = TrainingFolder::find(trainings_, "full");
  EXPECT_NE(one.at("message").text().find("disk"), std::string::npos);
}

TEST_F(TrainingsTest, AreLimited) {
  TrainingRules rules = folder_.rules();
  rules.max_text = 100;
  rules.max_runs = 2;
  rules.max_trainings = 2;
  Trainings some(rules);
  const auto start_in = [&some](const std::string& name, const std::string& text) {
    return refusal_of_training([&] { some.start({.name = name}, text); });
  };
  EXPECT_EQ(start_in("a", std::string(101, 'x')), "413 text text_too_long");
  EXPECT_EQ(start_in("a", ""), "400 text out_of_range");
  EXPECT_FALSE(fs::exists(rules.folder));
  EXPECT_EQ(start_in("a", TrainingFolder::kWait), "none");
  EXPECT_EQ(start_in("a", TrainingFolder::kWait), "409 name name_taken");
  EXPECT_EQ(start_in("", TrainingFolder::kWait), "none");
  EXPECT_EQ(start_in("b", TrainingFolder::kWait), "409 - too_many_runs");
  ASSERT_TRUE(TrainingFolder::await(some, "text", "training")) << "the name that was chosen";
  ASSERT_TRUE(TrainingFolder::await(some, "a", "training"));
  some.stop("a");
  ASSERT_TRUE(TrainingFolder::await(some, "a", "stopped"));
  const std::string trashed = some.remove("a");
  EXPECT_EQ(start_in("b", TrainingFolder::kFinish), "none");
  EXPECT_EQ(refusal_of_training([&] { some.restore(trashed); }), "409 - too_many_runs");
}

TEST_F(TrainingsTest, AreNamedByRules) {
  for (const char* name : {"book", "Anna Karenina", "война", "a.b_c-1", "été (2)"}) {
    EXPECT_TRUE(is_run_name(name)) << name;
  }
  for (const std::string name :
       {"", ".", "..", ".hidden", "-o", " a", "a ", "a/b", "../a", "/etc", "a\\b", "a\nb",
        "a\x1b[2J", "\xff", "built-in", "\u202e" /* right to left */}) {
    EXPECT_FALSE(is_run_name(name)) << name;
    if (name.empty()) continue;
    EXPECT_EQ(start(name), "400 name bad_name") << name;
  }
  EXPECT_FALSE(is_run_name(std::string(101, 'a')));
  EXPECT_FALSE(is_run_name(std::string("a\0b", 3)));
}

TEST_F(TrainingsTest, DeletedRunsComeBack) {
  ASSERT_EQ(start("a", TrainingFolder::kFinish), "none");
  ASSERT_TRUE(await("a", "finished"));
  {
    HeldFolder run(folder_.path("runs/a"));
    const FolderLock trained_elsewhere(run);
    EXPECT_EQ(refusal_of_training([&] { trainings_.remove("a"); }), "409 - in_training");
  }
  const std::string trashed = trainings_.remove("a");
  EXPECT_EQ(TrainingFolder::state(trainings_, "a"), "none");
  EXPECT_TRUE(fs::exists(folder_.path("runs/.trash/" + trashed + "/text.txt")));
  const JsonValue list = parse_json(dump_json(trainings_.list()));
  ASSERT_EQ(list.at("trash").size(), 1u);
  EXPECT_EQ(list.at("trash")[0].at("id").text(), trashed);
  EXPECT_EQ(list.at("trash")[0].at("run").text(), "a");
  fs::create_directory(folder_.path("runs/a"));
  EXPECT_EQ(refusal_of_training([&] { trainings_.restore(trashed); }), "409 name name_taken");
  fs::remove(folder_.path("runs/a"));
  EXPECT_EQ(trainings_.restore(trashed), "a");
  EXPECT_EQ(TrainingFolder::state(trainings_, "a"), "finished");
  fs::create_directory(folder_.path("runs/.trash/1-.hidden"));
  EXPECT_EQ(trainings_.list().at("trash").size(), 0u);
  for (const std::string id :
       {"1-.hidden", "1-a", "a", "..", "1-../a", "../a", "1-", "99999999999999999999-a"}) {
    EXPECT_EQ(refusal_of_training([&] { trainings_.restore(id); }), "404 id not_in_trash") << id;
  }
}

TEST_F(TrainingsTest, LinksLeadNowhere) {
  fs::create_directories(folder_.path("runs/photos"));
  fs::create_directory(folder_.path("outside"));
  std::ofstream(folder_.path("outside/config.toml")) << "x";
  fs::create_directory_symlink(folder_.path("outside"), folder_.path("runs/link"));
  for (const char* id : {"link", "photos", "../outside", "..", "", ".trash", "none"}) {
    EXPECT_EQ(refusal_of_training([&] { trainings_.remove(id); }), "404 run model_not_found") << id;
    EXPECT_EQ(refusal_of_training([&] { trainings_.resume(id, 0); }), "404 run model_not_found");
    EXPECT_EQ(refusal_of_training([&] { trainings_.stop(id); }), "404 run model_not_found") << id;
  }
  EXPECT_EQ(start("link"), "409 name name_taken");
  ASSERT_EQ(start("a", TrainingFolder::kFinish), "none");
  ASSERT_TRUE(await("a", "finished"));
  fs::create_directory_symlink(folder_.path("outside"), folder_.path("runs/.trash"));
  EXPECT_EQ(refusal_of_training([&] { trainings_.remove("a"); }).substr(0, 5), "error");
  EXPECT_TRUE(fs::exists(folder_.path("runs/a")));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path("outside")), {}), 1);
  fs::remove(folder_.path("runs/a/train.log"));
  fs::create_symlink(folder_.path("outside/config.toml"), folder_.path("runs/a/train.log"));
  EXPECT_EQ(refusal_of_training([&] { trainings_.resume("a", 1); }).substr(0, 5), "error");
  EXPECT_EQ(fs::file_size(folder_.path("outside/config.toml")), 1u);
}

TEST_F(TrainingsTest, LeaveNothingWhereTheyCannotStart) {
  TrainingRules rules = folder_.rules();
  rules.program = folder_.path("missing");
  Trainings none(rules);
  EXPECT_EQ(refusal_of_training([&] { none.start({.name = "a"}, "x"); }), "error cannot_start");
  EXPECT_FALSE(fs::exists(folder_.path("runs/a")));
}

TEST_F(TrainingsTest, AreForThoseWhoMay) {
  TrainingRules rules = folder_.rules();
  rules.why_not = "not here";
  Trainings none(rules);
  const std::string refused = "403 - training_not_allowed";
  EXPECT_EQ(refusal_of_training([&] { none.start({.name = "a"}, "x"); }), refused);
  EXPECT_EQ(refusal_of_training([&] { none.plan({.name = "a"}); }), refused);
  EXPECT_EQ(refusal_of_training([&] { none.stop("a"); }), refused);
  EXPECT_EQ(refusal_of_training([&] { none.resume("a", 0); }), refused);
  EXPECT_EQ(refusal_of_training([&] { none.remove("a"); }), refused);
  EXPECT_EQ(refusal_of_training([&] { none.restore("1-a"); }), refused);
  EXPECT_EQ(none.list().at("why_not").text(), "not here");
}

}  // namespace
}  // namespace charrnn
