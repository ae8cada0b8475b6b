// Threads that wait for work, and the barrier they meet at.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace charrnn {

// Spins for a while, then gives the core away: on a busy machine nobody waits for a thread that
// isn't running.
class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads) {}
  void wait();

 private:
  const int threads_;
  std::atomic<int> arrived_ = 0;
  std::atomic<unsigned> round_ = 0;
};

class WorkerTeam {
 public:
  // The caller is worker 0. Where the system refuses a thread, the team is smaller.
  explicit WorkerTeam(int threads);
  ~WorkerTeam();
  WorkerTeam(const WorkerTeam&) = delete;

  int size() const { return static_cast<int>(threads_.size()) + 1; }
  // job(worker) on every worker at once; denormals are flushed to zero inside. Jobs must not throw.
  void run(const std::function<void(int)>& job);
  Barrier& barrier() { return *barrier_; }

 private:
  void work(int worker);

  std::vector<std::thread> threads_;
  std::unique_ptr<Barrier> barrier_;
  const std::function<void(int)>* job_ = nullptr;
  std::atomic<unsigned> started_ = 0;
  std::atomic<int> running_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace charrnn
