#include "app/process/signals.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace charrnn {
namespace {

constexpr int64_t kOneStop = 150'000'000;  // nanoseconds in which signals mean the same stop

std::atomic<int> requested = 0;
std::atomic<int64_t> requested_at = 0;  // nanoseconds of a clock that never stands at 0

void note(int signal) {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  const int64_t now = int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  int64_t first = 0;
  if (requested_at.compare_exchange_strong(first, now)) {
    requested = signal;
  } else if (now - first > kOneStop) {
    _exit(signal_exit_code(signal));
  }
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action = {};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;  // no SA_RESTART: a blocked read() returns, so that Ctrl-C works there too
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction old = {};
    sigaction(signal, nullptr, &old);
    if (old.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);  // nohup stays in force
  }
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
  sigaction(SIGXFSZ, &action, nullptr);
}

int requested_signal() { return requested.load(); }

}  // namespace charrnn
