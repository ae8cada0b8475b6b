#include "serve/http/api_error.h"

#include "serve/http/json.h"

namespace charrnn {
namespace {

std::string_view error_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 503) return "unavailable_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace

ApiError unavailable(const std::string& message, const std::string& code, int retry_after) {
  ApiError error(503, message, "", code);
  error.retry_after = retry_after;
  return error;
}

ApiError api_error_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kUsage:
    case ErrorKind::kData:
      return ApiError(400, error.what(), "", error.code());
    case ErrorKind::kModel:
    case ErrorKind::kIo:
    case ErrorKind::kLimit:
      return unavailable(without_folder(error.what()), error.code());
    default:
      return ApiError(500, without_folder(error.what()), "", error.code());
  }
}

std::string without_folder(std::string_view message) {
  if (!message.ends_with(')')) return std::string(message);
  const size_t open = message.rfind(" (");
  if (open == std::string_view::npos) return std::string(message);
  const size_t begin = open + 2;
  const size_t slash = message.rfind('/');
  if (slash == std::string_view::npos || slash < begin) return std::string(message);
  return std::string(message.substr(0, begin)) + std::string(message.substr(slash + 1));
}

std::string error_body(const ApiError& error) {
  return dump_json({{"error",
                     {{"message", error.what()},
                      {"type", error_type(error.status)},
                      {"param", text_or_null(error.param)},
                      {"code", text_or_null(error.code)}}}});
}

Response error_response(const ApiError& error) {
  Response response;
  response.status = error.status;
  response.body = error_body(error);
  if (error.retry_after > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after));
  }
  if (error.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace charrnn
