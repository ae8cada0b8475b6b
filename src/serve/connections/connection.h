// One client connection, on the I/O thread: one request at a time, within limits of size and time,
// each answered before the next is read (so pipelined replies stay in order).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "serve/connections/http_server.h"
#include "serve/connections/outbox.h"
#include "serve/connections/sockets.h"
#include "serve/http/request_parser.h"

namespace charrnn {

// What all connections of a server share.
struct ConnectionHost {
  HttpLimits limits;
  HttpServer::Check check;
  HttpServer::Handler handler;
  HttpServer::Headers headers;  // none: no further ones
  HttpCounts counts;
  int large_bodies = 0;  // of requests that are read or answered
  bool draining = false;
  std::atomic<bool> missed = false;  // some connection could not be told to send what waits
  std::function<void(class Connection*)> closed;
  int64_t unsent = 0;               // bytes that all connections hold to send
  uint64_t parts = 0;               // handed to connections so far
  std::function<void()> make_room;  // closes connections until `unsent` is within its limit
  int64_t bodies = 0;               // bytes of all bodies that are received or worked on
  uint64_t bodies_begun = 0;
  std::map<uint64_t, class Connection*> receiving;  // a body, by the order in which they began
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, std::string address, ConnectionHost& host);

  void start();
  const std::string& address() const { return address_; }
  bool is_idle() const { return !outbox_ && !reading_body_; }
  bool holds() const { return held_ > 0; }
  uint64_t part() const { return part_; }  // number of what it sends: the lower, the longer ago
  void close() noexcept;
  void send_waiting() noexcept {
    guard([this] { flush(); });
  }
  // Sends the response, then closes: for connections over a limit.
  void refuse(const Response& response);

 private:
  // Runs a step of this connection; what it throws closes this connection alone.
  template <class Step>
  void guard(Step&& step) noexcept {
    try {
      step();
    } catch (...) {
      close();
    }
  }

  void read_first_byte();
  void read_head();
  void read_more();
  void on_read(ErrorCode error);
  void parse();
  bool check_head();
  void begin_body();
  void claim_large_body();
  void release_large_body() noexcept;
  void hold_body(size_t bytes) noexcept;
  void make_room_for_bodies();
  void shed();
  void send_continue();
  void dispatch();
  void watch();
  void look();
  void probe();

  void send_refusal(const Response& response);
  void flush();
  void hold(size_t bytes) noexcept;
  void write_some();
  void on_written(ErrorCode error, size_t count);
  void finish_exchange();
  void linger();
  void discard();

  void set_deadline(double seconds);
  void clear_deadline();

  Socket socket_;
  Timer timer_;
  Timer watch_timer_;
  uint64_t deadline_ = 0;  // number of the one in force; 0: none
  uint64_t last_deadline_ = 0;
  bool timed_out_ = false;
  std::string address_;
  ConnectionHost& host_;
  std::string input_;  // what was received and not parsed yet
  std::optional<RequestParser> parser_;
  Request request_;
  std::shared_ptr<Outbox> outbox_;  // of the current reply
  uint64_t exchange_ = 0;           // counts replies
  Outbox::Part out_;
  size_t written_ = 0;
  uint64_t part_ = 0;
  size_t held_ = 0;           // bytes of out_, as counted in the host's `unsent`
  size_t body_held_ = 0;      // bytes of the request's body, as counted in the host's `bodies`
  uint64_t body_number_ = 0;  // in the host's `receiving`
  size_t discarded_ = 0;
  bool reading_body_ = false;
  bool is_large_ = false;  // counts among the host's large bodies
  bool shed_ = false;      // its body has no room: it is to be refused
  bool writing_ = false;
  bool keep_alive_ = false;
  bool is_http_11_ = true;    // the request that is being answered
  bool replying_ = false;     // a part of the reply was sent
  bool half_closed_ = false;  // the client sends no more
  bool probed_ = false;       // … and was sent something to see whether it still reads
  bool lingering_ = false;
  bool open_ = true;
};

// The head of a reply, up to its empty line; length -1: unknown (chunked, or ended by closing).
std::string response_head(const Response& response, int64_t length, bool is_http_11,
                          bool keep_alive);

}  // namespace charrnn
