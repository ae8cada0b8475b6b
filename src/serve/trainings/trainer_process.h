// The process that trains a run. A server that comes later finds it again: training.json in the
// run's folder has its number, and train.log is what it writes to. A process is taken for the
// trainer only while its standard output is that very file, so no other process is ever signalled,
// whatever the number has come to mean.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/files/held_folder.h"

namespace charrnn {

constexpr std::string_view kTrainLog = "train.log";

struct TrainerStart {
  std::string program;             // the file to run
  std::vector<std::string> words;  // its arguments, its name first
  int input = -1;                  // becomes its standard input
  int log = -1;                    // becomes its standard output and standard error
  int niceness = 0;
};

// In a session of its own, so that no terminal's Ctrl-C reaches it, and with no other descriptor of
// this process. Throws Error (kLimit).
pid_t start_trainer(const TrainerStart& start);

class TrainerProcess {
 public:
  // The process with this number, if it runs and writes this run's log.
  static std::optional<TrainerProcess> find(HeldFolder& run, pid_t process);
  TrainerProcess(TrainerProcess&& other) noexcept;
  TrainerProcess& operator=(TrainerProcess&&) = delete;
  ~TrainerProcess();

  // Asks it to save and to end. False where it has ended already.
  bool ask_to_stop() const;

 private:
  TrainerProcess(pid_t process, int descriptor) : process_(process), descriptor_(descriptor) {}

  pid_t process_;
  int descriptor_;  // pidfd, safe against reuse of the number; -1: the kernel has none
};

}  // namespace charrnn
