#include "serve/api/router.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace charrnn {
namespace {

Request request_of(const std::string& method, const std::string& target) {
  Request request;
  request.method = method;
  EXPECT_TRUE(parse_target(target, request)) << target;
  return request;
}

// The path of the route that is found, and what stands in place of "{}"; or the allowed methods.
std::string found(const std::string& method, const std::string& target) {
  const RouteMatch match = find_route(api_routes(), request_of(method, target));
  if (match.route) {
    return std::string(match.route->path) + (match.segment.empty() ? "" : " " + match.segment);
  }
  std::string allowed;
  for (const std::string_view other : match.allowed) allowed += "!" + std::string(other);
  return allowed;
}

TEST(Routes, AreFoundByMethodAndPath) {
  EXPECT_EQ(found("POST", "/v1/completions"), "/v1/completions");
  EXPECT_EQ(found("GET", "/v1/completions"), "!POST");
  EXPECT_EQ(found("DELETE", "/v1/models"), "!GET");
  EXPECT_EQ(found("HEAD", "/v1/models"), "/v1/models");
  EXPECT_EQ(found("GET", "/charrnn/v1/runs/my%20run/metrics?points=9"),
            "/charrnn/v1/runs/{}/metrics my run");
  EXPECT_EQ(found("GET", "/charrnn/v1/runs/metrics"), "/charrnn/v1/runs/{} metrics");
  EXPECT_EQ(found("GET", "/charrnn/v1/runs/a%2Fb"), "/charrnn/v1/runs/{} a/b");
  for (const char* path : {"/", "/v1", "/v1/completions/x", "/charrnn/v1/runs/a/b/metrics",
                           "/charrnn/v1/runs//metrics", "/V1/models", "/v1//models"}) {
    EXPECT_EQ(found("GET", path), "") << path;
  }
}

TEST(Routes, AreFoundWithASlashAtTheEnd) {
  EXPECT_EQ(found("POST", "/v1/completions/"), "/v1/completions");
  EXPECT_EQ(found("POST", "/completion/"), "/completion");
  EXPECT_EQ(found("GET", "/v1/models/?x=1"), "/v1/models");
  EXPECT_EQ(found("GET", "/v1/models/small/"), "/v1/models/{} small");
  EXPECT_EQ(found("POST", "/v1/completions//"), "");
  EXPECT_EQ(request_of("GET", "/").path, (std::vector<std::string>{""}));
  EXPECT_EQ(request_of("GET", "//").path, (std::vector<std::string>{"", ""}));
}

TEST(Routes, OfOpenAiAreFoundWithoutTheVersion) {
  EXPECT_EQ(found("POST", "/completions"), "/completions");
  EXPECT_EQ(found("GET", "/models"), "/models");
}

// Of two routes for one method and path only the first could be found.
TEST(Routes, AreAllDifferent) {
  const auto routes = api_routes();
  for (const Route& route : routes) {
    EXPECT_TRUE(route.path.starts_with('/') && !route.path.ends_with('/')) << route.path;
    EXPECT_TRUE(route.method == "GET" || route.method == "POST") << route.method;
    EXPECT_EQ(std::count_if(routes.begin(), routes.end(),
                            [&route](const Route& other) {
                              return other.path == route.path && other.method == route.method;
                            }),
              1)
        << route.path;
  }
}

TEST(NothingThere, SaysWhatOpenAisOtherPathsLackAndWhatThereIs) {
  for (const auto& [path, why] : std::vector<std::pair<std::string, std::string>>{
           {"/v1/chat/completions", "know no messages"},
           {"/v1/chat/completions/", "know no messages"},
           {"/chat/completions", "know no messages"},
           {"/v1/responses", "know no messages"},
           {"/v1/embeddings", "no embeddings"},
           {"/embedding", "no embeddings"},
           {"/infill", "forwards only"},
           {"/v1/elsewhere", "nothing at this path"},
           {"/v1/models/a/embeddings", "nothing at this path"}}) {
    const std::string message = nothing_there(request_of("POST", path));
    EXPECT_NE(message.find(why), std::string::npos) << path << ": " << message;
    EXPECT_NE(message.find("POST /v1/completions"), std::string::npos);
    EXPECT_EQ(found("POST", path), "") << path;
  }
}

}  // namespace
}  // namespace charrnn
