// Work recorded once and queued again with one call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <type_traits>
#include <vector>

#include "engine/cuda/memory/device.h"

namespace charrnn::cuda {

// A graph for each kind of work; the few used last are kept.
class Graphs {
 public:
  using Key = std::vector<int64_t>;  // whatever the recorded calls depend on: sizes, addresses

  // Queues what `work` queues on the stream. The first time for a key it is just called, so that
  // whatever is made when it is first needed (memory, the library's kernels) is made; the second
  // time it is recorded, and check_cuda not allocate or wait.
  template <class Work>
  void run(const Stream& stream, const Key& key, const Work& work) {
    const auto found = graphs_.find(key);
    if (found == graphs_.end()) {
      work();
      remember(key);
      return;
    }
    if (!found->second) {
      begin(stream);
      try {
        work();
      } catch (...) {
        abandon(stream);
        throw;
      }
      found->second = end(stream);
    }
    launch(stream, found->second.get());
  }
  void clear() { graphs_.clear(); }

 private:
  struct Destroy {
    void operator()(cudaGraphExec_t graph) const { cudaGraphExecDestroy(graph); }
  };
  using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, Destroy>;

  void remember(const Key& key);
  static void begin(const Stream& stream);
  static void abandon(const Stream& stream);
  static Graph end(const Stream& stream);
  static void launch(const Stream& stream, cudaGraphExec_t graph);

  std::map<Key, Graph> graphs_;  // null: called once, not recorded yet
};

}  // namespace charrnn::cuda
