// Termination signals: the first requests a clean stop, a second ends the program at once. A signal
// shortly after the first belongs to the same stop, since timeout and others signal the program and
// then its process group.
#pragma once

namespace charrnn {

// SIGINT, SIGTERM and SIGHUP are noted; SIGPIPE and SIGXFSZ become errors of write().
void install_signal_handlers();

// The signal that requested a stop, or 0.
int requested_signal();

// 128 + signal: 129, 130, 143.
inline int signal_exit_code(int signal) { return 128 + signal; }

}  // namespace charrnn
