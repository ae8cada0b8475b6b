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
  for (const char* path : {"/health", "/v1/health", "/", "/index.html", "/assets/index-1.js"}) {
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
                           "/v1/health/", "/models/health"}) {
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
