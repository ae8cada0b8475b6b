// A fixed number of threads for work that the I/O thread must not do.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace charrnn {

// Makes this thread, and the threads that it starts, so much nicer than the process was started; 19
// is the end.
void add_niceness(int niceness);

class WorkerPool {
 public:
  WorkerPool(int threads, size_t queue, int niceness = 0);
  ~WorkerPool();  // finishes running tasks, drops queued ones

  // False where the queue is full. The task must not throw.
  bool submit(std::function<void()> task);
  bool idle() const;  // no task runs or waits
  // Drops queued tasks, finishes running ones.
  void stop();
  // Accepts no more tasks and runs the queued ones first.
  void finish();

 private:
  void run();
  void join();

  const size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  int running_ = 0;
  bool stopping_ = false;  // no more tasks are taken; threads end when none waits
  std::vector<std::thread> threads_;
};

}  // namespace charrnn
