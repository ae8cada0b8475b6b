// An error sent to the client, in OpenAI's format.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/error.h"
#include "serve/http/http.h"

namespace charrnn {

class ApiError : public std::runtime_error {
 public:
  // param and code: empty stands for null.
  ApiError(int http_status, const std::string& message, std::string field = {},
           std::string code_name = {})
      : std::runtime_error(message),
        status(http_status),
        param(std::move(field)),
        code(std::move(code_name)) {}

  int status;
  std::string param;
  std::string code;
  int retry_after = 0;  // seconds; 0: no such header
};

ApiError unavailable(const std::string& message, const std::string& code, int retry_after = 1);

// Maps an Error of the folders below to an error for the client.
ApiError api_error_of(const Error& error);

// An Error's message, "WHAT: WHY (WHERE)", with no more of a path than the file's name: where the
// server keeps its files is not for clients.
std::string without_folder(std::string_view message);

std::string error_body(const ApiError& error);
Response error_response(const ApiError& error);

}  // namespace charrnn
