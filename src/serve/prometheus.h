// Server metrics in Prometheus' text format.
#pragma once

#include <string>

#include "serve/event_log.h"
#include "serve/generation.h"
#include "serve/http_server.h"

namespace charrnn {

std::string prometheus_text(const HttpCounts& http, const Generation::Counts& generation,
                            size_t listeners);

}  // namespace charrnn
