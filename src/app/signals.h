// Ctrl-C and its relatives: the first asks the work to end tidily, a second ends it at once.
#pragma once

namespace charrnn {

// SIGINT, SIGTERM and SIGHUP are noted; SIGPIPE and SIGXFSZ become errors of write().
void install_signal_handlers();

// The signal that asked us to end, or 0.
int requested_signal();

// 128 + signal: 129, 130, 143.
inline int signal_exit_code(int signal) { return 128 + signal; }

}  // namespace charrnn
