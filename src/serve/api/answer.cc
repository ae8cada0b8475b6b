#include "serve/api/answer.h"

#include <fmt/core.h>

#include "base/error.h"
#include "serve/http/api_error.h"

namespace charrnn {
namespace {

void answer_or_throw(const ExchangePtr& exchange, const std::function<void()>& endpoint,
                     const std::function<void(const std::string&)>& log) {
  try {
    endpoint();
  } catch (const ApiError& error) {
    exchange->respond(error_response(error));
  } catch (const Error& error) {
    exchange->respond(error_response(api_error_of(error)));
  } catch (const std::bad_alloc&) {
    exchange->respond(error_response(unavailable("out of memory", "out_of_memory")));
    log("a request ran out of memory");
  } catch (const std::exception& error) {
    exchange->respond(
        error_response(ApiError(500, "the server failed on this request", "", "internal")));
    log(fmt::format("a request failed: {}", error.what()));
  }
}

}  // namespace

void answer(const ExchangePtr& exchange, const std::function<void()>& endpoint,
            const std::function<void(const std::string&)>& log) noexcept {
  try {
    answer_or_throw(exchange, endpoint, log);
  } catch (...) {
    // The exchange ends the reply as well as it can when it is dropped.
  }
}

}  // namespace charrnn
