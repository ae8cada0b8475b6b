#include "serve/models/generation_handler.h"

#include <future>

#include "serve/testing/serving.h"

namespace charrnn {
namespace {

// Its client reads only where `reads` is true.
class SlowExchange : public AwaitedExchange {
 public:
  bool ready() const override { return reads; }
  std::atomic<bool> reads = true;
};

class Recorder : public GenerationHandler {
 public:
  Recorder(ExchangePtr exchange, ServedModelPtr model, bool stream)
      : GenerationHandler(std::move(exchange), std::move(model), stream) {}

  std::vector<std::pair<size_t, Part>> parts;
  int begun = 0;
  int finished = 0;
  std::function<void()> at_part, at_end;

  std::string text_of(size_t text) const {
    std::string whole;
    for (const auto& [number, part] : parts) whole += number == text ? part.text : "";
    return whole;
  }

 private:
  void begin() override { ++begun; }
  void part(size_t text, const Part& part) override {
    EXPECT_EQ(begun, stream_ ? 1 : 0);
    parts.emplace_back(text, part);
    if (at_part) at_part();
  }
  void done() override {
    ++finished;
    if (at_end) at_end();
    if (!stream_) return exchange_->respond({});
    exchange_->end();
  }
};

class GenerationHandlerTest : public testing::Test {
 protected:
  void TearDown() override {
    generation_.stop();
    workers_.finish();
  }

  std::shared_ptr<Recorder> recorder(bool stream) {
    return std::make_shared<Recorder>(exchange_, model_, stream);
  }
  static TextRequest text_request(int64_t characters, uint64_t index = 0) {
    TextRequest request;
    request.prompt = {4};
    request.seed = 3;
    request.index = index;
    request.max_characters = characters;
    return request;
  }
  void start(const std::shared_ptr<Recorder>& recorder, std::vector<TextRequest> texts) {
    GenerationRequest request;
    request.texts = std::move(texts);
    recorder->start(generation_, workers_, std::move(request));
  }
  bool becomes_idle() {
    for (int i = 0; i < 30'000 && !generation_.idle(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return generation_.idle();
  }
  void use(Model model) {
    model_ = std::make_shared<ServedModel>("small", 1, std::move(model), one_thread());
  }

  ServedModelPtr model_ = std::make_shared<ServedModel>("small", 1, small_model(), one_thread());
  const std::shared_ptr<SlowExchange> exchange_ = std::make_shared<SlowExchange>();
  GenerationScheduler generation_{8, 8};
  WorkerPool workers_{1, 8};
};

TEST_F(GenerationHandlerTest, GivesEachTextAsOnePart) {
  const auto handler = recorder(false);
  start(handler, {text_request(40), text_request(2, 1), text_request(0, 2)});
  ASSERT_TRUE(exchange_->await());
  ASSERT_EQ(handler->parts.size(), 3u);
  EXPECT_EQ(handler->finished, 1);
  for (const auto& [number, part] : handler->parts) {
    EXPECT_EQ(part.finish, FinishReason::kLength);
    const int64_t lengths[] = {40, 2, 0};
    EXPECT_EQ(part.text,
              generated_alone(model_->model(), text_request(lengths[number], number)).text);
  }
}

TEST_F(GenerationHandlerTest, StreamsPartsInOrder) {
  const auto handler = recorder(true);
  start(handler, {text_request(3000), text_request(5, 1)});
  ASSERT_TRUE(exchange_->await());
  EXPECT_EQ(exchange_->head.type, "text/event-stream");
  EXPECT_EQ(handler->text_of(0), generated_alone(model_->model(), text_request(3000)).text);
  EXPECT_EQ(handler->text_of(1), generated_alone(model_->model(), text_request(5, 1)).text);
  EXPECT_EQ(text_length(*model_, handler->parts[0].second.text), 1u) << "the first comes at once";
  EXPECT_LT(handler->parts.size(), 2000u) << "several characters make a part";
}

TEST_F(GenerationHandlerTest, GathersWhileTheClientDoesNotRead) {
  exchange_->reads = false;
  const auto handler = recorder(true);
  start(handler, {text_request(500)});
  ASSERT_TRUE(exchange_->await());
  ASSERT_EQ(handler->parts.size(), 2u) << "the first character, and at the end the rest";
  EXPECT_EQ(handler->text_of(0), generated_alone(model_->model(), text_request(500)).text);
}

TEST_F(GenerationHandlerTest, GivesUpAClientThatNeverReads) {
  exchange_->reads = false;
  TextRequest request = text_request(10'000'000);
  request.top_log_probabilities = 23;
  const auto handler = recorder(true);
  start(handler, {request});
  ASSERT_TRUE(exchange_->await());
  EXPECT_NE(exchange_->body.find("\"code\":\"slow_client\""), std::string::npos);
  EXPECT_EQ(handler->finished, 0);
  EXPECT_TRUE(becomes_idle());
}

// A part of a text in bytes ends where a character ends, though each byte is one of the model's.
TEST_F(GenerationHandlerTest, CutsNoCharacterOfSeveralBytes) {
  Model model = small_model();
  std::vector<char32_t> bytes = {'\n', 'a', 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80};
  while (bytes.size() < 23) bytes.push_back(static_cast<char32_t>('b' + bytes.size()));
  model.vocabulary = Vocabulary(bytes, Encoding::kBytes, false);
  for (int id = 2; id < 11; ++id) model.weights.fc_bias()[static_cast<size_t>(id)] += 6;
  use(model);
  TextRequest request = text_request(10'000);
  const auto handler = recorder(true);
  start(handler, {request});
  ASSERT_TRUE(exchange_->await());
  const std::string whole = generated_alone(model_->model(), request).text;
  EXPECT_TRUE(handler->text_of(0) == whole);
  std::vector<bool> inside(whole.size() + 1, false);  // of a character, at each place
  int characters = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    const auto lead = static_cast<unsigned char>(whole[i]);
    const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    const auto is_continuation = [&whole](size_t k) {
      return k < whole.size() && (static_cast<unsigned char>(whole[k]) & 0xc0) == 0x80;
    };
    size_t rest = 1;
    while (rest < length && is_continuation(i + rest)) ++rest;
    if (rest < length || length == 1) continue;
    ++characters;
    for (size_t k = 1; k < length; ++k) inside[i + k] = true;
  }
  EXPECT_GT(characters, 50) << "else this says little";
  size_t place = 0;
  for (size_t i = 0; i + 1 < handler->parts.size(); ++i) {
    place += handler->parts[i].second.text.size();
    EXPECT_FALSE(inside[place]) << "part " << i;
  }
}

TEST_F(GenerationHandlerTest, AnswersWithTheErrorBeforeAStreamHasBegun) {
  const auto handler = recorder(false);
  handler->at_part = [] { throw ApiError(400, "not so", "field", "code"); };
  start(handler, {text_request(5)});
  ASSERT_TRUE(exchange_->await());
  EXPECT_EQ(exchange_->head.status, 400);
  EXPECT_NE(exchange_->body.find("not so"), std::string::npos);
}

TEST_F(GenerationHandlerTest, SendsTheErrorIntoAStreamThatHasBegun) {
  const auto handler = recorder(true);
  handler->at_part = [] { throw std::runtime_error("a detail of the server"); };
  start(handler, {text_request(500)});
  ASSERT_TRUE(exchange_->await());
  EXPECT_EQ(exchange_->head.status, 200);
  EXPECT_TRUE(exchange_->body.starts_with("data: {\"error\":")) << exchange_->body;
  EXPECT_NE(exchange_->body.find("\"code\":\"internal\""), std::string::npos);
  EXPECT_EQ(exchange_->body.find("detail"), std::string::npos) << "that is not for clients";
  EXPECT_EQ(handler->finished, 0);
}

TEST_F(GenerationHandlerTest, AnswersWithTheErrorOfTheReplyItself) {
  const auto handler = recorder(false);
  handler->at_end = [] { throw std::bad_alloc(); };
  start(handler, {text_request(5)});
  ASSERT_TRUE(exchange_->await());
  EXPECT_EQ(exchange_->head.status, 503) << "a request that memory does not suffice for";
}

TEST_F(GenerationHandlerTest, StopsWhereTheClientIsGone) {
  for (const bool stream : {false, true}) {
    const auto exchange = std::make_shared<SlowExchange>();
    const auto handler = std::make_shared<Recorder>(exchange, model_, stream);
    start(handler, {text_request(1'000'000'000), text_request(1'000'000'000, 1)});
    exchange->disconnect();
    EXPECT_TRUE(becomes_idle());
    EXPECT_EQ(handler->finished, 0);
  }
}

TEST_F(GenerationHandlerTest, RepliesWithoutAFreeWorker) {
  std::promise<void> begun, go_on;
  workers_.submit([&begun, until = go_on.get_future().share()] {
    begun.set_value();
    until.wait();
  });
  begun.get_future().wait();  // the only worker is taken
  while (workers_.submit([] {})) {
  }
  const auto handler = recorder(false);
  start(handler, {text_request(5)});
  EXPECT_TRUE(exchange_->await());
  go_on.set_value();
}

}  // namespace
}  // namespace charrnn
