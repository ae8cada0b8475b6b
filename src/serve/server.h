// The whole server: listens, routes, generates, watches the runs' files.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/factory/make_engine.h"
#include "model/file/model_file.h"
#include "serve/http/http_server.h"

namespace charrnn {

struct ServerOptions {
  HttpOptions http;
  std::string path;               // model file, run folder or folder of runs; empty: none
  std::optional<Model> built_in;  // served as "built-in"
  EngineOptions engine;
  std::string api_key;  // empty: none
  bool insecure_no_auth = false;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  int parallel = 64;                            // texts under way at once
  int queue = 64;                               // texts that may wait
  int max_models = 4;                           // in memory
  int niceness = 0;                             // of generating, computing and reading long files
  std::function<void(const std::string&)> log;  // a line for the person at the terminal; any thread
};

class Server {
 public:
  // Binds and finds what to serve; throws Error (kServer, kIo, kModel).
  explicit Server(ServerOptions options);
  ~Server();

  int port() const;
  size_t listeners() const;  // streams of events open: pages that look
  void start();
  // Accepts no more, lets texts end for at most `seconds`, says goodbye to streams, stops.
  void stop(double seconds);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether only this machine can reach the address.
bool is_loopback_address(const std::string& host);

}  // namespace charrnn
