// Polls the runs' files and publishes new metrics, samples and models.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "serve/http/event_log.h"
#include "serve/models/metrics_log.h"
#include "serve/models/model_registry.h"

namespace charrnn {

class Watcher {
 public:
  Watcher(ModelRegistry& registry, EventLog& events, std::function<void(const std::string&)> log);
  ~Watcher();
  void stop();

 private:
  struct Tails {
    LineTail metrics;
    LineTail samples;
  };
  void run();
  void ping();
  void tell_failure(const std::exception& failure) noexcept;
  void poll();
  void poll_models();
  void poll_lines(const std::vector<RunLocation>& locations);
  void poll_list(const std::vector<RunLocation>& locations);

  ModelRegistry& registry_;
  EventLog& events_;
  const std::function<void(const std::string&)> log_;
  std::map<std::string, Tails> tails_;
  std::optional<std::string> list_;  // the list of runs last published
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace charrnn
