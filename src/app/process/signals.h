// Ctrl-C and its relatives: the first asks the work to end tidily, a second ends it at once. What
// comes within a moment of the first is the same stop: timeout and others tell the program and then
// its whole group.
#pragma once

namespace charrnn {

// SIGINT, SIGTERM and SIGHUP are noted; SIGPIPE and SIGXFSZ become errors of write().
void install_signal_handlers();

// The signal that asked us to end, or 0.
int requested_signal();

// 128 + signal: 129, 130, 143.
inline int signal_exit_code(int signal) { return 128 + signal; }

}  // namespace charrnn
