#include "library/network_pool.h"

#include <algorithm>

#include "engine/factory/make_network.h"

namespace charrnn::library {

NetworkPool::NetworkPool(std::shared_ptr<const Model> model, EngineOptions options)
    : model_(std::move(model)), options_(std::move(options)), process_(::getpid()) {}

NetworkPool::~NetworkPool() { forget_those_of_a_parent(); }

// After a fork() the parent's networks are here without their threads: they can be neither used
// nor destroyed.
void NetworkPool::forget_those_of_a_parent() {
  if (process_ == ::getpid()) return;
  process_ = ::getpid();
  for (auto& [device, network] : idle_) static_cast<void>(network.release());
  idle_.clear();
}

NetworkPool::Lease NetworkPool::borrow(const std::shared_ptr<NetworkPool>& pool,
                                       const Workload& workload) {
  EngineOptions options = pool->options_;
  options.workload = workload;
  const Device device = options.device = chosen_device(options);
  {
    const std::lock_guard lock(pool->mutex_);
    pool->forget_those_of_a_parent();
    const auto found =
        std::ranges::find(pool->idle_, device, [](const auto& e) { return e.first; });
    if (found != pool->idle_.end()) {
      std::unique_ptr<Network> network = std::move(found->second);
      pool->idle_.erase(found);
      return {pool, device, std::move(network)};
    }
  }
  auto network = make_network(pool->model_->config(), options);
  network->load_weights(pool->model_->weights);
  return {pool, device, std::move(network)};
}

NetworkPool::Lease::~Lease() {
  if (network_ == nullptr) return;
  if (process_ != ::getpid()) {
    static_cast<void>(network_.release());
    return;
  }
  try {
    const std::lock_guard lock(pool_->mutex_);
    pool_->forget_those_of_a_parent();
    pool_->idle_.emplace_back(device_, std::move(network_));
  } catch (...) {
    // It is not kept, then.
  }
}

}  // namespace charrnn::library
