// The head of every reply, with the security headers for browsers.
#include <fmt/core.h>

#include <ctime>

#include "serve/connections/connection.h"

namespace charrnn {
namespace {

constexpr std::string_view kRules =
    "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'; base-uri 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  gmtime_r(&now, &parts);
  char text[40];
  std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

bool is_printable(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

}  // namespace

std::string response_head(const Response& response, int64_t length, bool is_http_11,
                          bool keep_alive) {
  std::string head =
      fmt::format("HTTP/1.{} {} {}\r\nDate: {}\r\nServer: charrnn\r\n", is_http_11 ? 1 : 0,
                  response.status, status_text(response.status), http_date());
  bool has_cache_rule = false;
  for (const auto& [name, value] : response.headers) {
    if (!is_printable(name) || !is_printable(value)) continue;  // nothing can break out of a header
    head += fmt::format("{}: {}\r\n", name, value);
    has_cache_rule = has_cache_rule || name == "Cache-Control";
  }
  if (!has_cache_rule) head += "Cache-Control: no-store\r\n";
  const bool has_body = response.status != 204 && response.status != 304;
  if (has_body) head += fmt::format("Content-Type: {}\r\n", response.type);
  if (has_body && length >= 0) head += fmt::format("Content-Length: {}\r\n", length);
  if (has_body && length < 0 && is_http_11) head += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive) head += "Connection: close\r\n";
  if (keep_alive && !is_http_11) head += "Connection: keep-alive\r\n";
  head += kRules;
  head += "\r\n";
  return head;
}

}  // namespace charrnn
