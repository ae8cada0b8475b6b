#include "engine/cuda/kernels/output_dropout.h"
#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/memory/threads.cuh"
#include "model/dropout.h"

namespace charrnn::cuda {
namespace {

// A thread takes eight units of a row: the row's key costs more than they do.
constexpr int kUnitsAThread = 8;

template <class Stored>
__global__ void drop(DroppedOutputs outputs, const StepValues* step, const Stored* from,
                     Stored* to) {
  const uint32_t threshold = outputs.last_layer ? step->before_output : step->between_layers;
  const float scale = outputs.last_layer ? step->before_output_scale : step->between_layers_scale;
  const int parts = outputs.hidden / kUnitsAThread;
  const int64_t count = int64_t{outputs.steps} * outputs.streams * parts;
  for (int64_t i = first_index(); i < count; i += index_stride()) {
    const int64_t row = i / parts;
    const int first = static_cast<int>(i % parts) * kUnitsAThread;
    const int time = outputs.first_time + static_cast<int>(row / outputs.streams);
    const int of_stream = static_cast<int>(row % outputs.streams);
    const uint64_t key =
        dropout_key(step->seed, step->step, outputs.layer, outputs.locked ? 0 : time, of_stream);
    const int64_t place = row * outputs.hidden + first;
    for (int unit = 0; unit < kUnitsAThread; ++unit) {
      const bool dropped = counter_bits(key, first + unit) < threshold;
      const float value = OperandOf<Stored>::to_float(from[place + unit]);
      to[place + unit] = OperandOf<Stored>::from_float(dropped ? 0 : value * scale);
    }
  }
}

}  // namespace

template <class Stored>
void drop_outputs(const DroppedOutputs& outputs, const StepValues* step, const Stored* from,
                  Stored* to, cudaStream_t stream) {
  const int64_t threads = int64_t{outputs.steps} * outputs.streams * outputs.hidden / kUnitsAThread;
  drop<<<blocks_for(threads), kBlock, 0, stream>>>(outputs, step, from, to);
  check_cuda(cudaGetLastError(), "dropping outputs");
}

template void drop_outputs(const DroppedOutputs&, const StepValues*, const float*, float*,
                           cudaStream_t);
template void drop_outputs(const DroppedOutputs&, const StepValues*, const __nv_bfloat16*,
                           __nv_bfloat16*, cudaStream_t);

}  // namespace charrnn::cuda
