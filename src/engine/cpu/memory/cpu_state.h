// The carried state of some streams: [layers][states][streams][units, padded to whole vectors].
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/error.h"
#include "engine/cpu/memory/huge_array.h"
#include "engine/cpu/memory/layout.h"

namespace charrnn::cpu {

class CpuState : public State {
 public:
  CpuState(const Layout& layout, int streams)
      : hidden_size_(layout.config.hidden_size),
        width_(layout.unit_blocks * layout.lanes),
        states_(layout.cell.states),
        planes_(layout.config.layers * layout.cell.states),
        streams_(streams),
        values_(int64_t{planes_} * streams * width_) {}

  int streams() const override { return streams_; }
  void read(std::span<float> values) const override {
    check(static_cast<int64_t>(values.size()) == int64_t{planes_} * streams_ * hidden_size_,
          "a state is read into as many values as it has");
    float* to = values.data();
    for (int row = 0; row < planes_ * streams_; ++row, to += hidden_size_) {
      std::copy_n(&values_[int64_t{row} * width_], hidden_size_, to);
    }
  }
  void write(std::span<const float> values) override {
    check(static_cast<int64_t>(values.size()) == int64_t{planes_} * streams_ * hidden_size_,
          "a state is written from as many values as it has");
    const float* from = values.data();
    for (int row = 0; row < planes_ * streams_; ++row, from += hidden_size_) {
      std::copy_n(from, hidden_size_, &values_[int64_t{row} * width_]);
    }
    changed();
  }
  void clear() override {
    std::fill_n(values_.data(), values_.size(), 0.0f);
    changed();
  }
  void clear_stream(int stream) override {
    for_each_plane([&](float* plane) { std::fill_n(plane + stream * width_, width_, 0.0f); });
    changed();
  }
  void copy_stream(int from, int to) override {
    for_each_plane(
        [&](float* plane) { std::copy_n(plane + from * width_, width_, plane + to * width_); });
    changed();
  }

  // Another number, of all states of the process, whenever values have changed: whoever has kept a
  // copy of them knows by it whether it still is one.
  uint64_t revision() const { return revision_; }
  uint64_t changed() { return revision_ = next_revision(); }

  // State 0 is h. Rows of a plane are width() floats apart. changed() is told by who writes there.
  float* plane(int layer, int state) {
    return &values_[int64_t{layer * states_ + state} * streams_ * width_];
  }
  const float* plane(int layer, int state) const {
    return &values_[int64_t{layer * states_ + state} * streams_ * width_];
  }
  int width() const { return width_; }
  int64_t plane_size() const { return int64_t{streams_} * width_; }

 private:
  static uint64_t next_revision() {
    static std::atomic<uint64_t> last = 0;
    return ++last;
  }
  template <class Action>
  void for_each_plane(const Action& action) {
    for (int i = 0; i < planes_; ++i) action(&values_[i * plane_size()]);
  }

  int hidden_size_, width_, states_, planes_, streams_;
  HugeArray<float> values_;
  uint64_t revision_ = next_revision();
};

}  // namespace charrnn::cpu
