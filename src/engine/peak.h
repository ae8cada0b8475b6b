// What this machine can do at most, measured: the limits that speeds are compared with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine_options.h"

namespace charrnn {

struct Peak {
  std::string isa;
  int threads = 1;
  double flops =
      0;  // a second, of all threads together: fused multiply-adds in registers, counted as two
  struct Bandwidth {
    std::string level;            // "L1", "L2", "L3", "memory"
    int64_t bytes = 0;            // the block that one thread read again and again
    double bytes_per_second = 0;  // of one thread
  };
  std::vector<Bandwidth> bandwidths;  // from the nearest level to the farthest

  // Of one thread over weights of this many bytes: the nearest level that holds them.
  double bandwidth(int64_t bytes) const;
};

// options: precision, isa and threads as an engine would be made with. Takes about a fifth of a
// second for the arithmetic alone, half a second with the bandwidths.
Peak measure_peak(const EngineOptions& options, bool with_bandwidths);

}  // namespace charrnn
