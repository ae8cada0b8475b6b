#include "app/process/server_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json.h"

namespace charrnn {
namespace {

// How much nicer the server's computation is than its answers and the training: training goes
// first. Short requests keep their priority, or they would wait for many milliseconds.
constexpr const char* kNiceness = "10";
constexpr auto kLookEvery = std::chrono::milliseconds(500);
constexpr auto kServerGrace = std::chrono::seconds(7);  // the server's own is 5
constexpr size_t kLongestGreeting = 1 << 16;

// Between fork() and execv() only system calls: other threads may have held any lock.
[[noreturn]] void become_server(char* const* words, int output) {
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv("/proc/self/exe", words);
  ::_exit(127);
}

Error error_of(const std::string& line) {
  try {
    const JsonValue error = parse_json(line).at("error");
    return Error(ErrorKind::kServer, error.at("code").get<std::string>(),
                 error.at("message").get<std::string>(), error.at("hint").get<std::string>());
  } catch (const std::exception&) {
    return Error(ErrorKind::kServer, "server_ended",
                 fmt::format("the server of --serve ended at once: {}", line),
                 "train without --serve, and start charrnn serve beside it");
  }
}

}  // namespace

ServerProcess::ServerProcess(const std::vector<std::string>& options) {
  std::vector<std::string> words = {"charrnn", "serve", "--json", "--quiet"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--niceness", kNiceness});
  words.push_back("--pid");
  words.push_back(std::to_string(::getpid()));
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_io_error(errno, "make a pipe", "--serve");
  process_ = ::fork();
  if (process_ == 0) become_server(pointers.data(), ends[1]);
  const int error_number = errno;
  ::close(ends[1]);
  output_ = ends[0];
  if (process_ < 0) {
    ::close(output_);
    throw_io_error(error_number, "start a process", "--serve");
  }
  try {
    read_greeting();
  } catch (...) {
    stop();
    ::close(output_);
    throw;
  }
}

ServerProcess::~ServerProcess() {
  stop();
  ::close(output_);
}

// One line: where it listens, or why it doesn't.
void ServerProcess::read_greeting() {
  std::string line;
  char byte = 0;
  while (line.size() < kLongestGreeting) {
    const ssize_t count = ::read(output_, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || byte == '\n') break;
    line += byte;
  }
  try {
    url_ = parse_json(line).at("url").get<std::string>();
  } catch (const std::exception&) {
    throw error_of(line);
  }
}

// Whether it has ended, and has been reaped.
bool ServerProcess::reap(bool wait) {
  if (process_ < 0) return true;
  int status = 0;
  pid_t result = 0;
  do result = ::waitpid(process_, &status, wait ? 0 : WNOHANG);
  while (result < 0 && errno == EINTR);
  if (result == 0) return false;
  process_ = -1;
  return true;
}

bool ServerProcess::ended() {
  if (process_ < 0) return true;
  const Clock::time_point now = Clock::now();
  if (now - looked_ < kLookEvery) return false;
  looked_ = now;
  return reap(false);
}

void ServerProcess::stop() {
  if (reap(false)) return;
  ::kill(process_, SIGTERM);
  const Clock::time_point end = Clock::now() + kServerGrace;
  while (Clock::now() < end) {
    if (reap(false)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(process_, SIGKILL);
  reap(true);
}

}  // namespace charrnn
