#include "serve/trainings/trainings.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/folder_lock.h"
#include "serve/http/api_error.h"
#include "serve/models/run_files.h"

namespace charrnn {
namespace {

// A descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

// The text as a file in memory, which the training reads as its standard input and then keeps in
// its run: it is complete at once, and goes with the process that reads it.
Descriptor text_input(std::string_view text) {
  Descriptor file(::memfd_create("text", MFD_CLOEXEC));
  if (file.get() < 0) throw_io_error(errno, "keep the text", "memory");
  while (!text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_io_error(errno, "keep the text", "memory");
    text.remove_prefix(static_cast<size_t>(count));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

Descriptor open_log(HeldFolder& run) {
  const std::string path = run.path(kTrainLog);
  Descriptor log(run.open(path, O_WRONLY | O_CREAT | O_APPEND, 0666));
  if (log.get() < 0) throw_io_error(-log.get(), "write the file", path);
  struct stat status = {};
  if (::fstat(log.get(), &status) != 0) throw_io_error(errno, "write the file", path);
  must_be_regular(static_cast<int>(status.st_mode), "write the file", path);
  return log;
}

void append_line(const Descriptor& log, const std::string& line, const std::string& path) {
  const std::string whole = line + "\n";
  const ssize_t count = ::write(log.get(), whole.data(), whole.size());
  if (count != static_cast<ssize_t>(whole.size())) {
    throw_io_error(count < 0 ? errno : ENOSPC, "write the file", path);
  }
}

bool has_file(HeldFolder& run, std::string_view name) {
  const int mode = run.mode(run.path(name));
  return mode >= 0 && S_ISREG(mode);
}

ApiError in_training() {
  return {409, "this run is being trained; stop it first", "", "in_training"};
}

std::string reason_of_code(int code) {
  if (code < 0) return "it was killed";
  if (code == 5) return "the disk is full, or the folder cannot be written (exit code 5)";
  return fmt::format("it ended with exit code {}", code);
}

}  // namespace

void Trainings::must_be_allowed() const {
  if (rules_.why_not.empty()) return;
  throw ApiError(403, rules_.why_not, "", "training_not_allowed");
}

std::string Trainings::run_path(const std::string& id) const {
  return rules_.folder + (rules_.folder.ends_with('/') ? "" : "/") + id;
}

// Takes note of the trainings of this server that have ended. They stay zombies until then.
void Trainings::note_ended() {
  for (auto one = started_.begin(); one != started_.end();) {
    int status = 0;
    if (::waitpid(one->first, &status, WNOHANG) == 0) {
      ++one;
      continue;
    }
    codes_[one->second] = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    one = started_.erase(one);
  }
}

Trainings::State Trainings::state_of(const std::string& id, HeldFolder& run) {
  const bool has_settings = has_file(run, "config.toml");
  const auto record = read_record(run);
  State state;
  if (record && TrainerProcess::find(run, record->process)) {
    state.is_running = true;
    state.name = record->is_stopping ? "stopping" : has_settings ? "training" : "starting";
    return state;
  }
  if (is_training({id, RunKind::kRun, run.path(), std::string()})) {
    state.is_running = true;
    state.name = "elsewhere";
    state.message = "another program trains it";
    return state;
  }
  state.name = "unknown";
  note_ended();  // it may have ended just now
  if (record) state = ended_state(id, run, *record);
  state.is_resumable = has_file(run, "checkpoint.safetensors") ||
                       has_file(run, "checkpoint.previous.safetensors") || has_settings;
  return state;
}

Trainings::State Trainings::ended_state(const std::string& id, HeldFolder& run,
                                        const TrainingRecord& record) const {
  const TrainingEnd end = read_end(run, record);
  State state{.name = "failed", .message = end.message, .hint = end.hint};
  if (end.kind == TrainingEnd::Kind::kFinished) state.name = "finished";
  if (end.kind == TrainingEnd::Kind::kStopped) state.name = "stopped";
  if (end.kind != TrainingEnd::Kind::kSilent) return state;
  if (record.is_stopping) return {.name = "stopped"};  // before it had anything to save
  const auto code = codes_.find(id);
  state.message = "the training ended without a word: " +
                  (code != codes_.end() ? reason_of_code(code->second)
                                        : std::string("it was killed, or the machine went off"));
  state.hint = "resume it: it goes on from where it was saved";
  return state;
}

Json Trainings::training_json(const std::string& id, HeldFolder& run) {
  const State state = state_of(id, run);
  const auto record = read_record(run);
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  return {{"id", id},
          {"state", state.name},
          {"resumable", state.is_resumable},
          {"command", text_or_null(record ? record->command : "")},
          {"message", text_or_null(state.message)},
          {"hint", text_or_null(state.hint)}};
}

Json Trainings::list() {
  const bool is_allowed = rules_.why_not.empty();
  Json trainings = Json::array(), trash = Json::array();
  if (is_allowed) {
    const std::lock_guard lock(mutex_);
    note_ended();
    struct stat status = {};
    if (::stat(rules_.folder.c_str(), &status) == 0) {
      ServedFolder folder(rules_.folder, false);
      for (const std::string& id : folder.folders()) {
        try {
          trainings.push_back(training_json(id, *folder.run(id)));
        } catch (const ApiError&) {
          // No run, or gone by now.
        }
      }
      trash = folder.trashed();
    }
  }
  return {{"allowed", is_allowed},
          {"why_not", is_allowed ? Json(nullptr) : Json(rules_.why_not)},
          {"limits",
           {{"text_bytes", rules_.max_text},
            {"runs", rules_.max_runs},
            {"trainings", rules_.max_trainings}}},
          {"trainings", std::move(trainings)},
          {"trash", std::move(trash)}};
}

void Trainings::must_have_place(ServedFolder& folder) const {
  const size_t count = folder.folders().size();
  if (count < static_cast<size_t>(rules_.max_runs)) return;
  throw ApiError(409,
                 fmt::format("there are {} runs already; delete one, or start the server with a "
                             "higher --max-runs",
                             count),
                 "", "too_many_runs");
}

// No more trainings run than may.
void Trainings::must_have_room(ServedFolder& folder) {
  note_ended();
  int running = 0;
  for (const std::string& id : folder.folders()) {
    try {
      running += state_of(id, *folder.run(id)).is_running;
    } catch (const ApiError&) {
      // no run
    }
  }
  if (running < rules_.max_trainings) return;
  throw ApiError(409,
                 rules_.max_trainings == 1
                     ? "another training is running; stop it first, or wait for its end"
                     : fmt::format("{} trainings are running; stop one first", running),
                 "", "too_many_trainings");
}

std::vector<std::string> Trainings::start_words(const TrainingOrder& order) const {
  std::vector<std::string> words = {"train", order.name + ".txt", "--out=" + run_path(order.name)};
  for (auto& more : {order_words(order), rules_.further_words}) {
    words.insert(words.end(), more.begin(), more.end());
  }
  return words;
}

std::string Trainings::shown(const std::vector<std::string>& words) const {
  return fmt::format("{} {}", rules_.called, command_of(words));
}

Json Trainings::plan(const TrainingOrder& order) {
  must_be_allowed();
  check_run_name(order.name);
  struct stat status = {};
  const bool is_free = ::lstat(run_path(order.name).c_str(), &status) != 0;
  return {{"id", order.name}, {"free", is_free}, {"command", shown(start_words(order))}};
}

Json Trainings::start(TrainingOrder order, const std::string& text) {
  must_be_allowed();
  if (!order.name.empty()) check_run_name(order.name);
  if (text.empty()) throw ApiError(400, "the text is empty", "text", "out_of_range");
  if (text.size() > static_cast<size_t>(rules_.max_text)) {
    throw ApiError(413,
                   fmt::format("the text has {} bytes; {} are allowed (--max-text), and `charrnn "
                               "train` takes longer ones",
                               text.size(), rules_.max_text),
                   "text", "text_too_long");
  }
  const std::lock_guard lock(mutex_);
  ServedFolder folder(rules_.folder, true);
  must_have_place(folder);
  must_have_room(folder);
  const auto run = folder.make_run(order.name);
  try {
    const std::string command = launch(order.name, *run, start_words(order), &text);
    return {{"id", order.name}, {"command", command}};
  } catch (...) {
    folder.unmake_run(*run, order.name);
    throw;
  }
}

// Starts the process; words are those of the command that is shown. text: nullptr where the run has
// it. Returns the command.
std::string Trainings::launch(const std::string& id, HeldFolder& run,
                              std::vector<std::string> words, const std::string* text) {
  const Descriptor log = open_log(run);
  struct stat status = {};
  ::fstat(log.get(), &status);
  TrainingRecord record{.command = shown(words), .log_from = status.st_size};
  append_line(log, "$ " + record.command, run.path(kTrainLog));
  if (text != nullptr) words[1] = "-";
  words.insert(words.begin(), "charrnn");
  words.emplace_back("--json");  // so that its end can be read in the log
  const Descriptor input =
      text != nullptr ? text_input(*text) : Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  record.process =
      start_trainer({rules_.program, std::move(words), input.get(), log.get(), rules_.niceness});
  try {
    write_record(run, record);
  } catch (...) {  // without it no later server would find the training
    ::kill(record.process, SIGKILL);
    ::waitpid(record.process, nullptr, 0);
    throw;
  }
  started_[record.process] = id;
  codes_.erase(id);
  return record.command;
}

void Trainings::stop(const std::string& id) {
  must_be_allowed();
  const std::lock_guard lock(mutex_);
  ServedFolder folder(rules_.folder, false);
  const auto run = folder.run(id);
  note_ended();
  const auto record = read_record(*run);
  const auto process = record ? TrainerProcess::find(*run, record->process) : std::nullopt;
  if (process) {
    if (record->is_stopping) return;  // a second signal would end it before it has saved
    TrainingRecord stopping = *record;
    stopping.is_stopping = true;
    if (process->ask_to_stop()) {
      try {
        write_record(*run, stopping);
      } catch (const Error&) {
        // A full disk must not keep a training from being stopped.
      }
      return;
    }
  }
  if (is_training({id, RunKind::kRun, run->path(), std::string()})) {
    throw ApiError(409, "another program trains this run; stop it there", "", "trained_elsewhere");
  }
  throw ApiError(409, "this run is not being trained", "", "not_training");
}

Json Trainings::resume(const std::string& id, double minutes) {
  must_be_allowed();
  const std::lock_guard lock(mutex_);
  ServedFolder folder(rules_.folder, false);
  const auto run = folder.run(id);
  note_ended();
  const State state = state_of(id, *run);
  if (state.is_running) throw in_training();
  if (!state.is_resumable) {
    throw ApiError(409, "nothing of this run was saved; start it anew", "", "nothing_to_resume");
  }
  if (state.name == "finished" && minutes <= 0) {
    throw ApiError(409, "this training has come to its end; give minutes to train it further",
                   "minutes", "finished");
  }
  must_have_room(folder);
  std::vector<std::string> words = {"train", "--resume", "--out=" + run_path(id)};
  for (auto& more : {time_words(minutes), rules_.further_words}) {
    words.insert(words.end(), more.begin(), more.end());
  }
  return {{"id", id}, {"command", launch(id, *run, std::move(words), nullptr)}};
}

std::string Trainings::remove(const std::string& id) {
  must_be_allowed();
  const std::lock_guard lock(mutex_);
  ServedFolder folder(rules_.folder, false);
  const auto run = folder.run(id);
  note_ended();
  if (state_of(id, *run).is_running) throw in_training();
  try {
    const FolderLock lock_of_run(*run);  // no trainer begins while it moves
    return folder.trash(id);
  } catch (const Error& error) {
    if (error.code() == "run_locked") throw in_training();
    throw;
  }
}

std::string Trainings::restore(const std::string& trashed) {
  must_be_allowed();
  const std::lock_guard lock(mutex_);
  ServedFolder folder(rules_.folder, false);
  must_have_place(folder);
  return folder.restore(trashed);
}

}  // namespace charrnn
