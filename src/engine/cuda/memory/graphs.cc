#include "engine/cuda/memory/graphs.h"

namespace charrnn::cuda {
namespace {

// Training has one or two kinds of step (a batch with borders and one without), sampling one for
// each number of streams.
constexpr size_t kMaxGraphs = 16;

}  // namespace

void Graphs::remember(const Key& key) {
  if (graphs_.size() >= kMaxGraphs) graphs_.clear();
  graphs_[key] = nullptr;
}

void Graphs::begin(const Stream& stream) {
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording a step");
}

void Graphs::abandon(const Stream& stream) {
  cudaGraph_t graph = nullptr;
  cudaStreamEndCapture(stream, &graph);
  if (graph) cudaGraphDestroy(graph);
  cudaGetLastError();  // what ended the recording has been told
}

Graphs::Graph Graphs::end(const Stream& stream) {
  cudaGraph_t graph = nullptr;
  check_cuda(cudaStreamEndCapture(stream, &graph), "recording a step");
  cudaGraphExec_t executable = nullptr;
  const cudaError_t status = cudaGraphInstantiate(&executable, graph, 0);
  cudaGraphDestroy(graph);
  check_cuda(status, "recording a step");
  return Graph(executable);
}

void Graphs::launch(const Stream& stream, cudaGraphExec_t graph) {
  check_cuda(cudaGraphLaunch(graph, stream), "starting a step");
}

}  // namespace charrnn::cuda
