// Server-sent events to all who listen: numbered, the last ones kept for those who come back.
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

  // run: which one it is about; empty: all.
  void publish(std::string_view name, const std::string& run, const Json& data);
  // Answers with the stream. Replays what came after `last_id`; where that can't be done, sends the
  // snapshot.
  void subscribe(const ExchangePtr& exchange, const std::string& run, std::string_view last_id,
                 const std::function<Json()>& snapshot);
  void ping();
  void shut_down();  // says so to all and ends their streams
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

  mutable std::mutex mutex_;
  const std::string start_;  // tells this server's numbers from an earlier one's
  uint64_t next_ = 1;
  std::deque<Event> events_;
  std::list<Listener> listeners_;
  bool closed_ = false;
};

}  // namespace charrnn
