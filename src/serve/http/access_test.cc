#include "serve/http/access.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

// What a request without a key meets: 0 where it passes, else the refusal's status.
int status_without_key(const std::string& method, const std::string& target) {
  AccessRules rules;
  rules.api_key = "secret";
  Request request;
  request.method = method;
  request.headers = {{"host", "localhost"}, {"content-type", "application/json"}};
  request.has_length = true;
  EXPECT_TRUE(parse_target(target, request));
  try {
    check_access(request, rules);
    return 0;
  } catch (const ApiError& error) {
    return error.status;
  }
}

TEST(EqualInConstantTime, TellsWhetherTheBytesAreTheSame) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  EXPECT_TRUE(equal_in_constant_time(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(equal_in_constant_time(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
}

TEST(EqualInConstantTime, FindsEveryDifferenceAtEveryPlace) {
  const std::string key = "a key of some length \xff\x80";
  for (size_t i = 0; i < key.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = key;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      EXPECT_FALSE(equal_in_constant_time(other, key)) << i << ", bit " << bit;
      EXPECT_FALSE(equal_in_constant_time(key, other)) << i << ", bit " << bit;
    }
  }
}

// A comparison that wraps around the shorter text, or pads it, must not take these for the same.
TEST(EqualInConstantTime, FindsADifferentLength) {
  const std::string key = "secret";
  for (const std::string& other :
       {std::string(), std::string("s"), std::string("secre"), key + key, key + "s", key + '\0',
        std::string(6, '\0'), std::string(4096, 's')}) {
    EXPECT_FALSE(equal_in_constant_time(other, key)) << other;
    EXPECT_FALSE(equal_in_constant_time(key, other)) << other;
  }
  EXPECT_FALSE(equal_in_constant_time("", std::string_view("\0", 1)));
}

TEST(Key, IsNeededByAllButHealthAndThePagesFiles) {
  for (const char* path :
       {"/health", "/v1/health", "/v1/health/", "/", "/index.html", "/assets/index-1.js"}) {
    EXPECT_EQ(status_without_key("GET", path), 0) << path;
    EXPECT_EQ(status_without_key("HEAD", path), 0) << path;
    EXPECT_EQ(status_without_key("POST", path), 401) << path;
  }
  for (const char* path : {"/v1/models", "/models", "/props", "/metrics", "/charrnn/v1/runs",
                           "/charrnn/v1/events", "/%76%31/models", "/v1", "/v1/nothing"}) {
    EXPECT_EQ(status_without_key("GET", path), 401) << path;
  }
}

// Runs bear the names of their folders.
TEST(Key, IsNeededForARunCalledHealth) {
  for (const char* path : {"/v1/models/health", "/charrnn/v1/runs/health", "/charrnn/v1/health",
                           "/v1/health//", "/models/health"}) {
    EXPECT_EQ(status_without_key("GET", path), 401) << path;
  }
}

int status_of_host(const std::string& host, const AccessRules& rules) {
  Request request;
  request.method = "GET";
  request.headers = {{"host", host}};
  EXPECT_TRUE(parse_target("/health", request));
  try {
    check_access(request, rules);
    return 0;
  } catch (const ApiError& error) {
    return error.status;
  }
}

TEST(HostName, IsANameOrAnAddress) {
  EXPECT_EQ(host_name("LocalHost:80"), "localhost");
  EXPECT_EQ(host_name("[::1]:80"), "::1");
  for (const char* host : {"evil.com/.localhost", "a b", "a\\b", "user@localhost", "localhost:8a",
                           "[::1", "[::1]x", "[evil.com/]"}) {
    EXPECT_EQ(host_name(host), "") << host;
  }
}

TEST(Host, OfALoopbackServerIsAName) {
  const AccessRules rules;
  EXPECT_EQ(status_of_host("localhost:8080", rules), 0);
  for (const char* host : {"evil.com", "evil.com/.localhost", "192.0.2.1", ""}) {
    EXPECT_EQ(status_of_host(host, rules), 403) << host;
  }
}

TEST(Host, WhereOthersReachItIsAnAddressOrAnAllowedName) {
  AccessRules rules;
  rules.loopback = false;
  rules.own_name = "Box";
  EXPECT_EQ(status_of_host("192.0.2.1:8080", rules), 0);
  EXPECT_EQ(status_of_host("[2001:db8::1]", rules), 0);
  EXPECT_EQ(status_of_host("box", rules), 0);
  EXPECT_EQ(status_of_host("evil.com", rules), 403) << "without a key a rebound name could read";
  rules.api_key = "secret";
  EXPECT_EQ(status_of_host("any.name", rules), 0) << "who has no key cannot read";
  rules.allowed_hosts = {"good.example"};
  EXPECT_EQ(status_of_host("good.example:443", rules), 0);
  EXPECT_EQ(status_of_host("any.name", rules), 403);
}

using RequestHeaders = std::vector<Header>;

Request request_from(const std::string& origin, const std::string& method = "GET",
                     const RequestHeaders& further = {}) {
  Request request;
  request.method = method;
  request.headers = {{"host", "localhost:8080"}, {"content-type", "application/json"}};
  if (!origin.empty()) request.headers.emplace_back("origin", origin);
  request.headers.insert(request.headers.end(), further.begin(), further.end());
  request.has_length = true;
  EXPECT_TRUE(parse_target("/v1/completions", request));
  return request;
}

// The header's values; empty where it is absent.
std::string value_of(const std::vector<Header>& headers, std::string_view name) {
  std::string values;
  for (const Header& header : headers) {
    if (header.first == name) values += (values.empty() ? "" : "|") + header.second;
  }
  return values;
}

AccessRules rules_for_pages_of(const std::string& origin) {
  AccessRules rules;
  rules.allowed_origins = {parse_origin(origin)};
  return rules;
}

int status_of(const Request& request, const AccessRules& rules) {
  try {
    check_access(request, rules);
    return 0;
  } catch (const ApiError& error) {
    return error.status;
  }
}

TEST(Origin, ThatIsAllowedMayPostFromAnotherSite) {
  const AccessRules rules = rules_for_pages_of("https://pages.example/");
  const RequestHeaders cross_site = {{"sec-fetch-site", "cross-site"}};
  EXPECT_EQ(status_of(request_from("https://pages.example", "POST", cross_site), rules), 0);
  for (const char* origin :
       {"https://other.example", "http://pages.example", "https://pages.example:8443",
        "https://pages.example.evil.com", "null", ""}) {
    EXPECT_EQ(status_of(request_from(origin, "POST", cross_site), rules), 403) << origin;
  }
  EXPECT_EQ(status_of(request_from("https://other.example", "POST"), rules), 403);
  EXPECT_EQ(status_of(request_from("http://localhost:8080", "POST"), rules), 0) << "its own page";
}

TEST(CrossOriginHeaders, NameTheOriginThatMayRead) {
  const AccessRules rules = rules_for_pages_of("https://pages.example");
  const auto headers = cross_origin_headers(request_from("https://pages.example"), rules);
  EXPECT_EQ(value_of(headers, "Access-Control-Allow-Origin"), "https://pages.example");
  EXPECT_EQ(value_of(headers, "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(value_of(headers, "Access-Control-Expose-Headers"), "Retry-After");
  EXPECT_EQ(value_of(headers, "Access-Control-Allow-Methods"), "") << "that is for preflights";
  EXPECT_EQ(value_of(headers, "Vary"), "Origin");
}

// A cache may hand the reply to a page of another origin than the one that asked.
TEST(CrossOriginHeaders, SayToWhomWithoutAWordThatTheReplyVaries) {
  const AccessRules rules = rules_for_pages_of("https://pages.example");
  for (const char* origin : {"", "null", "https://other.example", "https://pages.example:1"}) {
    EXPECT_EQ(cross_origin_headers(request_from(origin), rules),
              (std::vector<Header>{{"Vary", "Origin"}}))
        << origin;
  }
  EXPECT_TRUE(cross_origin_headers(request_from("https://pages.example"), {}).empty());
  EXPECT_EQ(cross_origin_headers({}, rules).size(), 1U) << "a head that could not be read";
}

TEST(CrossOriginHeaders, AllowInAPreflightWhatThePageWantsToSend) {
  const AccessRules rules = rules_for_pages_of("https://pages.example");
  const RequestHeaders wanted = {
      {"access-control-request-method", "POST"},
      {"access-control-request-headers", "authorization,content-type,x-stainless-os"},
      {"access-control-request-private-network", "true"}};
  const Request preflight = request_from("https://pages.example", "OPTIONS", wanted);
  EXPECT_EQ(status_of(preflight, rules), 0);
  const auto headers = cross_origin_headers(preflight, rules);
  EXPECT_EQ(value_of(headers, "Access-Control-Allow-Methods"), "GET, HEAD, POST");
  EXPECT_EQ(value_of(headers, "Access-Control-Allow-Headers"),
            "authorization,content-type,x-stainless-os");
  EXPECT_EQ(value_of(headers, "Access-Control-Max-Age"), "600");
  EXPECT_EQ(value_of(headers, "Access-Control-Allow-Private-Network"), "true");
  const auto foreign =
      cross_origin_headers(request_from("https://other.example", "OPTIONS", wanted), rules);
  EXPECT_EQ(foreign, (std::vector<Header>{{"Vary", "Origin"}}));
}

TEST(CrossOriginHeaders, LetAPreflightPassWithoutTheKey) {
  AccessRules rules = rules_for_pages_of("https://pages.example");
  rules.api_key = "secret";
  const RequestHeaders wanted = {{"access-control-request-method", "POST"}};
  EXPECT_EQ(status_of(request_from("https://pages.example", "OPTIONS", wanted), rules), 0);
  EXPECT_EQ(status_of(request_from("https://pages.example", "POST"), rules), 401);
}

TEST(ParseOrigin, GivesItAsBrowsersSendIt) {
  const std::pair<const char*, const char*> origins[] = {
      {"http://localhost:3000", "http://localhost:3000"},
      {"http://localhost:3000/", "http://localhost:3000"},
      {"HTTPS://Example.ORG", "https://example.org"},
      {"https://example.org:443", "https://example.org"},
      {"http://example.org:80/", "http://example.org"},
      {"http://example.org:443", "http://example.org:443"},
      {"http://127.0.0.1:08080", "http://127.0.0.1:8080"},
      {"http://[::1]:3000", "http://[::1]:3000"},
      {"chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"},
      {"tauri://localhost", "tauri://localhost"},
  };
  for (const auto& [text, expected] : origins) EXPECT_EQ(parse_origin(text), expected);
}

TEST(ParseOrigin, RefusesWhatNoPageHas) {
  for (const char* text : {"",
                           "*",
                           "null",
                           "localhost:3000",
                           "example.org",
                           "http://",
                           "http:///",
                           "://example.org",
                           "http://example.org/app",
                           "http://example.org//",
                           "http://*.example.org",
                           "http://example.org?x",
                           "http://me@example.org",
                           "http://example.org:",
                           "http://a:99999",
                           "http://a:123456789012",
                           "http://a.org,http://b.org",
                           "http://a.org http://b.org",
                           "http://\xc3\xbc.example",
                           "ht tp://a"}) {
    EXPECT_THROW(parse_origin(text), Error) << text;
  }
}

TEST(ParseHost, GivesANameInLowerCaseWithoutItsPort) {
  EXPECT_EQ(parse_host("Box.Example.org"), "box.example.org");
  EXPECT_EQ(parse_host("box:8080"), "box");
  EXPECT_EQ(parse_host("[2001:DB8::1]"), "2001:db8::1");
  EXPECT_EQ(parse_host("2001:DB8::1"), "2001:db8::1");
  for (const char* text : {"", "*", "*.example.org", "http://box", "a,b", "a b"}) {
    EXPECT_THROW(parse_host(text), Error) << text;
  }
}

TEST(ErrorsForClients, TellNoFolders) {
  EXPECT_EQ(without_folder("cannot read a model: too short (/home/ann/runs/a b/model.safetensors)"),
            "cannot read a model: too short (model.safetensors)");
  EXPECT_EQ(without_folder("no path (here)"), "no path (here)");
  EXPECT_EQ(without_folder("a/b: no place"), "a/b: no place");
  const Error error(ErrorKind::kModel, "bad_model", "cannot read: damaged (/x/y.safetensors)", "");
  EXPECT_STREQ(api_error_of(error).what(), "cannot read: damaged (y.safetensors)");
  EXPECT_EQ(api_error_of(error).status, 503);
  EXPECT_EQ(api_error_of(Error(ErrorKind::kUsage, "x", "m", "")).status, 400);
}

}  // namespace
}  // namespace charrnn
