#include "serve/models/watcher.h"

#include <fmt/core.h>

#include <chrono>

namespace charrnn {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(300);
constexpr int kPingEvery = 50;     // intervals: 15 s
constexpr size_t kMaxLines = 500;  // of one file at a time; more are for a fresh look

}  // namespace

Watcher::Watcher(Library& library, EventLog& events, std::function<void(const std::string&)> log)
    : library_(library), events_(events), log_(std::move(log)) {
  look();  // what is there now is no news
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
      look();
    } catch (const std::exception& error) {
      log_(fmt::format("watching the runs failed: {}", error.what()));
    }
    if (round % kPingEvery == 0) events_.ping();
  }
}

void Watcher::look() {
  const std::vector<RunPlace> places = library_.places();
  look_at_models();
  look_at_lines(places);
  look_at_list(places);
}

void Watcher::look_at_models() {
  for (const Library::Change& change : library_.follow()) {
    if (change.refused.empty()) {
      events_.publish("model", change.id, {{"run", change.id}, {"version", change.version}});
      continue;
    }
    log_(fmt::format("the new model of {} is refused: {}", change.id, change.refused));
    events_.publish("model_refused", change.id, {{"run", change.id}, {"message", change.refused}});
  }
}

void Watcher::look_at_lines(const std::vector<RunPlace>& places) {
  for (const RunPlace& place : places) {
    if (place.folder.empty()) continue;
    Tails& tails = tails_[place.id];
    const auto tell = [&](LineTail& tail, const std::string& path, const char* event,
                          const char* key) {
      std::vector<std::string> lines = tail.read(path);
      if (lines.size() > kMaxLines) lines.erase(lines.begin(), lines.end() - kMaxLines);
      for (const std::string& line : lines) {
        JsonValue json = parse_line(line);
        if (json.is_null()) continue;
        events_.publish(event, place.id, {{"run", place.id}, {key, std::move(json)}});
      }
    };
    tell(tails.metrics, place.metrics(), "metrics", "line");
    tell(tails.samples, place.samples(), "sample", "sample");
  }
}

// Runs that appeared or disappeared, new models, trainings that started or ended.
void Watcher::look_at_list(const std::vector<RunPlace>& places) {
  std::string now;
  for (const RunPlace& place : places) {
    now += fmt::format("{}\n{}{}{}\n", place.id, file_mark(place.model).exists(),
                       !place.folder.empty() && own_file_mark(place.metrics()).exists(),
                       is_training(place));
  }
  if (now == list_) return;
  const bool first = list_.empty();
  list_ = std::move(now);
  if (!first) events_.publish("runs", "", library_.runs_json());
}

}  // namespace charrnn
