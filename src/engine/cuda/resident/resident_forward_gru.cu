#include "engine/cuda/resident/resident_forward.cuh"

namespace charrnn::cuda {

template void run_forward<Float32, Gru>(const ForwardLayer<float>&, const ResidentPlan&,
                                        cudaStream_t);
template void run_forward<Bf16, Gru>(const ForwardLayer<__nv_bfloat16>&, const ResidentPlan&,
                                     cudaStream_t);

}  // namespace charrnn::cuda
