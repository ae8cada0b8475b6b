#include "serve/http/access.h"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"

namespace charrnn {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// No name that a foreign site could point at this machine (DNS rebinding).
bool is_ip_address(const std::string& name) {
  in6_addr bytes;
  return ::inet_pton(AF_INET, name.c_str(), &bytes) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), &bytes) == 1;
}

bool has_only(std::string_view text, bool (*allowed)(char)) {
  return std::all_of(text.begin(), text.end(), allowed);
}

bool is_of_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
}

bool is_of_ipv6(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) || c == ':' || c == '.';
}

void check_host(const Request& request, const AccessRules& rules) {
  const int hosts = request.count_headers("host");
  if (hosts > 1) throw ApiError(400, "there are two Host headers", "", "bad_host");
  if (hosts == 0) {
    if (request.is_http_11) throw ApiError(400, "the Host header is missing", "", "bad_host");
    return;
  }
  // Who has no key cannot use the names of others either.
  if (!rules.loopback && rules.allowed_hosts.empty() && !rules.api_key.empty()) return;
  const std::string name = host_name(request.header("host"));
  if (is_loopback_name(name) || (!name.empty() && name == lower(rules.own_name)) ||
      contains(rules.allowed_hosts, name) || (!rules.loopback && is_ip_address(name))) {
    return;
  }
  throw ApiError(403, "this Host is not served here; --allowed-hosts adds names", "",
                 "forbidden_host");
}

bool is_allowed_origin(const Request& request, const AccessRules& rules) {
  return contains(rules.allowed_origins, lower(request.header("origin")));
}

// Whether the request comes from a page of this server, or from no page.
bool is_own_origin(const Request& request) {
  const std::string origin = lower(request.header("origin"));
  if (origin.empty()) return true;
  const std::string own = lower(request.header("host"));
  return origin == "http://" + own || origin == "https://" + own;
}

void check_origin(const Request& request, const AccessRules& rules) {
  if (is_allowed_origin(request, rules)) return;
  if (request.header("sec-fetch-site") == "cross-site") {
    throw ApiError(403, "requests from other sites are refused; --allowed-origins adds some", "",
                   "forbidden_origin");
  }
  if (is_own_origin(request)) return;
  throw ApiError(403, "this Origin is not allowed; --allowed-origins adds some", "",
                 "forbidden_origin");
}

bool is_json(std::string_view type) {
  const std::string name = lower(type.substr(0, type.find(';')));
  const size_t end = name.find_last_not_of(" \t");
  return name.substr(0, end + 1) == "application/json";
}

// Only these two paths: a run may be called health.
bool is_health(const Request& request) {
  const std::vector<std::string>& path = request.path;
  return path.back() == "health" && (path.size() == 1 || (path.size() == 2 && path[0] == "v1"));
}

// What needs no key: the health check and the page's own files.
bool needs_key(const Request& request) {
  if (request.method == "POST" || request.path.empty()) return true;
  const std::string& first = request.path[0];
  const bool is_api = first == "v1" || first == "charrnn" || first == "models" ||
                      first == "props" || first == "metrics";
  return is_api && !is_health(request);
}

void check_key(const Request& request, const AccessRules& rules) {
  if (rules.api_key.empty() || !needs_key(request)) return;
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view given = request.header("authorization");
  const bool has_scheme = lower(given.substr(0, kScheme.size())) == kScheme;
  const std::string_view key = has_scheme ? given.substr(kScheme.size()) : std::string_view();
  if (!equal_in_constant_time(key, rules.api_key)) {
    throw ApiError(401, "the API key is missing or wrong", "", "invalid_api_key");
  }
}

constexpr auto kPreflightAge = "600";  // seconds that a browser may remember one

bool is_preflight(const Request& request) {
  return request.method == "OPTIONS" && !request.header("access-control-request-method").empty();
}

// What a page may send. All headers: those without a meaning here are ignored, and clients add
// their own (OpenAI's a dozen).
void add_preflight_headers(const Request& request, std::vector<Header>& headers) {
  headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST");
  const std::string_view wanted = request.header("access-control-request-headers");
  if (!wanted.empty()) headers.emplace_back("Access-Control-Allow-Headers", wanted);
  headers.emplace_back("Access-Control-Max-Age", kPreflightAge);
  if (request.header("access-control-request-private-network") == "true") {
    headers.emplace_back("Access-Control-Allow-Private-Network", "true");
  }
}

bool is_of_scheme(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.';
}

// host or host:port of an origin, with a port that says something; empty where it is neither.
std::string origin_authority(std::string_view authority, std::string_view scheme) {
  const std::string name = host_name(authority);
  if (name.empty()) return {};
  const bool is_ipv6 = authority.starts_with('[');
  std::string host = is_ipv6 ? "[" + name + "]" : name;
  // host_name() leaves nothing but ":digits" behind the name.
  const std::string_view rest = authority.substr(host.size());
  if (rest.empty()) return host;
  const std::string_view digits = rest.substr(1);
  if (digits.empty() || digits.size() > 5 || std::stoi(std::string(digits)) > 65535) return {};
  const int port = std::stoi(std::string(digits));
  const bool is_implied = (scheme == "http" && port == 80) || (scheme == "https" && port == 443);
  return is_implied ? host : fmt::format("{}:{}", host, port);
}

}  // namespace

std::vector<Header> cross_origin_headers(const Request& request, const AccessRules& rules) {
  std::vector<Header> headers;
  if (rules.allowed_origins.empty()) return headers;
  headers.emplace_back("Vary", "Origin");  // without one, too: a cache must not mix them up
  if (!is_allowed_origin(request, rules)) return headers;
  headers.emplace_back("Access-Control-Allow-Origin", request.header("origin"));
  headers.emplace_back("Access-Control-Allow-Credentials", "true");
  headers.emplace_back("Access-Control-Expose-Headers", "Retry-After");
  if (is_preflight(request)) add_preflight_headers(request, headers);
  return headers;
}

std::string parse_origin(std::string_view text) {
  std::string_view rest = text;
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const size_t mark = rest.find("://");
  if (mark != std::string_view::npos && mark > 0 && has_only(rest.substr(0, mark), is_of_scheme)) {
    const std::string scheme = lower(rest.substr(0, mark));
    const std::string authority = origin_authority(rest.substr(mark + 3), scheme);
    if (!authority.empty()) return scheme + "://" + authority;
  }
  throw Error(ErrorKind::kUsage, "bad_origin",
              fmt::format("--allowed-origins: not an origin of a page ({})", text),
              "write scheme, name and port, as in http://localhost:3000; every origin by itself");
}

std::string parse_host(std::string_view text) {
  std::string name = host_name(text);
  // An IPv6 address without brackets is one, too.
  if (!name.empty()) return name;
  if (is_ip_address(std::string(text))) return lower(text);
  throw Error(ErrorKind::kUsage, "bad_host",
              fmt::format("--allowed-hosts: not a name of a machine ({})", text),
              "write a name, as in box.example.org; every name by itself");
}

std::string host_name(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view rest = host.substr(end + 1);
    if (!rest.empty() && (rest[0] != ':' || !all_digits(rest.substr(1)))) return {};
    const std::string_view address = host.substr(1, end - 1);
    return has_only(address, is_of_ipv6) ? lower(address) : std::string();
  }
  const size_t colon = host.find(':');
  if (colon != std::string_view::npos && !all_digits(host.substr(colon + 1))) return {};
  const std::string_view name = host.substr(0, colon);
  return has_only(name, is_of_name) ? lower(name) : std::string();
}

bool is_loopback_name(std::string_view name) {
  if (name == "localhost" || name.ends_with(".localhost") || name == "::1") return true;
  if (!name.starts_with("127.")) return false;
  int dots = 0;
  std::string_view rest = name;
  while (true) {  // four numbers of at most 255
    const size_t end = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (!all_digits(part) || part.size() > 3 || std::stoi(std::string(part)) > 255) return false;
    if (end == rest.size()) return dots == 3;
    ++dots;
    rest.remove_prefix(end + 1);
  }
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

void check_same_origin(const Request& request) {
  const std::string_view site = request.header("sec-fetch-site");
  const bool is_own_site = site.empty() || site == "same-origin" || site == "none";
  if (is_own_site && is_own_origin(request)) return;
  throw ApiError(403, "only this server's own page may ask for this", "", "forbidden_origin");
}

void check_access(const Request& request, const AccessRules& rules) {
  check_host(request, rules);
  if (request.method == "OPTIONS")
    return;  // a preflight carries no key; its headers are the answer
  const bool is_stream = request.path.size() > 1 && request.path.back() == "events";
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (!is_read || is_stream) check_origin(request, rules);
  check_key(request, rules);
  if (request.method != "POST") return;
  if (!is_json(request.header("content-type"))) {
    throw ApiError(415, "a POST must say content-type: application/json", "", "unsupported_type");
  }
  if (!request.has_length) throw ApiError(411, "the length is missing", "", "length_required");
}

}  // namespace charrnn
