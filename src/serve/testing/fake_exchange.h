// For tests: an exchange without a connection, which records the reply.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "serve/http/http.h"

namespace charrnn {

class FakeExchange : public Exchange {
 public:
  explicit FakeExchange(Request request = {}) : request_(std::move(request)) {}

  const Request& request() const override { return request_; }
  void respond(Response response) override {
    head = std::move(response);
    body = head.lasting_body.empty() ? head.body : std::string(head.lasting_body);
    ended = true;
  }
  void begin(Response response, Queue) override { head = std::move(response); }
  void write(std::string_view bytes) override { body += bytes; }
  void end() override { ended = true; }
  bool ready() const override { return true; }
  bool gone() const override { return is_gone; }
  void on_gone(std::function<void()> action) override { actions_.push_back(std::move(action)); }

  // As if the client disconnected.
  void disconnect() {
    is_gone = true;
    for (const auto& action : std::exchange(actions_, {})) action();
  }

  Response head;
  std::string body;  // all that was sent
  bool ended = false;
  bool is_gone = false;

 private:
  const Request request_;
  std::vector<std::function<void()>> actions_;
};

}  // namespace charrnn
