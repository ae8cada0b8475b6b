#include "serve/models/watcher.h"

#include <fmt/core.h>

#include <chrono>

#include "serve/http/api_error.h"

namespace charrnn {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(300);
constexpr int kPingEvery = 50;             // intervals: 15 s
constexpr size_t kLongestLine = 64 << 10;  // bytes of an event; longer ones are for a fresh look

struct Stopped {};  // thrown to leave a file that is being read

}  // namespace

Watcher::Watcher(ModelRegistry& registry, EventLog& events,
                 std::function<void(const std::string&)> log)
    : registry_(registry), events_(events), log_(std::move(log)) {
  poll();  // what is there now is no news
  thread_ = std::thread([this] { run(); });
}

Watcher::~Watcher() { stop(); }

void Watcher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watcher::run() {
  for (int round = 1;; ++round) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, kInterval, [this] { return stopping_; })) return;
    }
    try {
      poll();
    } catch (const Stopped&) {
      return;
    } catch (const std::exception& error) {
      tell_failure(error);
    }
    if (round % kPingEvery == 0) ping();
  }
}

void Watcher::ping() {
  try {
    events_.ping();
  } catch (const std::exception& error) {
    tell_failure(error);
  }
}

void Watcher::tell_failure(const std::exception& failure) noexcept {
  try {
    log_(fmt::format("watching the runs failed: {}", failure.what()));
  } catch (...) {
    // Out of memory.
  }
}

void Watcher::poll() {
  const std::vector<RunLocation> locations = registry_.locations();
  for (const std::string& link : registry_.new_links()) {
    log_(
        fmt::format("left out: {} is a symbolic link, and none that is found in a folder is "
                    "followed; to serve what it leads to, name it itself",
                    link));
  }
  poll_models();
  poll_lines(locations);
  poll_list(locations);
}

void Watcher::poll_models() {
  for (const ModelRegistry::Change& change : registry_.reload_changed()) {
    if (change.refused.empty()) {
      events_.publish("model", change.id, {{"run", change.id}, {"version", change.version}});
      continue;
    }
    log_(fmt::format("the new model of {} is refused: {}", change.id, change.refused));
    events_.publish("model_refused", change.id,
                    {{"run", change.id}, {"message", without_folder(change.refused)}});
  }
}

void Watcher::poll_lines(const std::vector<RunLocation>& locations) {
  const auto between = [this] {
    const std::lock_guard lock(mutex_);
    if (stopping_) throw Stopped();
  };
  for (const RunLocation& location : locations) {
    if (!location.has_folder()) continue;
    Tails& tails = tails_[location.id];
    const auto tell = [&](LineTail& tail, const RootedPath& file, const char* event,
                          const char* key) {
      for (const std::string& line : tail.read(file, between)) {
        if (line.size() > kLongestLine) continue;
        JsonValue json = parse_line(line);
        if (json.is_null()) continue;
        events_.publish(event, location.id, {{"run", location.id}, {key, std::move(json)}});
      }
    };
    tell(tails.metrics, location.metrics(), "metrics", "line");
    tell(tails.samples, location.samples(), "sample", "sample");
  }
}

// Runs that appeared or disappeared, new models, trainings that started or ended.
void Watcher::poll_list(const std::vector<RunLocation>& locations) {
  std::string now;
  for (const RunLocation& location : locations) {
    now += fmt::format("{}\n{}{}{}\n", location.id, file_version(location.model).exists(),
                       location.has_folder() && file_version(location.metrics()).exists(),
                       is_training(location));
  }
  if (now == list_) return;
  const bool first = !list_;
  list_ = std::move(now);
  if (!first) events_.publish("runs", "", registry_.runs_json());
}

}  // namespace charrnn
