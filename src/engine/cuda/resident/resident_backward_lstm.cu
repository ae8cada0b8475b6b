#include "engine/cuda/resident/resident_backward.cuh"

namespace charrnn::cuda {

template void run_backward<Float32, Lstm>(const BackwardLayer<float>&, const ResidentPlan&,
                                          cudaStream_t);
template void run_backward<Bf16, Lstm>(const BackwardLayer<__nv_bfloat16>&, const ResidentPlan&,
                                       cudaStream_t);

}  // namespace charrnn::cuda
