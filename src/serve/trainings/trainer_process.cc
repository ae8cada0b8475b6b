#include "serve/trainings/trainer_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "base/error.h"
#include "serve/models/worker_pool.h"

namespace charrnn {
namespace {

struct SpawnActions {
  SpawnActions() { posix_spawn_file_actions_init(&value); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&value); }
  posix_spawn_file_actions_t value;
};

struct SpawnAttributes {
  SpawnAttributes() { posix_spawnattr_init(&value); }
  ~SpawnAttributes() { posix_spawnattr_destroy(&value); }
  posix_spawnattr_t value;
};

int spawn(const TrainerStart& start, pid_t& process) {
  SpawnActions actions;
  posix_spawn_file_actions_adddup2(&actions.value, start.input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, start.log, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, start.log, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions.value, STDERR_FILENO + 1);
  SpawnAttributes attributes;
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  // A server in the background may ignore these; its trainings must not.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&usual, signal);
  posix_spawnattr_setsigmask(&attributes.value, &none);
  posix_spawnattr_setsigdefault(&attributes.value, &usual);
  posix_spawnattr_setflags(&attributes.value,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> words;
  for (const std::string& word : start.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  return ::posix_spawn(&process, start.program.c_str(), &actions.value, &attributes.value,
                       words.data(), environ);
}

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// Whether what the process writes to is the run's log. Not so of a process that has ended.
bool writes_log(HeldFolder& run, pid_t process) {
  const int log = run.open(run.path(kTrainLog), O_RDONLY, 0);
  if (log < 0) return false;
  struct stat of_log = {}, of_output = {};
  const bool is_known = ::fstat(log, &of_log) == 0 && S_ISREG(of_log.st_mode);
  ::close(log);
  const std::string output = fmt::format("/proc/{}/fd/1", process);
  return is_known && ::stat(output.c_str(), &of_output) == 0 && is_same_file(of_log, of_output);
}

}  // namespace

pid_t start_trainer(const TrainerStart& start) {
  pid_t process = -1;
  int error_number = 0;
  // A process inherits the niceness of the thread that starts it, and a thread cannot lower its own
  // again: so this one is for nothing else.
  std::thread([&] {
    add_niceness(start.niceness);
    error_number = spawn(start, process);
  }).join();
  if (error_number != 0) {
    throw Error(ErrorKind::kLimit, "cannot_start",
                fmt::format("cannot start the training: {}", ::strerror(error_number)),
                "try again when less is running");
  }
  return process;
}

std::optional<TrainerProcess> TrainerProcess::find(HeldFolder& run, pid_t process) {
  if (process <= 0) return std::nullopt;
  // First the descriptor, then the look: it is of the process that was looked at, or of one that
  // ended before.
  TrainerProcess found(process, static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (found.descriptor_ < 0 && errno != ENOSYS) return std::nullopt;
  if (!writes_log(run, process)) return std::nullopt;
  return found;
}

TrainerProcess::TrainerProcess(TrainerProcess&& other) noexcept
    : process_(other.process_), descriptor_(std::exchange(other.descriptor_, -1)) {}

TrainerProcess::~TrainerProcess() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool TrainerProcess::ask_to_stop() const {
  // Kernels before Linux 5.3 have no pidfd: there the process id has to do.
  if (descriptor_ < 0) return ::kill(process_, SIGINT) == 0;
  return ::syscall(SYS_pidfd_send_signal, descriptor_, SIGINT, nullptr, 0) == 0;
}

}  // namespace charrnn
