#include "serve/connections/outbox.h"

#include <fmt/core.h>

#include <limits>
#include <utility>

namespace charrnn {

void Outbox::wake(std::unique_lock<std::mutex>& lock) noexcept {
  const bool already = std::exchange(woken_, true);
  lock.unlock();
  if (!already) wake_();
}

void Outbox::put(std::string bytes, std::string_view lasting, bool last) {
  std::unique_lock lock(mutex_);
  if (gone_ || finished_) return;
  queue_.empty() ? void(queue_ = std::move(bytes)) : void(queue_ += bytes);
  lasting_ = lasting;
  begun_ = true;
  finished_ = last;
  std::vector<std::function<void()>> dropped;  // destroyed without the lock
  if (last) dropped.swap(on_gone_);
  wake(lock);
}

void Outbox::append(std::string_view bytes, bool chunked) {
  if (bytes.empty()) return;
  std::unique_lock lock(mutex_);
  if (gone_ || finished_ || broken_) return;
  if (chunked) queue_ += fmt::format("{:x}\r\n", bytes.size());
  queue_ += bytes;
  if (chunked) queue_ += "\r\n";
  if (queue_.size() + in_flight_ > limit_) broken_ = true;
  wake(lock);
}

void Outbox::set_unlimited() {
  const std::lock_guard lock(mutex_);
  limit_ = std::numeric_limits<size_t>::max();
}

void Outbox::set_probe(std::string bytes) {
  const std::lock_guard lock(mutex_);
  probe_ = std::move(bytes);
}

void Outbox::probe() {
  std::unique_lock lock(mutex_);
  if (probe_.empty() || gone_ || finished_ || broken_) return;
  queue_ += probe_;
  wake(lock);
}

void Outbox::finish(bool chunked) {
  std::unique_lock lock(mutex_);
  if (gone_ || finished_) return;
  if (chunked) queue_ += "0\r\n\r\n";
  finished_ = true;
  std::vector<std::function<void()>> dropped;
  dropped.swap(on_gone_);
  wake(lock);
}

void Outbox::abandon() noexcept {
  std::unique_lock lock(mutex_);
  if (gone_ || finished_) return;
  broken_ = true;
  wake(lock);
}

bool Outbox::begun() const {
  const std::lock_guard lock(mutex_);
  return begun_;
}

bool Outbox::finished() const {
  const std::lock_guard lock(mutex_);
  return finished_;
}

bool Outbox::ready() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + in_flight_ < kReady;
}

bool Outbox::gone() const {
  const std::lock_guard lock(mutex_);
  return gone_;
}

void Outbox::on_gone(std::function<void()> action) {
  std::unique_lock lock(mutex_);
  if (finished_) return;
  if (!gone_) {
    on_gone_.push_back(std::move(action));
    return;
  }
  lock.unlock();
  action();
}

Outbox::Part Outbox::take() {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  Part part{std::exchange(queue_, {}), std::exchange(lasting_, {}), finished_, broken_};
  in_flight_ = part.bytes.size() + part.lasting.size();
  return part;
}

void Outbox::set_gone() {
  std::unique_lock lock(mutex_);
  gone_ = true;
  queue_ = {};
  in_flight_ = 0;
  std::vector<std::function<void()>> actions;
  actions.swap(on_gone_);
  lock.unlock();
  for (const auto& action : actions) {
    try {
      action();
    } catch (...) {
      // Out of memory: what was to end goes on to its own end.
    }
  }
}

}  // namespace charrnn
