#include "serve/models/generation.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "serve/http/api_error.h"
#include "serve/models/worker_pool.h"

namespace charrnn {

struct Generation::Job {
  uint64_t number = 0;
  GenerationJob job;
  size_t unfinished = 0;  // texts
  int under_way = 0;      // texts
  bool over = false;
  struct Started {
    Generator* generator;
    int64_t number;  // the generator's
    size_t text;
  };
  std::vector<Started> started;  // and not finished
};

struct Generation::Text {
  std::shared_ptr<Job> job;
  size_t number;
};

// The texts of one model; those with held units have a generator of their own.
struct Generation::Lane {
  ServedModelPtr model;
  bool plain = true;  // no unit is held
  std::unique_ptr<Generator> generator;

  bool busy() const { return generator->under_way() + generator->waiting() > 0; }
};

Generation::Generation(int parallel, int queue, int niceness) : parallel_(parallel), queue_(queue) {
  thread_ = std::thread([this, niceness] {
    stand_back(niceness);
    run();
  });
}

Generation::~Generation() { stop(); }

void Generation::stop() {
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
  std::list<std::shared_ptr<Job>> left(jobs_);
  left.insert(left.end(), submitted_.begin(), submitted_.end());
  submitted_.clear();
  for (const auto& job : left) fail(job, stopping);
  lanes_.clear();
}

uint64_t Generation::submit(GenerationJob request) {
  auto job = std::make_shared<Job>();
  job->job = std::move(request);
  job->unfinished = job->job.texts.size();
  const int texts = static_cast<int>(job->unfinished);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) throw unavailable("the server is stopping", "stopping", 5);
    if (counts_.under_way + counts_.waiting + texts > parallel_ + queue_) {
      throw unavailable("too many texts are being written; try again", "queue_full", 1);
    }
    counts_.waiting += texts;
    job->number = next_number_++;
    submitted_.push_back(job);
  }
  wake_.notify_all();
  return job->number;
}

void Generation::cancel(uint64_t number) {
  {
    const std::lock_guard lock(mutex_);
    cancelled_.push_back(number);
  }
  wake_.notify_all();
}

Generation::Counts Generation::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

bool Generation::idle() const {
  const std::lock_guard lock(mutex_);
  return counts_.under_way + counts_.waiting == 0;
}

void Generation::run() {
  using Clock = std::chrono::steady_clock;
  while (take_orders()) {
    const auto begin = Clock::now();
    admit();
    step_lanes();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const std::lock_guard lock(mutex_);
    counts_.under_way = under_way_;
    texts_ = under_way_;
    counts_.waiting = static_cast<int>(waiting_.size());
    for (const auto& job : submitted_) counts_.waiting += static_cast<int>(job->unfinished);
    counts_.characters = characters_;
    counts_.prompt_characters = prompt_characters_;
    counts_.seconds += seconds;
  }
}

// Waits for work. False: stop.
bool Generation::take_orders() {
  std::vector<std::shared_ptr<Job>> jobs;
  std::vector<uint64_t> cancelled;
  {
    std::unique_lock lock(mutex_);
    const bool busy = under_way_ > 0 || !waiting_.empty();
    const auto ordered = [this] { return stopping_ || !submitted_.empty() || !cancelled_.empty(); };
    if (!busy && !ordered()) {
      // Replaced models are released shortly after their last text.
      wake_.wait_for(lock, std::chrono::seconds(1), ordered);
    }
    if (stopping_) return false;
    jobs.swap(submitted_);
    cancelled.swap(cancelled_);
  }
  for (const auto& job : jobs) {
    jobs_.push_back(job);
    for (size_t i = 0; i < job->job.texts.size(); ++i) waiting_.push_back({job, i});
  }
  for (const uint64_t number : cancelled) {
    const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                    [number](const auto& job) { return job->number == number; });
    if (found != jobs_.end()) cancel_job(std::shared_ptr<Job>(*found));
  }
  return true;
}

// Waiting texts of the requests with the fewest running texts go first: a request for sixteen texts
// does not delay the first text of others.
void Generation::admit() {
  while (under_way_ < parallel_ && !waiting_.empty()) {
    const auto next = std::min_element(
        waiting_.begin(), waiting_.end(),
        [](const Text& a, const Text& b) { return a.job->under_way < b.job->under_way; });
    Text text = std::move(*next);
    waiting_.erase(next);
    start_text(std::move(text));
  }
}

void Generation::start_text(Text text) {
  const std::shared_ptr<Job>& job = text.job;
  try {
    Lane& lane = lane_of(*job);
    TextRequest& request = job->job.texts[text.number];
    prompt_characters_ += static_cast<int64_t>(request.prompt.size());
    ++under_way_;
    ++job->under_way;
    const int64_t number = lane.generator->add(
        std::move(request),
        [this, job, index = text.number](const TextPiece& piece) { deliver(job, index, piece); });
    job->started.push_back({lane.generator.get(), number, text.number});
  } catch (...) {
    fail(job, std::current_exception());
  }
}

Generation::Lane& Generation::lane_of(const Job& job) {
  const bool plain = job.job.holds.empty();
  for (Lane& lane : lanes_) {
    if (plain && lane.plain && lane.model == job.job.model) return lane;
  }
  Lane lane;
  lane.model = job.job.model;
  lane.plain = plain;
  lane.generator =
      std::make_unique<Generator>(lane.model->generation_engine(), lane.model->vocabulary(),
                                  plain ? parallel_ : 1, job.job.holds);
  lane.generator->forget_before(lane.model->border());
  lanes_.push_back(std::move(lane));
  return lanes_.back();
}

void Generation::deliver(const std::shared_ptr<Job>& job, size_t text, const TextPiece& piece) {
  if (job->over) return;
  characters_ += piece.text.empty() ? 0 : 1;
  if (piece.finish != FinishReason::kNone) {
    // Counted before delivery, so that whoever has the whole text finds all of it counted.
    const std::lock_guard lock(mutex_);
    counts_.characters = characters_;
  }
  try {
    job->job.sink(text, piece);
  } catch (...) {
    return fail(job, std::current_exception());
  }
  if (piece.finish == FinishReason::kNone || job->over) return;
  std::erase_if(job->started, [text](const Job::Started& started) { return started.text == text; });
  --under_way_;
  --job->under_way;
  if (--job->unfinished > 0) return;
  job->over = true;
  jobs_.remove(job);
}

void Generation::fail(const std::shared_ptr<Job>& job, std::exception_ptr error) {
  if (job->over) return;
  cancel_job(job);
  try {
    job->job.failed(error);
  } catch (...) {
    // This client cannot be reached any more.
  }
}

void Generation::cancel_job(const std::shared_ptr<Job>& job) {
  if (job->over) return;
  job->over = true;
  for (const Job::Started& text : job->started) text.generator->cancel(text.number);
  job->started.clear();
  waiting_.remove_if([&job](const Text& text) { return text.job == job; });
  under_way_ -= job->under_way;
  job->under_way = 0;
  jobs_.remove(job);
}

bool Generation::step_lanes() {
  bool stepped = false;
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    try {
      stepped = lane->generator->step() || stepped;
    } catch (...) {  // the network's scores are no numbers: every text of this lane is lost
      const auto error = std::current_exception();
      const std::list<std::shared_ptr<Job>> jobs = jobs_;
      for (const auto& job : jobs) {
        const bool here = std::any_of(
            job->started.begin(), job->started.end(),
            [&lane](const Job::Started& text) { return text.generator == lane->generator.get(); });
        if (here) fail(job, error);
      }
    }
    const bool done = !lane->busy() && (!lane->plain || lane->model->retired);
    lane = done ? lanes_.erase(lane) : std::next(lane);
  }
  return stepped;
}

}  // namespace charrnn
