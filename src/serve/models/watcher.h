// Polls the runs' files and publishes new metrics, samples and models.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "serve/http/event_log.h"
#include "serve/models/library.h"
#include "serve/models/metrics_log.h"

namespace charrnn {

class Watcher {
 public:
  Watcher(Library& library, EventLog& events, std::function<void(const std::string&)> log);
  ~Watcher();
  void stop();

 private:
  struct Tails {
    LineTail metrics{false};
    LineTail samples{false};
  };
  void run();
  void look();
  void look_at_models();
  void look_at_lines(const std::vector<RunPlace>& places);
  void look_at_list(const std::vector<RunPlace>& places);

  Library& library_;
  EventLog& events_;
  const std::function<void(const std::string&)> log_;
  std::map<std::string, Tails> tails_;
  std::string list_;  // the list of runs last published
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace charrnn
