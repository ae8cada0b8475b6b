// For tests: a network that can do nothing. A double derives from it and overrides what it is asked
// for; anything else fails a check.
#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "engine/network.h"

namespace charrnn {

class NetworkDouble : public Network {
 public:
  explicit NetworkDouble(const ModelConfig& config) : config_(config) {}

  const ModelConfig& config() const override { return config_; }
  EngineInfo info() const override { return {"double", "", "f64", 1}; }
  void load_weights(const Parameters&) override { refuse(); }
  std::unique_ptr<State> new_state(int) const override {
    refuse();
    return nullptr;
  }
  void advance(std::span<const int32_t>, State&, std::span<float>, std::span<const Hold>) override {
    refuse();
  }
  double evaluate(std::span<const int32_t>, State&, std::span<float>,
                  std::span<const uint8_t>) override {
    refuse();
    return 0;
  }
  void trace(std::span<const int32_t>, State&, Trace&) override { refuse(); }
  std::vector<float> sensitivity(std::span<const int32_t>, int32_t, const ShouldStop&) override {
    refuse();
    return {};
  }

 private:
  static void refuse() { check(false, "a double is asked only for what it does"); }

  ModelConfig config_;
};

}  // namespace charrnn
