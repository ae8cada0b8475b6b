// The whole server: listens, routes, generates, watches the runs' files.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/factory/make_network.h"
#include "model/file/model_file.h"
#include "serve/connections/http_server.h"
#include "serve/trainings/trainings.h"

namespace charrnn {

struct ServerOptions {
  HttpOptions http;
  std::string path;                 // model file, run folder or folder of runs; empty: none
  std::function<Model()> built_in;  // as ModelRegistry has it
  TrainingRules training;           // what may be trained
  EngineOptions engine;
  std::string api_key;  // empty: none
  bool insecure_no_auth = false;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  int parallel = 64;                            // running texts
  int queue = 64;                               // waiting texts
  int max_models = 4;                           // in memory
  int niceness = 0;                             // of generating, computing and reading long files
  std::function<void(const std::string&)> log;  // prints a line; called from any thread
};

class Server {
 public:
  // Binds and finds what to serve; throws Error (kServer, kIo, kModel).
  explicit Server(ServerOptions options);
  ~Server();

  int port() const;
  size_t listeners() const;  // open event streams, one per page
  void start();
  // Stops accepting and ends the event streams, lets texts and other work finish within `seconds`,
  // then tells what still runs or waits that the server is stopping (503), and stops.
  void stop(double seconds);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Throws Error where no server would start with these hosts, origins and key.
void check_access_options(const ServerOptions& options);

// The limits where trainings are allowed: a request that starts one holds a whole text, and two of
// them have room beside each other.
HttpLimits limits_with_texts(HttpLimits limits, const TrainingRules& training);

// Whether only this machine can reach the address.
bool is_loopback_address(const std::string& host);

}  // namespace charrnn
