// The trainings in a folder of runs, steered by requests. What it knows is in the folder, so a
// server that comes later goes on where this one was. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "serve/trainings/served_folder.h"
#include "serve/trainings/trainer_process.h"
#include "serve/trainings/training_order.h"
#include "serve/trainings/training_record.h"

namespace charrnn {

struct TrainingRules {
  std::string why_not = "this server starts no trainings";  // empty: it does
  std::string folder;                                       // of the runs; made with the first one
  std::string called = "charrnn";          // the program, as a word of commands that are shown
  std::string program = "/proc/self/exe";  // … as it is started
  std::vector<std::string> further_words;  // of every training, such as --device=cpu
  int max_text = 16 << 20;                 // bytes
  int max_runs = 1000;                     // in the folder
  int max_trainings = 1;                   // at once
  int niceness = 10;                       // of the trainings
};

class Trainings {
 public:
  explicit Trainings(TrainingRules rules) : rules_(std::move(rules)) {}

  const TrainingRules& rules() const { return rules_; }

  // All throw ApiError: 403 where the rules allow no trainings.

  // {"allowed", "why_not", "limits", "trainings", "trash"}; the last two empty where not allowed.
  Json list();
  // The command that start() would run, and whether the name is free.
  Json plan(const TrainingOrder& order);
  // {"id", "command"}; 400, 409, 413.
  Json start(TrainingOrder order, const std::string& text);
  // Asks it to save and to end. 404, 409.
  void stop(const std::string& id);
  // Goes on where it was saved. minutes 0: to the end that was planned. 404, 409.
  Json resume(const std::string& id, double minutes);
  // To the trash: returns the name there. 404, 409.
  std::string remove(const std::string& id);
  // Back from it: returns the run's id. 404, 409.
  std::string restore(const std::string& trashed);

 private:
  struct State {
    std::string_view name;
    std::string message, hint;
    bool is_running = false;
    bool is_resumable = false;
  };
  State state_of(const std::string& id, HeldFolder& run);
  State ended_state(const std::string& id, HeldFolder& run, const TrainingRecord& record) const;
  Json training_json(const std::string& id, HeldFolder& run);
  void must_be_allowed() const;
  void must_have_place(ServedFolder& folder) const;  // for one more run
  void must_have_room(ServedFolder& folder);         // for one more training
  std::string run_path(const std::string& id) const;
  std::vector<std::string> start_words(const TrainingOrder& order) const;
  std::string shown(const std::vector<std::string>& words) const;
  std::string launch(const std::string& id, HeldFolder& run, std::vector<std::string> words,
                     const std::string* text);
  void note_ended();

  const TrainingRules rules_;
  std::mutex mutex_;                      // guards what follows, and changes of the folder
  std::map<pid_t, std::string> started_;  // by this server, not known to have ended
  std::map<std::string, int> codes_;      // exit codes of those that have; -1: killed
};

}  // namespace charrnn
