#include "train/initial_model.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "model/initial_values.h"
#include "train/settings/config_file.h"

namespace charrnn {
namespace {

// Copies the columns of each row that both matrices have.
void copy_columns(std::span<const float> from, std::span<float> to, size_t rows) {
  const size_t from_columns = from.size() / rows, to_columns = to.size() / rows;
  for (size_t row = 0; row < rows; ++row) {
    std::copy_n(from.begin() + row * from_columns, std::min(from_columns, to_columns),
                to.begin() + row * to_columns);
  }
}

std::string_view init_name(InitialValues init) {
  switch (init) {
    case InitialValues::kPyTorch:
      return "pytorch";
    case InitialValues::kCharRnn:
      return "char-rnn";
    case InitialValues::kOrthogonal:
      return "orthogonal";
  }
  return "";
}

}  // namespace

Untrained untrained_network(const ModelConfig& config, std::string_view config_text) {
  TrainingSettings settings;
  if (!config_text.empty()) {
    OptionTable options;
    settings.declare(options);
    try {
      read_config_text(config_text, "config.toml", options);
    } catch (const Error&) {
      settings = {};
    }
  }
  MersenneTwister generator(1);
  Parameters weights = fresh_values(config, settings, generator);
  return {std::move(weights), init_name(settings.initial_values), settings.forget_bias};
}

void check_same_network(ModelConfig model, const ModelConfig& wanted) {
  model.vocabulary_size = wanted.vocabulary_size;
  if (model.one_hot) model.embedding_size = model.vocabulary_size;
  if (model == wanted) return;
  throw Error(ErrorKind::kUsage, "init_from_conflict",
              fmt::format("--init-from: the model is another network ({}, {} × {}, embedding {}) "
                          "than the options ask for ({}, {} × {}, embedding {})",
                          cell_traits(model.cell).name, model.layers, model.hidden_size,
                          model.embedding_size, cell_traits(wanted.cell).name, wanted.layers,
                          wanted.hidden_size, wanted.embedding_size),
              "leave out --cell, --layers, --hidden-size and --embedding-size: the model has them");
}

Vocabulary joined(const Vocabulary& known, const Vocabulary& more) {
  std::vector<char32_t> symbols = known.symbols();
  for (const char32_t symbol : more.symbols()) {
    if (!known.find(symbol)) symbols.push_back(symbol);
  }
  return Vocabulary(std::move(symbols), known.encoding(), known.lowercase());
}

void renumber(Corpus& corpus, const Vocabulary& vocabulary) {
  if (corpus.vocabulary == vocabulary) return;
  std::vector<int32_t> new_ids;
  for (const char32_t symbol : corpus.vocabulary.symbols()) {
    const auto id = vocabulary.find(symbol);
    check(id.has_value(), "a text is numbered by a vocabulary that has all its characters");
    new_ids.push_back(*id);
  }
  corpus.ids.grow_vocabulary(vocabulary.size());
  corpus.ids.renumber(new_ids);
  corpus.vocabulary = vocabulary;
}

Parameters fresh_values(const ModelConfig& config, const TrainingSettings& settings,
                        MersenneTwister& generator) {
  Parameters parameters(config);
  switch (settings.initial_values) {
    case InitialValues::kPyTorch:
      fill_like_pytorch(parameters, generator);
      break;
    case InitialValues::kCharRnn:
      fill_like_char_rnn(parameters, generator);
      break;
    case InitialValues::kOrthogonal:
      fill_orthogonal(parameters, generator);
      break;
  }
  add_forget_bias(parameters, static_cast<float>(settings.forget_bias));
  return parameters;
}

Parameters grown(const Model& model, Parameters fresh) {
  const ModelConfig& config = fresh.config();
  check_same_network(model.config(), config);
  const bool one_hot = config.one_hot;
  for (int i = 0; i < static_cast<int>(fresh.layout().size()); ++i) {
    const auto from = model.weights.tensor(i);
    const auto to = fresh.tensor(i);
    if (one_hot && i == 0) continue;  // the identity stays it
    if (one_hot && i == 1) {          // weight_ih_l0: a column for each character
      copy_columns(from, to, static_cast<size_t>(config.gates()) * config.hidden_size);
    } else {  // characters are rows, so that those of the model come first
      std::copy_n(from.begin(), std::min(from.size(), to.size()), to.begin());
    }
  }
  return fresh;
}

}  // namespace charrnn
