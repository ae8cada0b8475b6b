// `charrnn serve` as a separate process beside a training, so that neither can harm the other. They
// share files only.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace charrnn {

class ServerProcess {
 public:
  // options: of charrnn serve, such as {"runs", "--port", "0"}. Waits until it listens. If it
  // cannot, throws the server's Error.
  explicit ServerProcess(const std::vector<std::string>& options);
  ~ServerProcess();  // stops it
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& url() const { return url_; }
  // Whether it has ended. Checks at most twice per second, so it may be called at every step.
  bool ended();
  // Asks it to end and waits; kills it after a grace period.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  void read_greeting();
  bool reap(bool wait);

  pid_t process_ = -1;
  int output_ = -1;  // read end of its output
  std::string url_;
  Clock::time_point looked_ = {};
};

}  // namespace charrnn
