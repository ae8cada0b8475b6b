#include "serve/api/inspection/inspection_input.h"

#include <gtest/gtest.h>

#include "evaluate/document_trace.h"
#include "serve/testing/test_api.h"

namespace charrnn {
namespace {

// Of a text of several parts, with documents shorter and longer than one.
std::vector<int32_t> long_text() {
  std::vector<int32_t> ids;
  for (int i = 0; i < 1500; ++i) ids.push_back(i % 700 == 5 || i == 6 ? 0 : 1 + i % 27);
  return ids;
}

TEST(TraceInParts, IsTheTraceOfTheWhole) {
  TestApi test;
  const auto exchange = std::make_shared<FakeExchange>();
  const std::vector<int32_t> ids = long_text();
  for (const char* name : {"plain", "lines"}) {
    const ServedModelPtr model = test.registry.get(name);
    const Trace whole = model->inspect(
        [&](Network& engine) { return trace_documents(engine, ids, model->border()); });
    const size_t hidden = model->config().hidden_size, layers = model->config().layers;
    size_t next = 0, parts = 0;
    trace_in_parts(test.api, exchange, *model, ids, [&](size_t begin, const Trace& part) {
      EXPECT_EQ(begin, next);
      next += part.times;
      ++parts;
      const size_t count = part.times * hidden;
      for (size_t layer = 0; layer < layers; ++layer) {
        const auto from = whole.cell.begin() + (layer * ids.size() + begin) * hidden;
        EXPECT_TRUE(std::equal(from, from + count, part.cell.begin() + layer * count)) << begin;
      }
      EXPECT_TRUE(std::equal(part.log_probabilities.begin(), part.log_probabilities.end(),
                             whole.log_probabilities.begin() + begin * 28));
    });
    EXPECT_EQ(next, ids.size());
    EXPECT_GE(parts, 3u);
    EXPECT_EQ(
        next_log_probabilities(test.api, exchange, *model, ids),
        std::vector<float>(whole.log_probabilities.end() - 28, whole.log_probabilities.end()));
  }
}

TEST(TraceInParts, EndsWhereNobodyWaits) {
  TestApi test;
  const auto exchange = std::make_shared<FakeExchange>();
  const ServedModelPtr model = test.registry.get("plain");
  const std::vector<int32_t> ids = long_text();
  size_t parts = 0;
  EXPECT_THROW(trace_in_parts(test.api, exchange, *model, ids,
                              [&](size_t, const Trace&) {
                                ++parts;
                                exchange->disconnect();
                              }),
               ApiError);
  EXPECT_EQ(parts, 1u);
}

}  // namespace
}  // namespace charrnn
