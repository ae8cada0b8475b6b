// What a run's folder tells about its training: training.json, written by the server that started
// it, and train.log, written by the training itself.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/files/held_folder.h"

namespace charrnn {

struct TrainingRecord {
  pid_t process = 0;
  std::string command;       // as one would type it
  int64_t log_from = 0;      // the byte of the log at which it began
  bool is_stopping = false;  // it was asked to stop
};

// Nothing where there is none, or none that can be read.
std::optional<TrainingRecord> read_record(HeldFolder& run);
void write_record(HeldFolder& run, const TrainingRecord& record);  // throws Error (kIo)

// How a training that runs no more has ended, as its log tells.
struct TrainingEnd {
  enum class Kind {
    kFinished,
    kStopped,  // by a signal, after saving
    kFailed,   // message and hint say why
    kSilent,   // it said nothing: it was killed, or the machine went off
  };
  Kind kind = Kind::kSilent;
  std::string message;
  std::string hint;
};

TrainingEnd read_end(HeldFolder& run, const TrainingRecord& record);

}  // namespace charrnn
