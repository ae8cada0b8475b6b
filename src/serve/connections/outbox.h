// Carries the bytes of one reply from the producing thread to the I/O thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace charrnn {

class Outbox {
 public:
  // wake: asks the I/O thread to take(); called with no lock held, and throws nothing.
  Outbox(size_t limit, std::function<void()> wake) : limit_(limit), wake_(std::move(wake)) {}

  // A whole reply, to which the limit does not apply.
  void put(std::string bytes, std::string_view lasting, bool last);
  // A part of a stream. Above the limit the reply is broken and the client dropped.
  void append(std::string_view bytes, bool chunked);
  void set_unlimited();
  void finish(bool chunked);
  // What may be sent between two parts of the stream without a meaning, to see whether its client
  // still reads.
  void set_probe(std::string bytes);
  void probe();
  void abandon() noexcept;  // the reply can't be completed: the connection must close

  bool begun() const;
  bool finished() const;
  bool ready() const;
  bool gone() const;
  void on_gone(std::function<void()> action);

  // By the I/O thread.
  struct Part {
    std::string bytes;
    std::string_view lasting;  // after them
    bool last = false;
    bool broken = false;  // overflowed or abandoned
  };
  Part take();
  void set_gone();

 private:
  void wake(std::unique_lock<std::mutex>& lock) noexcept;

  static constexpr size_t kReady = 16 << 10;

  size_t limit_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::string queue_;
  std::string probe_;
  std::string_view lasting_;
  size_t in_flight_ = 0;
  bool begun_ = false;
  bool finished_ = false;
  bool broken_ = false;
  bool gone_ = false;
  bool woken_ = false;
  std::vector<std::function<void()>> on_gone_;
};

}  // namespace charrnn
