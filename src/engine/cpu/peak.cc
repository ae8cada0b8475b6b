#include "engine/peak.h"

#include <algorithm>
#include <chrono>
#include <mutex>

#include "base/error.h"
#include "engine/cpu/cpu_engine.h"
#include "engine/cpu/memory/huge_array.h"

namespace charrnn {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Operations a second of one thread over a twentieth of a second: long enough to stand for what
// work gets on a machine that is shared, short enough to be asked often.
double arithmetic_of_one(const cpu::Isa& isa, Precision precision) {
  constexpr int64_t kRounds = 20000;
  float sink = 0;
  int64_t done = 0;
  const double start = now();
  double elapsed = 0;
  while (elapsed < 0.05) {
    done += precision == Precision::kBfloat16
                ? cpu::kernels_of<cpu::Bf16>(isa)->multiply_adds(kRounds, &sink)
                : cpu::kernels_of<float>(isa)->multiply_adds(kRounds, &sink);
    elapsed = now() - start;
  }
  return 2.0 * static_cast<double>(done) / elapsed;
}

// The best of a few passes: what the memory gives when nobody else asks.
double read_speed(const cpu::Isa& isa, int64_t bytes) {
  cpu::HugeArray<float> block(bytes / 4);
  std::fill_n(block.data(), block.size(), 0.0f);
  const int64_t passes = std::max<int64_t>(1, (int64_t{64} << 20) / bytes);
  double best = 0, sum = 0;
  for (int burst = 0; burst < 6; ++burst) {
    const double start = now();
    for (int64_t pass = 0; pass < passes; ++pass) sum += isa.floats->read(block.data(), bytes / 4);
    best = std::max(best, static_cast<double>(bytes * passes) / (now() - start));
  }
  check(sum == 0, "a block of zeros was read");
  return best;
}

// Beyond the caches of most processors, and less than a training takes: what `bench` needs at most
// is then what its work needs.
constexpr int64_t kMemoryBytes = int64_t{128} << 20;

}  // namespace

double Peak::bandwidth(int64_t bytes) const {
  for (const Bandwidth& level : bandwidths) {
    if (bytes <= 2 * level.bytes) return level.bytes_per_second;
  }
  return bandwidths.empty() ? 0 : bandwidths.back().bytes_per_second;
}

Peak measure_peak(const EngineOptions& options, bool with_bandwidths) {
  const cpu::Isa& isa = cpu::choose_isa(options.isa, options.precision);
  ThreadPool pool(options.threads);
  Peak peak;
  peak.isa = isa.name;
  peak.threads = pool.threads();
  std::mutex mutex;
  // All threads at once: they may share a clock or a core.
  pool.run([&](int) {
    const double flops = arithmetic_of_one(isa, options.precision);
    const std::lock_guard lock(mutex);
    peak.flops += flops;
  });
  if (!with_bandwidths) return peak;
  for (const auto& [level, bytes] : {std::pair{"L1", int64_t{24} << 10},
                                     {"L2", int64_t{512} << 10},
                                     {"L3", int64_t{8} << 20},
                                     {"memory", kMemoryBytes}}) {
    peak.bandwidths.push_back({level, bytes, read_speed(isa, bytes)});
  }
  return peak;
}

}  // namespace charrnn
