// Lets a handler answer a request through the outbox of its connection.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "serve/connections/connection.h"
#include "serve/http/api_error.h"

namespace charrnn {

// Thread-safe. Keeps the connection's outbox alive, not the connection.
class ConnectionExchange : public Exchange {
 public:
  ConnectionExchange(Request request, std::shared_ptr<Outbox> outbox, bool keep_alive,
                     ConnectionHost& host)
      : request_(std::move(request)),
        outbox_(std::move(outbox)),
        keep_alive_(keep_alive),
        counts_(host.counts),
        headers_(host.headers ? host.headers(request_) : std::vector<Header>()) {}

  ~ConnectionExchange() override {
    if (outbox_->finished()) return;
    try {
      respond(error_response(ApiError(500, "the server failed on this request", "", "internal")));
    } catch (...) {
      outbox_->abandon();  // out of memory
    }
  }

  const Request& request() const override { return request_; }

  void respond(Response response) override {
    if (outbox_->gone()) return;
    if (outbox_->begun()) return outbox_->abandon();  // it cannot become another reply
    count(response.status);
    add_headers(response);
    const bool has_body =
        request_.method != "HEAD" && response.status != 204 && response.status != 304;
    const std::string_view lasting = response.lasting_body;
    const size_t size = lasting.empty() ? response.body.size() : lasting.size();
    std::string head =
        response_head(response, static_cast<int64_t>(size), request_.is_http_11, keep_alive_);
    if (!has_body || !lasting.empty()) {
      return outbox_->put(std::move(head), has_body ? lasting : std::string_view(), true);
    }
    response.body.insert(0, head);  // a large body is not copied
    outbox_->put(std::move(response.body), {}, true);
  }

  void begin(Response head, Queue queue) override {
    if (queue == Queue::kUnlimited) outbox_->set_unlimited();
    count(head.status);
    add_headers(head);
    head.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would hold a stream back
    const bool is_head = request_.method == "HEAD";
    if (!is_head && head.type == "text/event-stream") {
      outbox_->set_probe(request_.is_http_11 ? "2\r\n:\n\r\n" : ":\n");  // a comment
    }
    const bool keep = keep_alive_ && request_.is_http_11;
    outbox_->put(response_head(head, -1, request_.is_http_11, keep), {}, is_head);
  }

  void write(std::string_view bytes) override { outbox_->append(bytes, request_.is_http_11); }
  void end() override { outbox_->finish(request_.is_http_11); }
  bool ready() const override { return outbox_->ready(); }
  bool gone() const override { return outbox_->gone(); }
  void on_gone(std::function<void()> action) override { outbox_->on_gone(std::move(action)); }

 private:
  void add_headers(Response& response) const {
    response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
  }

  void count(int status) {
    if (status >= 500) {
      ++counts_.server_errors;
    } else if (status >= 400) {
      ++counts_.client_errors;
    }
  }

  const Request request_;
  const std::shared_ptr<Outbox> outbox_;
  const bool keep_alive_;
  HttpCounts& counts_;
  const std::vector<Header> headers_;  // of every reply
};

}  // namespace charrnn
