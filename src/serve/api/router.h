// Maps method and path to an endpoint and to the thread it runs on.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/http/http.h"

namespace charrnn {

struct Api;

// Where an endpoint runs.
enum class Pool {
  kLight,  // reads requests and small files
  kFiles,  // reads files that may be long
  kHeavy,  // computes
};

struct Route {
  std::string_view method;  // GET answers HEAD too
  std::string_view path;    // "{}" stands for one segment, handed to the endpoint
  Pool pool;
  std::function<void(Api&, const ExchangePtr&, const std::string& segment)> endpoint;
};

struct RouteMatch {
  const Route* route = nullptr;  // nullptr: see allowed
  std::string segment;
  std::vector<std::string_view> allowed;  // methods of this path; empty: no such path
};

RouteMatch find_route(std::span<const Route> routes, const Request& request);

// Where trainings are listed and started; its requests carry whole texts.
inline constexpr std::string_view kTrainingsPath = "/charrnn/v1/trainings";

// All endpoints except the page's files, /health and /metrics.
std::span<const Route> api_routes();

// Why a request finds no route, and what there is instead: for the 404.
std::string nothing_there(const Request& request);

}  // namespace charrnn
