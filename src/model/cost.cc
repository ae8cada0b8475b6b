#include "model/cost.h"

namespace charrnn {

double recurrent_products(const ModelConfig& config) {
  const double square = double{1} * config.gates() * config.hidden_size * config.hidden_size;
  return square * (2 * config.layers - 1);
}

double output_products(const ModelConfig& config) {
  return double{1} * config.hidden_size * config.vocabulary_size;
}

double training_flops(const ModelConfig& config, int64_t steps, int64_t streams,
                      bool last_step_only) {
  const double characters = static_cast<double>(steps) * static_cast<double>(streams);
  const double losses = last_step_only ? static_cast<double>(streams) : characters;
  const double gate_rows = double{1} * config.gates() * config.hidden_size;
  const double first_state =
      2 * gate_rows * config.hidden_size * config.layers * static_cast<double>(streams);
  const double table =
      config.one_hot ? 0 : 6.0 * config.vocabulary_size * config.embedding_size * gate_rows;
  return 6 * recurrent_products(config) * characters - first_state +
         6 * output_products(config) * losses + table;
}

double forward_flops(const ModelConfig& config) {
  return 2 * (recurrent_products(config) + output_products(config));
}

double weight_bytes(const ModelConfig& config, double bytes_per_weight) {
  const double row = 4.0 * config.gates() * config.hidden_size;
  return bytes_per_weight * (recurrent_products(config) + output_products(config)) + row;
}

}  // namespace charrnn
