// HTTP as the rest of the server sees it: plain values, and an exchange of one request and its
// reply. The HTTP library is hidden in connection.cc and http_server.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace charrnn {

using Header = std::pair<std::string, std::string>;

struct Request {
  std::string method;
  std::string target;             // as it was sent
  std::vector<std::string> path;  // its segments, percent-decoded, without a final slash
  std::vector<Header> query;      // decoded, in order
  std::vector<Header> headers;    // names in lower case, in order
  std::string body;
  std::string address;     // of the client
  bool is_http_11 = true;  // else 1.0
  bool has_length = false;

  // The first of this name (lower case), or empty.
  std::string_view header(std::string_view name) const;
  int count_headers(std::string_view name) const;
  std::string_view query_value(std::string_view name) const;
};

// Fills path and query from the target; one with a scheme and a host also replaces the Host header.
// False for a malformed escape or a NUL.
bool parse_target(std::string_view target, Request& request);

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::vector<Header> headers;
  std::string body;
  // Used in place of `body` where set: bytes that live as long as the program.
  std::string_view lasting_body;
};

std::string_view status_text(int status);

// Limits of size and time of connections and requests.
struct HttpLimits {
  int request_line = 8 << 10;  // bytes
  int headers = 16 << 10;      // bytes
  int header_count = 100;
  int body = 1 << 20;  // bytes
  // A path whose bodies may be larger, and how many of these may be under way at once.
  std::string large_path;
  int large_body = 0;  // bytes
  int large_bodies = 4;
  double header_time = 10;  // seconds in all, from the first byte (of a connection: from accept)
  double body_time = 30;    // seconds in all
  double idle_time = 60;    // between requests
  double stall_time = 30;   // without the client reading a byte
  int connections = 4096;
  int connections_per_address = 256;  // loopback is exempt
  int stream_queue = 256 << 10;       // bytes waiting for one client
  int64_t unsent = int64_t{1} << 30;  // bytes of replies that clients have not taken yet, together
  // Bytes of bodies that are received or worked on, together. At least one of each kind.
  int64_t bodies = int64_t{256} << 20;
};

// One request and its reply: respond() once, or begin(), write()…, end(). Thread-safe. Dropped
// without a reply, it answers 500.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  virtual void respond(Response response) = 0;

  // A stream: the head, then parts as they are produced. A client whose backlog exceeds the limit
  // is dropped; kUnlimited is for producers that observe ready() and have a limit of their own.
  enum class Queue { kLimited, kUnlimited };
  virtual void begin(Response head, Queue queue) = 0;
  virtual void write(std::string_view bytes) = 0;
  virtual void end() = 0;

  // False while much data is in flight: a producer that waits for true can send more at once.
  virtual bool ready() const = 0;
  virtual bool gone() const = 0;
  // Calls `action` once when the client disconnects before the end, immediately if it already has.
  virtual void on_gone(std::function<void()> action) = 0;
};

using ExchangePtr = std::shared_ptr<Exchange>;

}  // namespace charrnn
