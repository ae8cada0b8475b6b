// A request for generated text from any of the APIs: submits its texts to the generation thread and
// gathers their pieces into parts, so that thousands of characters per second do not become as many
// messages.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "serve/http/api_error.h"
#include "serve/http/fields.h"
#include "serve/http/http.h"
#include "serve/models/generation.h"
#include "serve/models/worker_pool.h"

namespace charrnn {

class TextJob : public std::enable_shared_from_this<TextJob> {
 public:
  virtual ~TextJob() = default;

  // Submits the texts; throws ApiError. The reply is sent by the generation thread or, if it is one
  // whole body, by a worker.
  void start(Generation& generation, WorkerPool& workers, GenerationJob job);

 protected:
  TextJob(ExchangePtr exchange, ServedModelPtr model, bool stream)
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
  void fail(std::exception_ptr error);

  std::vector<Pending> pending_;
  size_t unfinished_ = 0;
  bool begun_ = false;
  const Generation* generation_ = nullptr;
  std::chrono::microseconds pause_{0};
};

const char* finish_name(FinishReason reason);

// Sampling fields, the same in all APIs.
extern const std::span<const Field> kSamplingFields;
SamplingSettings sampling_settings(const Fields& fields, const ServedModel& model);
uint64_t drawn_seed();  // 32 bits: short enough to type

constexpr double kMaxPromptCharacters = 262144;  // characters
constexpr double kMaxCharacters = 1 << 20;       // generated
constexpr int kMaxTexts = 16;                    // of one request
constexpr int kMaxAlternatives = 100;
constexpr int64_t kMaxScores = 4 << 20;  // log probabilities that one reply may hold in memory

}  // namespace charrnn
