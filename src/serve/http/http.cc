#include "serve/http/http.h"

#include <algorithm>
#include <cctype>

namespace charrnn {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool percent_decode(std::string_view text, bool plus_is_space, std::string& decoded) {
  decoded.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return false;
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return false;
    decoded.push_back(c);
  }
  return true;
}

bool parse_query(std::string_view text, std::vector<Header>& query) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    const size_t equals = std::min(part.find('='), part.size());
    Header pair;
    if (!percent_decode(part.substr(0, equals), true, pair.first)) return false;
    if (equals < part.size() && !percent_decode(part.substr(equals + 1), true, pair.second)) {
      return false;
    }
    if (!pair.first.empty()) query.push_back(std::move(pair));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

std::string_view first_of(const std::vector<Header>& list, std::string_view name) {
  for (const Header& entry : list) {
    if (entry.first == name) return entry.second;
  }
  return {};
}

// Takes "http://authority" off a target as it is sent to proxies. The authority is the host that is
// asked for, whatever the Host header says (RFC 9112, 3.2.2).
bool take_authority(std::string_view& target, Request& request) {
  const size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string name(target.substr(0, scheme));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (name != "http" && name != "https") return false;
  target.remove_prefix(scheme + 3);
  const std::string_view authority = target.substr(0, target.find_first_of("/?#"));
  if (authority.empty() || authority.find('@') != std::string_view::npos) return false;
  target.remove_prefix(authority.size());
  for (auto& [header, value] : request.headers) {
    if (header == "host") value = authority;
  }
  return true;
}

}  // namespace

std::string_view Request::header(std::string_view name) const { return first_of(headers, name); }

std::string_view Request::query_value(std::string_view name) const { return first_of(query, name); }

int Request::count_headers(std::string_view name) const {
  return static_cast<int>(std::count_if(headers.begin(), headers.end(),
                                        [name](const Header& h) { return h.first == name; }));
}

bool parse_target(std::string_view target, Request& request) {
  request.target = target;
  if (target == "*") return request.method == "OPTIONS";
  if (!target.starts_with('/') && !take_authority(target, request)) return false;
  target = target.substr(0, target.find('#'));
  const size_t question = std::min(target.find('?'), target.size());
  if (question < target.size() && !parse_query(target.substr(question + 1), request.query)) {
    return false;
  }
  std::string_view path = target.substr(0, question);
  if (path.starts_with('/')) path.remove_prefix(1);  // "http://host" has none
  std::string segment;
  while (true) {
    const size_t end = std::min(path.find('/'), path.size());
    if (!percent_decode(path.substr(0, end), false, segment)) return false;
    request.path.push_back(segment);
    if (end == path.size()) break;
    path.remove_prefix(end + 1);
  }
  const size_t count = request.path.size();
  const bool has_final_slash = count > 1 && request.path.back().empty();
  if (has_final_slash && !request.path[count - 2].empty()) request.path.pop_back();
  return true;
}

std::string_view status_text(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

}  // namespace charrnn
