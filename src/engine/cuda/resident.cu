#include "engine/cuda/precision.cuh"
#include "engine/cuda/resident.h"

namespace charrnn::cuda {
namespace {

__global__ void do_nothing() {}

// How many clusters of so many blocks run at once, where a block takes all of a multiprocessor.
int clusters_at_once(int blocks, int shared_bytes) {
  const auto* entry = reinterpret_cast<const void*>(do_nothing);
  must(cudaFuncSetAttribute(entry, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes),
       "asking for shared memory");
  must(cudaFuncSetAttribute(entry, cudaFuncAttributeNonPortableClusterSizeAllowed, 1),
       "asking for large clusters");
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim = {static_cast<unsigned>(blocks), 1, 1};
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(blocks);
  config.blockDim = dim3(256);
  config.dynamicSmemBytes = shared_bytes;
  config.attrs = &attribute;
  config.numAttrs = 1;
  int clusters = 0;
  if (cudaOccupancyMaxActiveClusters(&clusters, entry, &config) != cudaSuccess) {
    cudaGetLastError();  // this size can't be had
    return 0;
  }
  return clusters;
}

}  // namespace

// In files of their own, each cell's, so that they compile side by side.
template <class Operand, class Cell>
void run_forward(const ForwardLayer<typename Operand::Stored>& layer, const ResidentPlan& plan,
                 cudaStream_t stream);
template <class Operand, class Cell>
void run_backward(const BackwardLayer<typename Operand::Stored>& layer, const ResidentPlan& plan,
                  cudaStream_t stream);

DeviceSize device_size() {
  int device = 0;
  DeviceSize size;
  must(cudaGetDevice(&device), "finding the GPU");
  must(cudaDeviceGetAttribute(&size.multiprocessors, cudaDevAttrMultiProcessorCount, device),
       "asking for its size");
  must(cudaDeviceGetAttribute(&size.shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
       "asking for its size");
  for (int blocks = 1; blocks <= kMostClusterBlocks; ++blocks) {
    size.clusters[blocks] = clusters_at_once(blocks, size.shared_bytes);
  }
  return size;
}

template <class Stored>
void forward_resident(CellKind cell, const ForwardLayer<Stored>& layer, const ResidentPlan& plan,
                      cudaStream_t stream) {
  with_cell(cell, [&]<class Cell>() { run_forward<OperandOf<Stored>, Cell>(layer, plan, stream); });
}

template <class Stored>
void backward_resident(CellKind cell, const BackwardLayer<Stored>& layer, const ResidentPlan& plan,
                       cudaStream_t stream) {
  with_cell(cell,
            [&]<class Cell>() { run_backward<OperandOf<Stored>, Cell>(layer, plan, stream); });
}

template void forward_resident(CellKind, const ForwardLayer<float>&, const ResidentPlan&,
                               cudaStream_t);
template void forward_resident(CellKind, const ForwardLayer<__nv_bfloat16>&, const ResidentPlan&,
                               cudaStream_t);
template void backward_resident(CellKind, const BackwardLayer<float>&, const ResidentPlan&,
                                cudaStream_t);
template void backward_resident(CellKind, const BackwardLayer<__nv_bfloat16>&, const ResidentPlan&,
                                cudaStream_t);

}  // namespace charrnn::cuda
