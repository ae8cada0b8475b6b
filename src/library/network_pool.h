// The networks of one model: several calls may be under way at a time, and each needs one to
// itself. One that is given back is used again, so a short call does not pack the weights anew.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/engine_options.h"
#include "engine/network.h"
#include "model/file/model_file.h"

namespace charrnn::library {

class NetworkPool {
 public:
  // What lets a network be borrowed until it is destroyed.
  class Lease {
   public:
    Lease(std::shared_ptr<NetworkPool> pool, Device device, std::unique_ptr<Network> network)
        : pool_(std::move(pool)), device_(device), network_(std::move(network)) {}
    ~Lease();
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    Network& operator*() const { return *network_; }

   private:
    std::shared_ptr<NetworkPool> pool_;
    Device device_;
    std::unique_ptr<Network> network_;
    pid_t process_ = ::getpid();
  };

  NetworkPool(std::shared_ptr<const Model> model, EngineOptions options);
  ~NetworkPool();

  // A network with the model's weights, on the device that the workload asks for.
  static Lease borrow(const std::shared_ptr<NetworkPool>& pool, const Workload& workload);

 private:
  void forget_those_of_a_parent();

  std::shared_ptr<const Model> model_;
  EngineOptions options_;
  std::mutex mutex_;
  std::vector<std::pair<Device, std::unique_ptr<Network>>> idle_;
  pid_t process_;  // whose threads the idle ones have
};

}  // namespace charrnn::library
