#include "serve/prometheus.h"

#include <fmt/core.h>

namespace charrnn {

std::string prometheus_text(const HttpCounts& http, const GenerationScheduler::Counts& generation,
                            size_t listeners) {
  std::string text;
  const auto add = [&text](const char* name, const char* type, const char* help, auto value) {
    text += fmt::format("# HELP charrnn:{0} {1}\n# TYPE charrnn:{0} {2}\ncharrnn:{0} {3}\n", name,
                        help, type, value);
  };
  const double seconds = generation.seconds;
  add("requests_processing", "gauge", "Texts being generated.", generation.running);
  add("requests_deferred", "gauge", "Texts that wait for a free location.", generation.waiting);
  add("tokens_predicted_total", "counter", "Characters generated.", generation.characters);
  add("tokens_predicted_seconds_total", "counter", "Seconds spent generating.", seconds);
  add("prompt_tokens_total", "counter", "Characters of prompts.", generation.prompt_characters);
  add("predicted_tokens_seconds", "gauge", "Characters generated a second, all texts together.",
      seconds > 0 ? static_cast<double>(generation.characters) / seconds : 0.0);
  add("http_requests_total", "counter", "Requests read.", http.requests.load());
  add("http_client_errors_total", "counter", "Replies 400 to 499.", http.client_errors.load());
  add("http_server_errors_total", "counter", "Replies 500 to 599.", http.server_errors.load());
  add("http_connections", "gauge", "Connections open.", http.connections.load());
  add("http_connections_total", "counter", "Connections accepted.", http.accepted.load());
  add("http_connections_refused_total", "counter", "Connections refused for a limit.",
      http.refused.load());
  add("event_listeners", "gauge", "Streams of run events open.", listeners);
  return text;
}

}  // namespace charrnn
