// The gradient of a table whose rows were picked by characters: for each character the sum of the
// rows of those times and streams that read it, in the order of time, whatever else runs.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "engine/cuda/memory/device.h"

namespace charrnn::cuda {

class TableGradient {
 public:
  // For up to so many rows of so many columns, picked by ids below `vocabulary`.
  TableGradient() = default;
  TableGradient(int64_t max_rows, int columns, int vocabulary);

  // Sorts ids [count]; needed before add_up, and earlier than it.
  void sort(const int32_t* ids, int64_t count, cudaStream_t stream);

  // Adds up the first `columns` values of each of rows [count][stride], by id, into
  // to [vocabulary][columns].
  template <class Stored>
  void add_up(int64_t count, const Stored* rows, int64_t stride, Stored* to, cudaStream_t stream);

 private:
  int columns_ = 0;
  int vocabulary_ = 0;
  DeviceArray<int32_t> places_;         // 0, 1, …
  DeviceArray<int32_t> sorted_ids_;     // ascending
  DeviceArray<int32_t> sorted_places_;  // of each, ascending where ids are equal
  DeviceArray<char> scratch_;
  DeviceArray<float> run_sums_;  // [chunks + vocabulary][columns]
};

}  // namespace charrnn::cuda
