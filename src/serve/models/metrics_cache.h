// A least-recently-used cache of run metrics, so that a long file is read once.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "serve/models/metrics_log.h"

namespace charrnn {

class MetricsCache {
 public:
  // Calls action(const MetricsLog&) with the file's current content. A long file blocks only
  // requests for the same file. between: as in MetricsLog.
  template <class Action>
  Json with_log(const RootedPath& file, const std::function<void()>& between, Action&& action) {
    const std::shared_ptr<Entry> entry = find(file.path);
    const std::lock_guard lock(entry->mutex);
    entry->log.update(file, between);
    return action(entry->log);
  }

 private:
  struct Entry {
    std::mutex mutex;
    MetricsLog log;
    uint64_t used = 0;  // under the cache's mutex
  };
  static constexpr size_t kMaxLogs = 8;

  std::shared_ptr<Entry> find(const std::string& path) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Entry>& entry = logs_[path];
    if (!entry) entry = std::make_shared<Entry>();
    entry->used = ++clock_;
    const std::shared_ptr<Entry> found = entry;
    if (logs_.size() > kMaxLogs) {
      logs_.erase(std::min_element(logs_.begin(), logs_.end(), [](const auto& a, const auto& b) {
        return a.second->used < b.second->used;
      }));
    }
    return found;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> logs_;
  uint64_t clock_ = 0;
};

}  // namespace charrnn
