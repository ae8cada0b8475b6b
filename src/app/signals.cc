#include "app/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace charrnn {
namespace {

std::atomic<int> requested = 0;

void note(int signal) {
  int none = 0;
  if (!requested.compare_exchange_strong(none, signal)) _exit(signal_exit_code(signal));
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
