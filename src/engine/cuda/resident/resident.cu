#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/resident/resident.h"

namespace charrnn::cuda {
// In files of their own, each cell's, so that they compile side by side.
template <class Operand, class Cell>
void run_forward(const ForwardLayer<typename Operand::Stored>& layer, const ResidentPlan& plan,
                 cudaStream_t stream);
template <class Operand, class Cell>
void run_backward(const BackwardLayer<typename Operand::Stored>& layer, const ResidentPlan& plan,
                  cudaStream_t stream);

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
