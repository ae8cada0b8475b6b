#include "serve/models/generation_handler.h"

#include <algorithm>
#include <utility>

#include "serve/http/api_error.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

// The pause between two messages of one text: too short to be seen, long enough to limit all
// messages to about two thousand per second, so that sending them costs little beside computing.
constexpr auto kShortestPause = std::chrono::microseconds(3000);
constexpr auto kPauseForEachText = std::chrono::microseconds(500);
constexpr size_t kMaxPending = 4 << 20;  // bytes of one text, for a client that reads slowly

}  // namespace

const char* finish_name(FinishReason reason) {
  return reason == FinishReason::kStop ? "stop" : "length";
}

void GenerationHandler::start(GenerationScheduler& generation, WorkerPool& workers,
                              GenerationRequest request) {
  pending_.resize(request.texts.size());
  unfinished_ = request.texts.size();
  generation_ = &generation;
  const auto self = shared_from_this();
  request.model = model_;
  request.sink = [self, &workers](size_t text, const TextPiece& piece) {
    self->take(text, piece);
    if (self->unfinished_ == 0) self->finish(workers);
  };
  request.failed = [self](const std::exception_ptr& error) { self->fail(error); };
  const uint64_t number = generation.submit(std::move(request));
  exchange_->on_gone([&generation, number] { generation.cancel(number); });
}

bool GenerationHandler::is_due(const Pending& pending) const {
  if (pending.part.finish != FinishReason::kNone) return true;
  if (!stream_) return false;
  return pending.first || (exchange_->ready() && Clock::now() - pending.sent >= pause_);
}

void GenerationHandler::take(size_t text, const TextPiece& piece) {
  Pending& pending = pending_[text];
  pause_ = std::max(kShortestPause, kPauseForEachText * generation_->texts());
  Part& part_now = pending.part;
  part_now.text += piece.text;
  part_now.characters.insert(part_now.characters.end(), piece.characters.begin(),
                             piece.characters.end());
  part_now.finish = piece.finish;
  part_now.stop = piece.stop;
  if (piece.finish != FinishReason::kNone) --unfinished_;
  if (!is_due(pending)) {
    const size_t each =
        sizeof(ScoredCharacter) + (piece.characters.empty() ? 0 : piece.characters[0].top.size()) *
                                      sizeof(std::pair<int32_t, double>);
    if (stream_ && part_now.text.size() + part_now.characters.size() * each > kMaxPending) {
      throw unavailable("the client reads too slowly", "slow_client");
    }
    return;
  }
  std::string open;
  if (model_->vocabulary().encoding() == Encoding::kBytes && piece.finish == FinishReason::kNone) {
    const size_t size = part_now.text.size() - open_sequence(part_now.text);
    open = part_now.text.substr(size);
    part_now.text.resize(size);
  }
  if (stream_ && !std::exchange(begun_, true)) {
    Response head;
    head.type = stream_type();
    exchange_->begin(head, Exchange::Queue::kUnlimited);
    begin();
  }
  part(text, part_now);
  pending = {{}, Clock::now(), false};
  pending.part.text = std::move(open);
}

// A whole body may be large, so a worker builds it, not the generation thread.
void GenerationHandler::finish(WorkerPool& workers) {
  if (stream_) return done();
  const auto reply = [self = shared_from_this()] {
    try {
      self->done();
    } catch (...) {
      self->fail(std::current_exception());
    }
  };
  if (!workers.submit(reply)) reply();
}

void GenerationHandler::fail(const std::exception_ptr& error) {
  ApiError failure(500, "the server failed on this request", "", "internal");
  try {
    std::rethrow_exception(error);
  } catch (const ApiError& api_error) {
    failure = api_error;
  } catch (const Error& our_error) {
    failure = api_error_of(our_error);
  } catch (...) {
    // Details are not for the client.
  }
  if (!begun_) return exchange_->respond(error_response(failure));
  exchange_->write(stream_error(failure));
  exchange_->end();
}

}  // namespace charrnn
