// For tests: models with every number random.
#pragma once

#include <random>

#include "model/file/model_file.h"

namespace charrnn {

inline Model random_model(const ModelConfig& config, uint32_t seed = 1) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, 0.5f);
  Model model;
  model.weights = Parameters(config);
  for (float& value : model.weights.values()) value = normal(generator);
  if (config.one_hot) {
    for (int i = 0; i < config.vocabulary_size * config.embedding_size; ++i) {
      model.weights.embedding()[i] = i % (config.vocabulary_size + 1) == 0 ? 1.0f : 0.0f;
    }
  }
  std::vector<char32_t> symbols;
  for (int i = 0; i < config.vocabulary_size; ++i) symbols.push_back(static_cast<char32_t>(i * 7));
  model.vocabulary = Vocabulary(symbols, Encoding::kUtf8, false);
  return model;
}

}  // namespace charrnn
