// Broadcasts numbered server-sent events and keeps the last ones for clients that reconnect.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>

#include "serve/http/http.h"
#include "serve/http/json.h"

namespace charrnn {

class EventLog {
 public:
  EventLog();

  // run: the run it concerns; empty: all.
  void publish(std::string_view name, const std::string& run, const Json& data);
  // Replies with the event stream: replays events after `last_id`, or sends the snapshot if that is
  // not possible.
  void subscribe(const ExchangePtr& exchange, const std::string& run, std::string_view last_id,
                 const std::function<Json()>& snapshot);
  void ping();
  void shut_down();  // sends a last event to all and ends their streams
  size_t listeners() const;

 private:
  struct Event {
    uint64_t number;
    std::string run;
    std::string text;
  };
  struct Listener {
    ExchangePtr exchange;
    std::string run;
  };
  static bool wants(const Listener& listener, const std::string& run);
  std::string event_text(std::string_view name, uint64_t number, const Json& data) const;
  bool can_replay(std::string_view last_id, uint64_t& number) const;

  static constexpr size_t kKept = 2000;
  static constexpr size_t kKeptBytes = 16 << 20;

  mutable std::mutex mutex_;
  const std::string start_;  // distinguishes event ids from those of an earlier server
  uint64_t next_ = 1;
  std::deque<Event> events_;
  size_t bytes_ = 0;  // of their texts
  std::list<Listener> listeners_;
  bool closed_ = false;
};

}  // namespace charrnn
