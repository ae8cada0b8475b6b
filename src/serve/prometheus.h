// Server metrics in Prometheus' text format.
#pragma once

#include <string>

#include "serve/connections/http_server.h"
#include "serve/http/event_log.h"
#include "serve/models/generation_scheduler.h"

namespace charrnn {

std::string prometheus_text(const HttpCounts& http, const GenerationScheduler::Counts& generation,
                            size_t listeners);

}  // namespace charrnn
