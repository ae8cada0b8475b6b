// The carried states of some streams, each stream on its own.
#pragma once

#include <vector>

#include "engine/reference/forward.h"

namespace charrnn::reference {

class ReferenceState : public State {
 public:
  ReferenceState(const ModelConfig& config, int streams);

  int streams() const override { return static_cast<int>(of_stream_.size()); }
  void read(std::span<float> values) const override;
  void write(std::span<const float> values) override;
  void clear() override;
  void clear_stream(int stream) override;
  void copy_stream(int from, int to) override;

  StreamState& stream(int stream);
  void round();  // to float32

 private:
  size_t size() const;  // of the host's array

  ModelConfig config_;
  std::vector<StreamState> of_stream_;
};

}  // namespace charrnn::reference
