// Continuous batching: the generation thread, sole owner of the generators and their engines.
// Requests for one model share each pass over its weights; a text joins at the next character.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "generate/generator.h"
#include "serve/models/served_model.h"

namespace charrnn {

struct GenerationRequest {
  ServedModelPtr model;
  std::vector<TextRequest> texts;
  std::vector<Hold> holds;
  // Called on the generation thread: the number of the text within the request, and its next piece.
  std::function<void(size_t text, const TextPiece& piece)> sink;
  // Called at most once, instead of further pieces.
  std::function<void(std::exception_ptr)> failed;
};

class GenerationScheduler {
 public:
  // parallel: running texts; queue: waiting texts, at most.
  GenerationScheduler(int parallel, int queue, int niceness = 0);
  ~GenerationScheduler();

  // Returns the request's number. Throws ApiError (503) if the queue is full. A request for many
  // texts takes at most kTextsAtOnce places, or all there are; as one text ends, the next follows.
  uint64_t submit(GenerationRequest given);
  // Takes effect within one step; after that the sink is not called.
  void cancel(uint64_t number);

  struct Counts {
    int running = 0;
    int waiting = 0;
    int64_t characters = 0;  // generated
    int64_t prompt_characters = 0;
    double seconds = 0;  // spent generating
  };
  Counts counts() const;
  bool idle() const;
  int texts() const { return texts_; }  // running, as of the last step
  void stop();

 private:
  struct Request;
  struct Lane;
  struct Text;
  void run();
  bool take_submissions();
  void wait_for_turn(const std::shared_ptr<Request>& request);
  void admit();
  void start_text(const Text& text);
  void deliver(const std::shared_ptr<Request>& request, size_t text, const TextPiece& piece);
  void fail(const std::shared_ptr<Request>& request, std::exception_ptr error);
  void cancel_request(const std::shared_ptr<Request>& request);
  Lane& lane_of(const Request& request);
  bool step_lanes();

  const int parallel_;
  const int queue_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  uint64_t next_number_ = 1;
  std::vector<std::shared_ptr<Request>> submitted_;
  std::vector<uint64_t> cancelled_;
  Counts counts_;

  // Owned by the generation thread.
  std::list<std::shared_ptr<Request>> requests_;
  std::list<Text> waiting_;
  std::list<Lane> lanes_;
  int running_ = 0;
  int64_t characters_ = 0;
  int64_t prompt_characters_ = 0;

  std::atomic<int> texts_ = 0;
  std::thread thread_;
};

}  // namespace charrnn
