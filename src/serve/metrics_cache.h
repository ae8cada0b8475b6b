// The metrics of the runs looked at last, so that a long file is read once.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>

#include "serve/metrics_log.h"

namespace charrnn {

class MetricsCache {
 public:
  // Calls action(const MetricsLog&) with what the file holds now.
  template <class Action>
  Json with_log(const std::string& path, Action&& action) {
    const std::lock_guard lock(mutex_);
    Entry& entry = logs_[path];
    entry.used = ++clock_;
    entry.log.update(path);
    Json json = action(entry.log);
    if (logs_.size() > kMostLogs) {
      logs_.erase(std::min_element(logs_.begin(), logs_.end(), [](const auto& a, const auto& b) {
        return a.second.used < b.second.used;
      }));
    }
    return json;
  }

 private:
  struct Entry {
    MetricsLog log;
    uint64_t used = 0;
  };
  static constexpr size_t kMostLogs = 8;

  std::mutex mutex_;
  std::map<std::string, Entry> logs_;
  uint64_t clock_ = 0;
};

}  // namespace charrnn
