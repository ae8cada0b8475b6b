// A block of floats, zero at first, aligned to huge pages and asking for them.
#pragma once

#include <cstddef>
#include <memory>

namespace charrnn {

class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(size_t count);

  float* data() { return values_.get(); }
  const float* data() const { return values_.get(); }
  size_t size() const { return size_; }
  void clear();
  // Makes room for `count`; what was in it is lost where it grows.
  void at_least(size_t count);

 private:
  struct Free {
    void operator()(float* values) const;
  };
  std::unique_ptr<float[], Free> values_;
  size_t size_ = 0;
};

}  // namespace charrnn
