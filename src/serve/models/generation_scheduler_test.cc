#include "serve/models/generation_scheduler.h"

#include <future>
#include <limits>

#include "serve/models/limits.h"
#include "serve/testing/serving.h"

namespace charrnn {
namespace {

ServedModelPtr served(uint32_t seed = 1) {
  return std::make_shared<ServedModel>("small", 1, small_model(seed), one_thread());
}

TextRequest text_request(int64_t characters, uint64_t index = 0) {
  TextRequest request;
  request.prompt = {3, 4, 5};
  request.seed = 9;
  request.index = index;
  request.max_characters = characters;
  return request;
}

// A request and what became of it. Read it after await().
struct Submitted {
  std::vector<std::string> texts;
  std::vector<size_t> order;  // in which the texts ended
  size_t unfinished = 0;
  int failures = 0;
  std::string failure;
  std::promise<void> over;
  std::function<void(size_t, const TextPiece&)> look;  // called first, on the generation thread

  GenerationRequest request(const ServedModelPtr& model, std::vector<TextRequest> wanted,
                            std::vector<Hold> holds = {}) {
    texts.resize(wanted.size());
    unfinished = wanted.size();
    GenerationRequest request;
    request.model = model;
    request.texts = std::move(wanted);
    request.holds = std::move(holds);
    request.sink = [this](size_t text, const TextPiece& piece) {
      if (look) look(text, piece);
      texts.at(text) += piece.text;
      if (piece.finish == FinishReason::kNone) return;
      order.push_back(text);
      if (--unfinished == 0) over.set_value();
    };
    request.failed = [this](std::exception_ptr error) {
      ++failures;
      try {
        std::rethrow_exception(std::move(error));
      } catch (const ApiError& api_error) {
        failure = api_error.code;
      } catch (const std::exception& other) {
        failure = other.what();
      }
      over.set_value();
    };
    return request;
  }
  void await() {
    ASSERT_EQ(over.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  }
};

// Holds the generation thread at the first piece of a request until it is let go.
class Gate {
 public:
  std::function<void(size_t, const TextPiece&)> hold() {
    return [this](size_t, const TextPiece&) {
      if (std::exchange(passed_, true)) return;
      reached_.set_value();
      open_.get_future().wait();
    };
  }
  void await() { reached_.get_future().wait(); }
  void open() { open_.set_value(); }

 private:
  bool passed_ = false;
  std::promise<void> reached_, open_;
};

template <class Condition>
bool comes_about(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

TEST(GenerationScheduler, WritesEveryTextAsIfItWereAlone) {
  const ServedModelPtr one = served(1), two = served(2);
  GenerationScheduler scheduler(4, 100);
  Submitted all[6];
  for (uint64_t i = 0; i < 6; ++i) {
    scheduler.submit(all[i].request(i % 2 ? two : one, {text_request(50, i), text_request(3, i)}));
  }
  for (uint64_t i = 0; i < 6; ++i) {
    all[i].await();
    const Model& model = (i % 2 ? two : one)->model();
    EXPECT_EQ(all[i].texts[0], generated_alone(model, text_request(50, i)).text);
    EXPECT_EQ(all[i].texts[1], generated_alone(model, text_request(3, i)).text);
  }
  EXPECT_TRUE(comes_about([&] { return scheduler.idle(); }));
}

TEST(GenerationScheduler, CountsWhatItDoes) {
  GenerationScheduler scheduler(2, 100);
  Submitted request;
  Gate gate;
  request.look = gate.hold();
  scheduler.submit(request.request(
      served(), {text_request(10), text_request(10), text_request(10), text_request(10)}));
  gate.await();
  Submitted later;
  scheduler.submit(later.request(served(), {text_request(5)}));
  EXPECT_FALSE(scheduler.idle());
  EXPECT_EQ(scheduler.counts().running, 2);
  EXPECT_EQ(scheduler.counts().waiting, 3);
  gate.open();
  request.await();
  later.await();
  ASSERT_TRUE(comes_about([&] { return scheduler.idle(); }));
  const auto counts = scheduler.counts();
  EXPECT_EQ(counts.running, 0);
  EXPECT_EQ(counts.waiting, 0);
  EXPECT_EQ(counts.characters, 45);
  EXPECT_EQ(counts.prompt_characters, 15);
  EXPECT_GT(counts.seconds, 0);
}

TEST(GenerationScheduler, RefusesMoreThanTheQueueHolds) {
  GenerationScheduler scheduler(1, 2);
  Submitted first, waiting, refused, last;
  Gate gate;
  first.look = gate.hold();
  scheduler.submit(first.request(served(), {text_request(5)}));
  gate.await();
  scheduler.submit(waiting.request(served(), {text_request(5), text_request(5)}));
  try {
    scheduler.submit(refused.request(served(), {text_request(5)}));
    FAIL() << "there is no place";
  } catch (const ApiError& error) {
    EXPECT_EQ(error.status, 503);
    EXPECT_EQ(error.code, "queue_full");
    EXPECT_EQ(error.retry_after, 1);
  }
  gate.open();
  first.await();
  waiting.await();
  ASSERT_TRUE(comes_about([&] { return scheduler.idle(); }));
  scheduler.submit(last.request(served(), {text_request(5)}));
  last.await();
  EXPECT_EQ(refused.failures, 0) << "whoever asks is told by the exception alone";
}

// The queue has three places: a request for fifty texts takes them one after another.
TEST(GenerationScheduler, WritesManyTextsInTurns) {
  const ServedModelPtr model = served();
  GenerationScheduler scheduler(1, 2);
  Submitted many;
  std::vector<TextRequest> wanted;
  for (uint64_t i = 0; i < 50; ++i) wanted.push_back(text_request(4, i));
  scheduler.submit(many.request(model, wanted));
  many.await();
  EXPECT_EQ(many.texts[49], generated_alone(model->model(), text_request(4, 49)).text);
  EXPECT_TRUE(std::is_sorted(many.order.begin(), many.order.end()));
}

TEST(GenerationScheduler, LeavesPlacesBesideARequestForManyTexts) {
  GenerationScheduler scheduler(64, 0);
  Submitted many, other;
  Gate gate;
  many.look = gate.hold();
  scheduler.submit(many.request(served(), std::vector<TextRequest>(500, text_request(4))));
  gate.await();
  EXPECT_EQ(scheduler.counts().running + scheduler.counts().waiting, kTextsAtOnce);
  scheduler.submit(other.request(served(), std::vector<TextRequest>(48, text_request(4))));
  gate.open();
  many.await();
  other.await();
  EXPECT_EQ(many.order.size(), 500u);
}

// Of two lanes that are both kept by a long request, the next free one is for whoever else asks.
TEST(GenerationScheduler, LetsOthersInBetween) {
  GenerationScheduler scheduler(2, 100);
  Submitted many, other;
  std::vector<std::string> ended;  // written by the generation thread alone
  Gate gate;
  const auto hold = gate.hold();
  many.look = [&](size_t text, const TextPiece& piece) {
    hold(text, piece);
    if (piece.finish != FinishReason::kNone) ended.push_back("many");
  };
  other.look = [&](size_t, const TextPiece& piece) {
    if (piece.finish != FinishReason::kNone) ended.push_back("other");
  };
  scheduler.submit(many.request(served(), std::vector<TextRequest>(10, text_request(20))));
  gate.await();
  scheduler.submit(other.request(served(), {text_request(20)}));
  gate.open();
  other.await();
  many.await();
  const auto place = std::find(ended.begin(), ended.end(), "other") - ended.begin();
  EXPECT_LE(place, 3) << "after the two that ran, and one that began with it";
}

TEST(GenerationScheduler, EndsWhatIsCancelled) {
  GenerationScheduler scheduler(2, 10);
  Submitted endless, other;
  std::atomic<int> pieces = 0;
  endless.look = [&pieces](size_t, const TextPiece&) { ++pieces; };
  const uint64_t number = scheduler.submit(endless.request(
      served(), {text_request(100'000'000), text_request(100'000'000), text_request(5)}));
  ASSERT_TRUE(comes_about([&] { return pieces > 10; }));
  scheduler.cancel(number);
  scheduler.cancel(number + 1000);  // nobody's
  ASSERT_TRUE(comes_about([&] { return scheduler.idle(); }));
  const int seen = pieces;
  scheduler.submit(other.request(served(), {text_request(20)}));
  other.await();
  EXPECT_EQ(pieces, seen) << "nothing comes after it";
  EXPECT_EQ(endless.failures, 0);
  scheduler.cancel(number);
}

TEST(GenerationScheduler, FailsTheRequestWhoseSinkFails) {
  GenerationScheduler scheduler(4, 10);
  const ServedModelPtr model = served();
  Submitted bad, good;
  int calls = 0;
  bad.look = [&calls](size_t, const TextPiece&) {
    if (++calls == 7) throw std::runtime_error("no more");
  };
  scheduler.submit(bad.request(model, {text_request(50), text_request(50, 1)}));
  scheduler.submit(good.request(model, {text_request(50)}));
  bad.await();
  good.await();
  EXPECT_EQ(bad.failures, 1);
  EXPECT_EQ(bad.failure, "no more");
  EXPECT_EQ(calls, 7);
  EXPECT_EQ(good.texts[0], generated_alone(model->model(), text_request(50)).text);
}

TEST(GenerationScheduler, FailsTheTextsOfAModelWithoutNumbers) {
  Model broken = small_model();
  for (float& value : broken.weights.values()) value = std::numeric_limits<float>::quiet_NaN();
  GenerationScheduler scheduler(4, 10);
  Submitted bad, good;
  scheduler.submit(
      bad.request(std::make_shared<ServedModel>("broken", 1, std::move(broken), one_thread()),
                  {text_request(50), text_request(50)}));
  scheduler.submit(good.request(served(), {text_request(50)}));
  bad.await();
  good.await();
  EXPECT_EQ(bad.failures, 1);
  EXPECT_EQ(good.failures, 0);
  EXPECT_TRUE(comes_about([&] { return scheduler.idle(); }));
}

TEST(GenerationScheduler, TellsAllWhoWaitThatItStops) {
  GenerationScheduler scheduler(1, 10);
  Submitted running, waiting, late;
  Gate gate;
  running.look = gate.hold();
  scheduler.submit(running.request(served(), {text_request(100'000'000)}));
  gate.await();
  scheduler.submit(waiting.request(served(), {text_request(5)}));
  auto stopped = std::async(std::launch::async, [&] { scheduler.stop(); });
  gate.open();
  running.await();
  waiting.await();
  stopped.wait();
  for (const Submitted* request : {&running, &waiting}) {
    EXPECT_EQ(request->failures, 1);
    EXPECT_EQ(request->failure, "stopping");
  }
  try {
    scheduler.submit(late.request(served(), {text_request(5)}));
    FAIL() << "it has stopped";
  } catch (const ApiError& error) {
    EXPECT_EQ(error.code, "stopping");
  }
  scheduler.stop();
}

TEST(GenerationScheduler, LetsGoOfAReplacedModelAfterItsLastText) {
  GenerationScheduler scheduler(2, 10);
  ServedModelPtr model = served();
  const std::weak_ptr<ServedModel> watched = model;
  {
    Submitted request;
    Gate gate;
    request.look = gate.hold();
    scheduler.submit(request.request(model, {text_request(20)}));
    gate.await();
    model->retired = true;
    model.reset();
    EXPECT_FALSE(watched.expired()) << "a text is still written with it";
    gate.open();
    request.await();
  }
  EXPECT_TRUE(comes_about([&] { return watched.expired(); }));
}

TEST(GenerationScheduler, HoldsUnitsOfOneRequestAlone) {
  const ServedModelPtr model = served();
  GenerationScheduler scheduler(4, 10);
  Submitted held, plain;
  const std::vector<Hold> holds = {{1, 3, 1.0f}, {0, 2, -1.0f}};
  scheduler.submit(held.request(model, {text_request(60)}, holds));
  scheduler.submit(plain.request(model, {text_request(60)}));
  held.await();
  plain.await();
  EXPECT_EQ(held.texts[0], generated_alone(model->model(), text_request(60), holds).text);
  EXPECT_EQ(plain.texts[0], generated_alone(model->model(), text_request(60)).text);
  EXPECT_NE(held.texts[0], plain.texts[0]);
}

}  // namespace
}  // namespace charrnn
