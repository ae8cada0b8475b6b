#include "serve/models/generation_scheduler.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "serve/http/api_error.h"
#include "serve/models/limits.h"
#include "serve/models/worker_pool.h"

namespace charrnn {

struct GenerationScheduler::Request {
  uint64_t number = 0;
  GenerationRequest given;
  size_t unfinished = 0;  // texts
  size_t next = 0;        // the first text that is in no turn yet
  int running = 0;        // texts
  size_t at_once = 1;     // texts in a turn, at most
  bool over = false;

  // How many of its texts run and wait in a turn: what the request counts for in the queue.
  int turn() const { return static_cast<int>(std::min(unfinished, at_once)); }

  struct Started {
    Generator* generator;
    int64_t number;  // the generator's
    size_t text;
  };
  std::vector<Started> started;  // and not finished
};

struct GenerationScheduler::Text {
  std::shared_ptr<Request> request;
  size_t number;
};

// The texts of one model; those with held units have a generator of their own.
struct GenerationScheduler::Lane {
  ServedModelPtr model;
  bool plain = true;  // no unit is held
  std::unique_ptr<Generator> generator;

  bool busy() const { return generator->running() + generator->waiting() > 0; }
};

GenerationScheduler::GenerationScheduler(int parallel, int queue, int niceness)
    : parallel_(parallel), queue_(queue) {
  thread_ = std::thread([this, niceness] {
    add_niceness(niceness);
    run();
  });
}

GenerationScheduler::~GenerationScheduler() { stop(); }

void GenerationScheduler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  // Remaining requests get an error and are released: a reply must not outlive the connections.
  const auto stopping =
      std::make_exception_ptr(unavailable("the server is stopping", "stopping", 5));
  std::list<std::shared_ptr<Request>> left(requests_);
  left.insert(left.end(), submitted_.begin(), submitted_.end());
  submitted_.clear();
  for (const auto& request : left) fail(request, stopping);
  lanes_.clear();
}

uint64_t GenerationScheduler::submit(GenerationRequest given) {
  auto request = std::make_shared<Request>();
  request->given = std::move(given);
  request->unfinished = request->given.texts.size();
  request->at_once = static_cast<size_t>(std::min(kTextsAtOnce, parallel_ + queue_));
  request->started.reserve(request->unfinished);
  const int texts = request->turn();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) throw unavailable("the server is stopping", "stopping", 5);
    if (counts_.running + counts_.waiting + texts > parallel_ + queue_) {
      throw unavailable("too many texts are being written; try again", "queue_full", 1);
    }
    submitted_.push_back(request);
    request->number = next_number_++;
    counts_.waiting += texts;
  }
  wake_.notify_all();
  return request->number;
}

void GenerationScheduler::cancel(uint64_t number) {
  {
    const std::lock_guard lock(mutex_);
    cancelled_.push_back(number);
  }
  wake_.notify_all();
}

GenerationScheduler::Counts GenerationScheduler::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

bool GenerationScheduler::idle() const {
  const std::lock_guard lock(mutex_);
  return counts_.running + counts_.waiting == 0;
}

void GenerationScheduler::run() {
  using Clock = std::chrono::steady_clock;
  while (take_submissions()) {
    const auto begin = Clock::now();
    admit();
    step_lanes();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const std::lock_guard lock(mutex_);
    counts_.running = running_;
    texts_ = running_;
    counts_.waiting = static_cast<int>(waiting_.size());
    for (const auto& request : submitted_) counts_.waiting += request->turn();
    counts_.characters = characters_;
    counts_.prompt_characters = prompt_characters_;
    counts_.seconds += seconds;
  }
}

// Waits for work. False: stop.
bool GenerationScheduler::take_submissions() {
  std::vector<std::shared_ptr<Request>> requests;
  std::vector<uint64_t> cancelled;
  {
    std::unique_lock lock(mutex_);
    const bool busy = running_ > 0 || !waiting_.empty();
    const auto ordered = [this] { return stopping_ || !submitted_.empty() || !cancelled_.empty(); };
    if (!busy && !ordered()) {
      // Replaced models are released shortly after their last text.
      wake_.wait_for(lock, std::chrono::seconds(1), ordered);
    }
    if (stopping_) return false;
    requests.swap(submitted_);
    cancelled.swap(cancelled_);
  }
  for (const auto& request : requests) {
    try {
      requests_.push_back(request);
      for (int i = 0; i < request->turn(); ++i) wait_for_turn(request);
    } catch (...) {
      fail(request, std::current_exception());
    }
  }
  for (const uint64_t number : cancelled) {
    const auto found =
        std::find_if(requests_.begin(), requests_.end(),
                     [number](const auto& request) { return request->number == number; });
    if (found != requests_.end()) cancel_request(std::shared_ptr<Request>(*found));
  }
  return true;
}

void GenerationScheduler::wait_for_turn(const std::shared_ptr<Request>& request) {
  if (request->next < request->given.texts.size()) waiting_.push_back({request, request->next++});
}

// Waiting texts of the requests with the fewest running texts go first: a request for sixteen texts
// does not delay the first text of others.
void GenerationScheduler::admit() {
  while (running_ < parallel_ && !waiting_.empty()) {
    const auto next = std::min_element(
        waiting_.begin(), waiting_.end(),
        [](const Text& a, const Text& b) { return a.request->running < b.request->running; });
    const Text text = std::move(*next);
    waiting_.erase(next);
    start_text(text);
  }
}

void GenerationScheduler::start_text(const Text& text) {
  const std::shared_ptr<Request>& request = text.request;
  try {
    Lane& lane = lane_of(*request);
    TextRequest& text_request = request->given.texts[text.number];
    prompt_characters_ += static_cast<int64_t>(text_request.prompt.size());
    ++running_;
    ++request->running;
    const int64_t number = lane.generator->add(
        std::move(text_request), [this, request, index = text.number](const TextPiece& piece) {
          deliver(request, index, piece);
        });
    request->started.push_back({lane.generator.get(), number, text.number});
  } catch (...) {
    fail(request, std::current_exception());
  }
}

GenerationScheduler::Lane& GenerationScheduler::lane_of(const Request& request) {
  const bool plain = request.given.holds.empty();
  for (Lane& lane : lanes_) {
    if (plain && lane.plain && lane.model == request.given.model) return lane;
  }
  Lane lane;
  lane.model = request.given.model;
  lane.plain = plain;
  lane.generator =
      std::make_unique<Generator>(lane.model->generation_engine(), lane.model->vocabulary(),
                                  plain ? parallel_ : 1, request.given.holds);
  lane.generator->forget_before(lane.model->border());
  lanes_.push_back(std::move(lane));
  return lanes_.back();
}

void GenerationScheduler::deliver(const std::shared_ptr<Request>& request, size_t text,
                                  const TextPiece& piece) {
  if (request->over) return;
  characters_ += piece.text.empty() ? 0 : 1;
  if (piece.finish != FinishReason::kNone) {
    // Counted before delivery, so that whoever has the whole text finds all of it counted.
    const std::lock_guard lock(mutex_);
    counts_.characters = characters_;
  }
  try {
    request->given.sink(text, piece);
  } catch (...) {
    return fail(request, std::current_exception());
  }
  if (piece.finish == FinishReason::kNone || request->over) return;
  std::erase_if(request->started,
                [text](const Request::Started& started) { return started.text == text; });
  --running_;
  --request->running;
  if (--request->unfinished > 0) return wait_for_turn(request);
  request->over = true;
  requests_.remove(request);
}

void GenerationScheduler::fail(const std::shared_ptr<Request>& request, std::exception_ptr error) {
  if (request->over) return;
  cancel_request(request);
  try {
    request->given.failed(std::move(error));
  } catch (...) {
    // This client cannot be reached any more.
  }
  // Both are done: what they hold, the exchange too, is released now.
  request->given.sink = nullptr;
  request->given.failed = nullptr;
}

void GenerationScheduler::cancel_request(const std::shared_ptr<Request>& request) {
  if (request->over) return;
  request->over = true;
  for (const Request::Started& text : request->started) text.generator->cancel(text.number);
  request->started.clear();
  waiting_.remove_if([&request](const Text& text) { return text.request == request; });
  running_ -= request->running;
  request->running = 0;
  requests_.remove(request);
}

bool GenerationScheduler::step_lanes() {
  bool stepped = false;
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    try {
      stepped = lane->generator->step() || stepped;
    } catch (...) {  // scores that are no numbers, no memory: every text of this lane is lost
      const auto error = std::current_exception();
      for (auto next = requests_.begin(); next != requests_.end();) {
        const std::shared_ptr<Request> request = *next++;  // it may be removed
        const bool here = std::any_of(request->started.begin(), request->started.end(),
                                      [&lane](const Request::Started& text) {
                                        return text.generator == lane->generator.get();
                                      });
        if (here) fail(request, error);
      }
    }
    const bool done = !lane->busy() && (!lane->plain || lane->model->retired);
    lane = done ? lanes_.erase(lane) : std::next(lane);
  }
  return stepped;
}

}  // namespace charrnn
