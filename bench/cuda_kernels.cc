// Times a layer through time on the GPU, by each plan of the resident kernels that fits, and step
// by step:
//   cuda_kernels [CELL-UNITS-STREAMS-PRECISION …]      as in lstm-512-64-bf16
// Microseconds a time, the median of five runs over 256 times; * marks the plan that the engine
// takes. Parameters are random.
#include <cuda_bf16.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/number.h"
#include "base/random.h"
#include "engine/cuda/kernels/stepwise.h"
#include "engine/cuda/memory/graphs.h"
#include "engine/cuda/memory/products.h"
#include "engine/cuda/resident/resident.h"
#include "model/cells/cells.h"

namespace charrnn::cuda {
namespace {

constexpr int kSteps = 256, kRounds = 5;

// Waits for the stream in the order of its work.
class Clock {
 public:
  Clock() {
    check_cuda(cudaEventCreate(&begin_), "making an event");
    check_cuda(cudaEventCreate(&end_), "making an event");
  }
  ~Clock() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  // Microseconds of one of kSteps times.
  template <class Action>
  double time(const Stream& stream, const Action& action) const {
    action();
    std::vector<float> times;
    for (int round = 0; round < kRounds; ++round) {
      check_cuda(cudaEventRecord(begin_, stream), "recording an event");
      action();
      check_cuda(cudaEventRecord(end_, stream), "recording an event");
      check_cuda(cudaEventSynchronize(end_), "running a layer");
      float milliseconds = 0;
      check_cuda(cudaEventElapsedTime(&milliseconds, begin_, end_), "reading an event");
      times.push_back(milliseconds);
    }
    std::ranges::sort(times);
    return 1e3 * static_cast<double>(times[kRounds / 2]) / kSteps;
  }

 private:
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

template <class Stored>
class Bench {
 public:
  Bench(CellKind cell, int hidden, int streams)
      : cell_(cell), layout_({cell, 1, hidden, 64, 96}), device_(device_size()) {
    const size_t rows = size_t{1} * kSteps * streams, units = layout_.hidden;
    const size_t gates = size_t{1} * layout_.gates * units;
    fill(recurrent_, gates * units);
    fill(transposed_, gates * units);
    fill(inputs_, rows * gates);
    fill(d_output_, rows * units);
    hidden_states_ = DeviceArray<Stored>((rows + streams) * units);
    other_states_ = DeviceArray<Stored>((rows + streams) * units * (layout_.states - 1));
    saved_ = DeviceArray<Stored>(rows * layout_.saved * units);
    d_sums_ = DeviceArray<Stored>(rows * layout_.sums * units);
    bias_ = DeviceArray<float>(gates);
    state_ = DeviceArray<float>(size_t{1} * streams * units * layout_.states);
    sums_ = DeviceArray<float>(streams * gates);
    d_states_ = DeviceArray<float>(state_.size());
    parts_ = DeviceArray<float>(size_t{1} * device_.multiprocessors * layout_.sums * units);
    forward_.steps = kSteps;
    forward_.streams = streams;
    forward_.hidden = layout_.hidden;
    forward_.recurrent = recurrent_.data();
    forward_.input_bias = forward_.recurrent_bias = bias_.data();
    forward_.inputs = inputs_.data();
    forward_.state = {state_.data(), streams};
    forward_.hidden_states = hidden_states_.data();
    forward_.other_states = other_states_.data();
    forward_.saved = saved_.data();
    backward_.steps = kSteps;
    backward_.streams = streams;
    backward_.hidden = layout_.hidden;
    backward_.recurrent = recurrent_.data();
    backward_.recurrent_transposed = transposed_.data();
    backward_.hidden_states = hidden_states_.data();
    backward_.other_states = other_states_.data();
    backward_.saved = saved_.data();
    backward_.d_output = d_output_.data();
    backward_.d_sums = d_sums_.data();
    backward_.d_bias_parts = parts_.data();
  }

  void run() {
    const int word_values = sizeof(Stored) == 4 ? 1 : 2;
    const int hidden = layout_.hidden, gates = layout_.gates, streams = forward_.streams;
    each_plan("forward", {hidden, hidden, gates, word_values, streams}, [&](const auto& plan) {
      expect(hidden_states_);
      forward_resident(cell_, forward_, plan, stream_);
    });
    step_by_step("forward", [&] {
      forward_stepwise(cell_, forward_, {sums_.data(), d_states_.data()}, products_, stream_);
    });
    each_plan("back", {hidden, gates * hidden, 1, word_values, streams}, [&](const auto& plan) {
      expect(d_sums_);
      backward_resident(cell_, backward_, plan, stream_);
    });
    step_by_step("back", [&] {
      backward_stepwise(cell_, backward_, {sums_.data(), d_states_.data()}, products_, stream_);
    });
  }

 private:
  static void fill(DeviceArray<Stored>& array, size_t size) {
    MersenneTwister random(3);
    std::vector<float> values(size);
    random.fill_uniform(values, -0.05f, 0.05f);
    const std::vector<Stored> stored(values.begin(), values.end());
    array = DeviceArray<Stored>(size);
    upload(stored.data(), array.data(), array.bytes());
  }
  // The kernels wait for what is not kNothing.
  void expect(const DeviceArray<Stored>& array) const {
    check_cuda(cudaMemsetAsync(array.data(), 0xff, array.bytes(), stream_), "filling memory");
  }
  template <class Action>
  void each_plan(const char* way, const ResidentWork& work, const Action& action) const {
    const auto best = plan_resident(work, device_);
    if (!best) fmt::print("  {:8} no plan fits\n", way);
    for (const ResidentPlan& plan : resident_plans(work, device_)) {
      const double time = clock_.time(stream_, [&] { action(plan); });
      fmt::print("  {:8} {:2} units a block, {:3} blocks a group, {} of {} streams: {:6.2f} us{}\n",
                 way, plan.unit_parts * kPartRows, plan.group_blocks, plan.groups,
                 plan.group_streams, time, plan.unit_parts == best->unit_parts ? " *" : "");
      std::fflush(stdout);
    }
  }

  // As the engine does it: recorded as a graph.
  template <class Action>
  void step_by_step(const char* way, const Action& action) {
    Graphs graphs;
    const double time = clock_.time(stream_, [&] { graphs.run(stream_, {}, action); });
    fmt::print("  {:8} step by step: {:6.2f} us\n", way, time);
    std::fflush(stdout);
  }

  CellKind cell_;
  WeightsLayout layout_;
  DeviceSize device_;
  Stream stream_;
  Products products_ = Products(stream_);
  Clock clock_;
  DeviceArray<Stored> recurrent_, transposed_, inputs_, d_output_;
  DeviceArray<Stored> hidden_states_, other_states_, saved_, d_sums_;
  DeviceArray<float> bias_, state_, parts_, sums_, d_states_;
  ForwardLayer<Stored> forward_;
  BackwardLayer<Stored> backward_;
};

void run(const std::string& work) {
  std::istringstream words(work);
  std::string cell, hidden, streams, precision;
  std::getline(words, cell, '-');
  std::getline(words, hidden, '-');
  std::getline(words, streams, '-');
  std::getline(words, precision);
  const auto traits = std::ranges::find(kCells, cell, &CellTraits::name);
  if (traits == kCells.end() || (precision != "bf16" && precision != "f32")) {
    throw Error(ErrorKind::kUsage, "bad_value", fmt::format("'{}' is no work", work),
                "say a cell, units, streams and a precision, as in lstm-512-64-bf16");
  }
  const auto number = [](const std::string& text, const char* what) {
    return static_cast<int>(parse_integer(text, what, {1, 1 << 14}));
  };
  const int units = number(hidden, "UNITS"), many = number(streams, "STREAMS");
  fmt::print("{}\n", work);
  if (precision == "bf16") {
    Bench<__nv_bfloat16>(traits->kind, units, many).run();
  } else {
    Bench<float>(traits->kind, units, many).run();
  }
}

}  // namespace
}  // namespace charrnn::cuda

int main(int count, char** arguments) {
  std::vector<std::string> works(arguments + 1, arguments + count);
  if (works.empty()) {
    works = {"lstm-512-16-bf16", "lstm-512-64-bf16",  "lstm-512-128-bf16", "lstm-768-16-bf16",
             "lstm-768-64-bf16", "lstm-768-128-bf16", "lstm-1024-64-bf16", "gru-256-64-bf16",
             "lstm-128-64-bf16", "rnn-256-64-f32",    "lstm-512-64-f32",   "lstm-768-16-f32",
             "lstm-768-64-f32"};
  }
  try {
    for (const std::string& work : works) charrnn::cuda::run(work);
  } catch (const charrnn::Error& error) {
    fmt::print(stderr, "cuda_kernels: {}\n  {}\n", error.what(), error.hint());
    return static_cast<int>(error.kind());
  }
  return 0;
}
