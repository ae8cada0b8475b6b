// Listens, accepts and does the I/O of all connections on one thread. The handler interprets
// requests.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "serve/http/http.h"

namespace charrnn {

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 8080;  // 0: any free one
  HttpLimits limits;
};

struct HttpCounts {
  std::atomic<int64_t> connections = 0;  // open now
  std::atomic<int64_t> accepted = 0;
  std::atomic<int64_t> refused = 0;  // over a limit
  std::atomic<int64_t> requests = 0;
  std::atomic<int64_t> client_errors = 0;  // replies 400 to 499
  std::atomic<int64_t> server_errors = 0;  // replies 500 to 599
};

class HttpServer {
 public:
  // Examines a request's head before its body is read; returning a response refuses the request.
  // Called on the I/O thread.
  using Check = std::function<std::optional<Response>(const Request&)>;
  // Called on the I/O thread: must hand slow work to another thread.
  using Handler = std::function<void(ExchangePtr)>;

  // Further headers of the reply to a request, a refusal included. (A request whose head could not
  // be read is an empty one.) Called on the I/O thread.
  using Headers = std::function<std::vector<Header>(const Request&)>;

  // Binds; throws Error (kServer). Nothing is accepted before start().
  HttpServer(const HttpOptions& options, Check check, Handler handler, Headers headers = {});
  ~HttpServer();  // stops

  int port() const;
  const HttpCounts& counts() const;
  void start();
  // Stops accepting and closes idle connections.
  void drain();
  // Closes everything and joins the I/O thread. No handler is called afterwards.
  void stop();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace charrnn
