// Serves a request for generated text of any API: submits its texts to the generation thread and
// gathers their pieces into parts, so that thousands of characters per second do not become as many
// messages.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "serve/http/api_error.h"
#include "serve/http/http.h"
#include "serve/models/generation_scheduler.h"
#include "serve/models/worker_pool.h"

namespace charrnn {

class GenerationHandler : public std::enable_shared_from_this<GenerationHandler> {
 public:
  virtual ~GenerationHandler() = default;

  // Submits the texts; throws ApiError. The reply is sent by the generation thread or, if it is one
  // whole body, by a worker.
  void start(GenerationScheduler& generation, WorkerPool& workers, GenerationRequest request);

 protected:
  GenerationHandler(ExchangePtr exchange, ServedModelPtr model, bool stream)
      : exchange_(std::move(exchange)), model_(std::move(model)), stream_(stream) {}

  struct Part {
    std::string text;
    std::vector<ScoredCharacter> characters;
    FinishReason finish = FinishReason::kNone;
    std::string stop;
  };
  // Streaming: each part as it arrives; else each text as one part.
  virtual void part(size_t text, const Part& part) = 0;
  virtual void done() = 0;
  // The stream's content type, and the form of an error within it.
  virtual std::string stream_type() const { return "text/event-stream"; }
  virtual std::string stream_error(const ApiError& error) const {
    return fmt::format("data: {}\n\n", error_body(error));
  }
  virtual void begin() {}  // the first thing in the stream

  const ExchangePtr exchange_;
  const ServedModelPtr model_;
  const bool stream_;

 private:
  using Clock = std::chrono::steady_clock;
  struct Pending {
    Part part;
    Clock::time_point sent;
    bool first = true;
  };
  void take(size_t text, const TextPiece& piece);
  bool is_due(const Pending& pending) const;
  void finish(WorkerPool& workers);
  void fail(const std::exception_ptr& error);

  std::vector<Pending> pending_;
  size_t unfinished_ = 0;
  bool begun_ = false;
  const GenerationScheduler* generation_ = nullptr;
  std::chrono::microseconds pause_{0};
};

const char* finish_name(FinishReason reason);

}  // namespace charrnn
