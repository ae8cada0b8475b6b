// The page beside a training: `charrnn serve` as a process of its own, so that neither harms the
// other. They share files alone.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace charrnn {

class ServerProcess {
 public:
  // options: of charrnn serve, such as {"runs", "--port", "0"}. Waits until it listens. Throws the
  // Error that the server ends with where it cannot.
  explicit ServerProcess(const std::vector<std::string>& options);
  ~ServerProcess();  // stops it
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& url() const { return url_; }
  // Whether it has ended. Looks twice a second at most, so that it may be asked at every step.
  bool ended();
  // Asks it to end and waits; after its grace it is killed.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  void read_greeting();
  bool reap(bool wait);

  pid_t process_ = -1;
  int output_ = -1;  // what it says comes from here
  std::string url_;
  Clock::time_point looked_ = {};
};

}  // namespace charrnn
