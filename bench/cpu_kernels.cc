// Times the CPU engine's matrix kernels on one thread, in per cent of a peak: multiply-adds in
// registers alone, timed directly before and after, so that a changing clock or other programs slow
// both alike. Prints the median and the best tenth of forty bursts of 20 ms.
//   cpu_kernels [ISA …]      default: each that this machine has, the fastest first
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "engine/cpu/kernels/kernels.h"
#include "engine/cpu/memory/huge_array.h"

namespace charrnn::cpu {
namespace {

constexpr int kBursts = 40;
constexpr double kBurstSeconds = 0.02;
constexpr int64_t kPeakRounds = 100000;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class S>
class Bench {
 public:
  explicit Bench(const Isa& isa) : isa_(isa), kernels_(*kernels_of<S>(isa)), lanes_(isa.lanes) {
    MersenneTwister random(3);
    std::vector<float> values(size_t{1} << 16);
    random.fill_uniform(values, -0.05f, 0.05f);
    for (HugeArray<S>* array : {&inputs_, &factors_}) {
      for (int64_t i = 0; i < array->size(); i += std::ssize(values)) {
        kernels_.inference.to_operands(values.data(), std::ssize(values), array->data() + i);
      }
    }
  }

  void run() {
    const bool narrow = sizeof(S) == 2;
    fmt::print("{} {}\n", isa_.name, narrow ? "bf16" : "f32");
    for (const int panels : {1, 8, 32, 128}) product(32, 512, panels);
    product(16, 256, 32);
    for (const int blocks : {3, 12}) {  // the least and the most that the engine does at once
      for (const int inputs : {256, 512}) weight_gradient(64, 32, inputs, blocks);
    }
  }

 private:
  // rows × k times panels of four vectors.
  void product(int rows, int k, int panels) {
    constexpr int kVectors = 4;
    const int blocks = k / lanes_;
    std::vector<int32_t> offset;
    for (int block = 0; block < blocks; ++block) offset.push_back(block * rows * lanes_);
    Product<S> work;
    work.rows = rows;
    work.vectors = panels * kVectors;
    work.panel_vectors = kVectors;
    work.operand.values = inputs_.data();
    work.operand.offset = offset.data();
    work.operand.blocks = work.operand.full_blocks = blocks;
    work.operand.weights = factors_.data();
    work.operand.panel_stride = int64_t{k} * kVectors * lanes_;
    work.out = out_.data();
    work.row_stride = int64_t{1} * work.vectors * lanes_;
    const auto bytes = panels * work.operand.panel_stride * static_cast<int64_t>(sizeof(S));
    time(fmt::format("product of {} rows, {} inputs, {} KB of weights", rows, k, bytes / 1000),
         int64_t{rows} * k * work.vectors * lanes_, [&] { kernels_.product(work); });
  }

  // Of four gates of some blocks of units.
  void weight_gradient(int times, int rows, int inputs, int blocks) {
    constexpr int kGates = 4;
    WeightGradient<S> work;
    work.times = times;
    work.rows = rows;
    work.input = inputs_.data();
    work.inputs = inputs;
    work.input_block_stride = int64_t{rows} * lanes_;
    work.input_time_stride = int64_t{rows} * inputs;
    work.d_sums = factors_.data();
    work.d_sums_row_stride = kGates * lanes_;
    work.d_sums_time_stride = int64_t{rows} * kGates * lanes_;
    std::vector<GradientVector> vectors(blocks * kGates);
    for (int i = 0; i < std::ssize(vectors); ++i) {
      const int block = i / kGates, gate = i % kGates;
      vectors[i].d_sums =
          block * times * work.d_sums_time_stride + int64_t{gate} * lanes_ * kernels_.group;
      vectors[i].weights = out_.data() + (int64_t{block} * inputs * kGates + gate) * lanes_;
      vectors[i].stride = kGates * lanes_;
    }
    work.vector = vectors.data();
    work.vectors = blocks * kGates;
    time(fmt::format("weight gradient of {} rows, {} inputs, {} sums", times * rows, inputs,
                     work.vectors * lanes_),
         int64_t{times} * rows * inputs * work.vectors * lanes_,
         [&] { kernels_.weight_gradient(work); });
  }

  // Multiply-adds a second, in registers alone.
  double peak() const {
    float sink = 0;
    const double start = now();
    const int64_t done = kernels_.multiply_adds(kPeakRounds, &sink);
    return static_cast<double>(done) / (now() - start);
  }

  template <class Action>
  void time(const std::string& name, int64_t multiply_adds, const Action& action) const {
    action();
    std::vector<double> shares, rates;
    for (int burst = 0; burst < kBursts; ++burst) {
      const double before = peak(), start = now();
      int64_t calls = 0;
      for (; now() - start < kBurstSeconds; ++calls) action();
      const double rate = static_cast<double>(calls * multiply_adds) / (now() - start);
      shares.push_back(2 * rate / (before + peak()));
      rates.push_back(rate);
    }
    std::ranges::sort(shares);
    std::ranges::sort(rates);
    fmt::print("  {:48} {:3.0f} %, best tenth {:3.0f} %, {:7.1f} GFLOP/s\n", name,
               100 * shares[kBursts / 2], 100 * shares[kBursts * 9 / 10],
               2e-9 * rates[kBursts / 2]);
  }

  const Isa& isa_;
  const Kernels<S>& kernels_;
  int lanes_;
  HugeArray<S> inputs_ = HugeArray<S>(size_t{1} << 21);   // 64 × 32 rows of 512 inputs, and more
  HugeArray<S> factors_ = HugeArray<S>(size_t{1} << 22);  // 128 panels of 512 × 64 weights
  HugeArray<float> out_ = HugeArray<float>(size_t{1} << 19);
};

void run(const std::vector<std::string>& wanted) {
  bool found = false;
  for (const Isa* isa : built_isas()) {
    if (!isa->available()) continue;
    if (!wanted.empty() && std::ranges::find(wanted, isa->name) == wanted.end()) continue;
    found = true;
    Bench<float>(*isa).run();
    if (isa->bfloat16 != nullptr && !isa->emulates_bf16) Bench<Bf16>(*isa).run();
  }
  if (!found) {
    throw Error(ErrorKind::kUsage, "bad_value", "this machine has none of these instruction sets",
                "say none for all it has");
  }
}

}  // namespace
}  // namespace charrnn::cpu

int main(int count, char** arguments) {
  try {
    charrnn::cpu::run(std::vector<std::string>(arguments + 1, arguments + count));
  } catch (const charrnn::Error& error) {
    fmt::print(stderr, "cpu_kernels: {}\n  {}\n", error.what(), error.hint());
    return static_cast<int>(error.kind());
  }
  return 0;
}
