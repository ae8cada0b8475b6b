#include "serve/http/event_log.h"

#include <fmt/core.h>

#include <charconv>
#include <chrono>

namespace charrnn {

EventLog::EventLog()
    : start_(fmt::format("{:x}", std::chrono::system_clock::now().time_since_epoch().count())) {}

bool EventLog::wants(const Listener& listener, const std::string& run) {
  return run.empty() || listener.run.empty() || listener.run == run;
}

std::string EventLog::event_text(std::string_view name, uint64_t number, const Json& data) const {
  return fmt::format("id: {}-{}\nevent: {}\ndata: {}\n\n", start_, number, name, dump_json(data));
}

void EventLog::publish(std::string_view name, const std::string& run, const Json& data) {
  const std::lock_guard lock(mutex_);
  const uint64_t number = next_++;
  events_.push_back({number, run, event_text(name, number, data)});
  bytes_ += events_.back().text.size();
  while (events_.size() > kKept || (bytes_ > kKeptBytes && events_.size() > 1)) {
    bytes_ -= events_.front().text.size();
    events_.pop_front();
  }
  listeners_.remove_if([](const Listener& listener) { return listener.exchange->gone(); });
  for (const Listener& listener : listeners_) {
    if (wants(listener, run)) listener.exchange->write(events_.back().text);
  }
}

bool EventLog::can_replay(std::string_view last_id, uint64_t& number) const {
  if (!last_id.starts_with(start_ + "-")) return false;
  const std::string_view digits = last_id.substr(start_.size() + 1);
  const auto end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || rest != end || number >= next_) return false;
  return events_.empty() ? number + 1 == next_ : number + 1 >= events_.front().number;
}

void EventLog::subscribe(const ExchangePtr& exchange, const std::string& run,
                         std::string_view last_id, const std::function<Json()>& snapshot) {
  const Json now = snapshot();
  Response head;
  head.type = "text/event-stream";
  exchange->begin(head, Exchange::Queue::kLimited);
  exchange->write("retry: 2000\n\n");
  {
    const std::lock_guard lock(mutex_);
    uint64_t number = 0;
    const Listener listener{exchange, run};
    if (can_replay(last_id, number)) {
      for (const Event& event : events_) {
        if (event.number > number && wants(listener, event.run)) exchange->write(event.text);
      }
    } else {
      exchange->write(event_text("snapshot", next_ - 1, now));
    }
    if (!closed_) listeners_.push_back(listener);
  }
  exchange->on_gone([this, key = exchange.get()] {
    const std::lock_guard lock(mutex_);
    listeners_.remove_if([key](const Listener& l) { return l.exchange.get() == key; });
  });
}

void EventLog::ping() {
  const std::lock_guard lock(mutex_);
  for (const Listener& listener : listeners_) listener.exchange->write(": ping\n\n");
}

void EventLog::shut_down() {
  std::list<Listener> listeners;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    listeners.swap(listeners_);
  }
  for (const Listener& listener : listeners) {
    listener.exchange->write("event: shutdown\ndata: {}\n\n");
    listener.exchange->end();
  }
}

size_t EventLog::listeners() const {
  const std::lock_guard lock(mutex_);
  return listeners_.size();
}

}  // namespace charrnn
