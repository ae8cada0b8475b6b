// Runs an endpoint for a request.
#pragma once

#include <functional>
#include <string>

#include "serve/http/http.h"

namespace charrnn {

// Whatever the endpoint throws becomes the reply of this request alone. Throws nothing: where
// memory does not suffice for the reply either, the exchange ends without one.
void answer(const ExchangePtr& exchange, const std::function<void()>& endpoint,
            const std::function<void(const std::string&)>& log) noexcept;

}  // namespace charrnn
