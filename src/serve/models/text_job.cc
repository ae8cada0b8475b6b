#include "serve/models/text_job.h"

#include <sys/random.h>

#include <algorithm>
#include <random>
#include <utility>

#include "serve/http/api_error.h"

namespace charrnn {
namespace {

// The pause between two messages of one text: too short to be seen, long enough to limit all
// messages to about two thousand per second, so that sending them costs little beside computing.
constexpr auto kShortestPause = std::chrono::microseconds(3000);
constexpr auto kPauseForEachText = std::chrono::microseconds(500);
constexpr size_t kMaxPending = 4 << 20;  // bytes of one text, for a client that reads slowly

// Bytes at the end of the text that begin a sequence of UTF-8 without ending it.
size_t open_sequence(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;
    const size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

constexpr Field kSampling[] = {
    {"temperature", FieldKind::kReal, 0, 100},
    {"top_k", FieldKind::kInteger, 0, 1'000'000},
    {"top_p", FieldKind::kReal, 0, 1},
    {"min_p", FieldKind::kReal, 0, 1},
    {"presence_penalty", FieldKind::kReal, -2, 2},
    {"frequency_penalty", FieldKind::kReal, -2, 2},
    {"seed", FieldKind::kSeed},
    {"stop", FieldKind::kTexts, 1, 256, kMaxTexts},
};

constexpr Field kBias = {"logit_bias", FieldKind::kReal, -100, 100};
constexpr size_t kMaxBiases = 1024;

int32_t bias_id(int64_t id, const ServedModel& model) {
  if (id < 0 || id >= model.config().vocabulary_size) {
    throw ApiError(400, "logit_bias names an id that the model does not have", "logit_bias",
                   "out_of_range");
  }
  return static_cast<int32_t>(id);
}

// {"17": -100} as OpenAI has it, or [[17, -100]] as llama.cpp has it.
std::map<int32_t, double> read_bias(const JsonValue& value, const ServedModel& model) {
  const auto refuse = [] {
    return ApiError(400, "logit_bias must be an object of ids and numbers, or an array of pairs",
                    "logit_bias", "wrong_type");
  };
  if (!value.is_array() && !value.is_object()) throw refuse();
  if (value.size() > kMaxBiases) {
    throw ApiError(400, "logit_bias has over 1024 entries", "logit_bias", "out_of_range");
  }
  std::map<int32_t, double> bias;
  const auto add = [&](int64_t id, const JsonValue& number) {
    check_field(number, kBias, "logit_bias");
    bias[bias_id(id, model)] = number.get<double>();
  };
  if (value.is_object()) {
    for (const auto& [key, number] : value.items()) {
      const bool digits = !key.empty() && key.size() < 10 &&
                          key.find_first_not_of("0123456789") == std::string::npos;
      if (!digits) throw refuse();
      add(std::stoll(key), number);
    }
    return bias;
  }
  for (const JsonValue& pair : value) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number_unsigned()) throw refuse();
    add(pair[0].get<int64_t>(), pair[1]);
  }
  return bias;
}

}  // namespace

const std::span<const Field> kSamplingFields = kSampling;

SamplingSettings sampling_settings(const Fields& fields, const ServedModel& model) {
  SamplingSettings settings;
  settings.temperature = fields.real("temperature", 1);
  settings.top_k = static_cast<int>(fields.integer("top_k", 0));
  settings.top_p = fields.real("top_p", 1);
  settings.min_p = fields.real("min_p", 0);
  settings.presence_penalty = fields.real("presence_penalty", 0);
  settings.frequency_penalty = fields.real("frequency_penalty", 0);
  if (const JsonValue* bias = fields.find("logit_bias")) settings.bias = read_bias(*bias, model);
  return settings;
}

uint64_t drawn_seed() {
  uint32_t seed = 0;
  if (getrandom(&seed, sizeof(seed), 0) != static_cast<ssize_t>(sizeof(seed))) {
    seed = std::random_device()();
  }
  return seed;
}

const char* finish_name(FinishReason reason) {
  return reason == FinishReason::kStop ? "stop" : "length";
}

void TextJob::start(Generation& generation, WorkerPool& workers, GenerationJob job) {
  pending_.resize(job.texts.size());
  unfinished_ = job.texts.size();
  generation_ = &generation;
  const auto self = shared_from_this();
  job.model = model_;
  job.sink = [self, &workers](size_t text, const TextPiece& piece) {
    self->take(text, piece);
    if (self->unfinished_ == 0) self->finish(workers);
  };
  job.failed = [self](std::exception_ptr error) { self->fail(error); };
  const uint64_t number = generation.submit(std::move(job));
  exchange_->on_gone([&generation, number] { generation.cancel(number); });
}

bool TextJob::is_due(const Pending& pending) const {
  if (pending.part.finish != FinishReason::kNone) return true;
  if (!stream_) return false;
  return pending.first || (exchange_->ready() && Clock::now() - pending.sent >= pause_);
}

void TextJob::take(size_t text, const TextPiece& piece) {
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
void TextJob::finish(WorkerPool& workers) {
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

void TextJob::fail(std::exception_ptr error) {
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
