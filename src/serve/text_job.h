// A request for generated text, whatever its dialect: hands its texts to the generation thread and
// gathers their pieces into parts, so that a stream of thousands of characters a second doesn't
// become as many messages.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "serve/api_error.h"
#include "serve/fields.h"
#include "serve/generation.h"
#include "serve/http.h"
#include "serve/worker_pool.h"

namespace charrnn {

class TextJob : public std::enable_shared_from_this<TextJob> {
 public:
  virtual ~TextJob() = default;

  // Asks for the texts; throws ApiError. The reply comes from the generation thread, or, where it
  // is one whole body, from a worker.
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
  // In a stream each part as it comes; else each text as one whole part.
  virtual void part(size_t text, const Part& part) = 0;
  virtual void done() = 0;
  // The stream's content type, and an error as it stands within it.
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

// Fields of sampling, the same in all dialects.
extern const std::span<const Field> kSamplingFields;
SamplingSettings sampling_settings(const Fields& fields, const ServedModel& model);
uint64_t drawn_seed();  // 32 bits: short enough to type

constexpr double kMostPrompt = 262144;       // characters
constexpr double kMostCharacters = 1 << 20;  // generated
constexpr int kMostTexts = 16;               // of one request
constexpr int kMostAlternatives = 100;
constexpr int64_t kMostScores = 4 << 20;  // log probabilities that one reply may hold in memory

}  // namespace charrnn
