// What a charrnn_model points to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine_options.h"
#include "library/charrnn.h"
#include "library/network_pool.h"
#include "model/file/model_file.h"

// Never changed once it is made.
struct charrnn_model {
  charrnn_model(charrnn::Model loaded, const charrnn::EngineOptions& engine);

  std::shared_ptr<const charrnn::Model> model;
  std::shared_ptr<charrnn::library::NetworkPool> networks;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<std::string> characters;  // by id, as UTF-8
};
