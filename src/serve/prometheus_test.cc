#include "serve/prometheus.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(Prometheus, NamesTypesAndValues) {
  HttpCounts http;
  http.requests = 7;
  http.client_errors = 2;
  http.connections = 3;
  GenerationScheduler::Counts generation;
  generation.running = 4;
  generation.waiting = 5;
  generation.characters = 100;
  generation.seconds = 0.5;
  const std::string text = prometheus_text(http, generation, 6);
  for (const char* line :
       {"# TYPE charrnn:requests_processing gauge\ncharrnn:requests_processing 4\n",
        "charrnn:requests_deferred 5\n",
        "# TYPE charrnn:tokens_predicted_total counter\ncharrnn:tokens_predicted_total 100\n",
        "charrnn:predicted_tokens_seconds 200\n", "charrnn:http_requests_total 7\n",
        "charrnn:http_client_errors_total 2\n", "charrnn:http_connections 3\n",
        "charrnn:event_listeners 6\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  EXPECT_NE(prometheus_text(http, {}, 0).find("charrnn:predicted_tokens_seconds 0\n"),
            std::string::npos)
      << "no division by zero seconds";
}

}  // namespace
}  // namespace charrnn
