#include "serve/models/served_model.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <ctime>

#include "base/random.h"
#include "model/cells/saved_names.h"
#include "model/file/reading_rules.h"
#include "serve/http/api_error.h"
#include "serve/http/fields.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

std::unique_ptr<Network> loaded_engine(const Model& model, const EngineOptions& options) {
  auto engine = make_network(model.config(), options);
  engine->load_weights(model.weights);
  return engine;
}

// Both engines use the same device, chosen for generation, which users wait for; the number of
// concurrent texts is unknown.
EngineOptions with_device(EngineOptions options, const ModelConfig& config) {
  options.workload = sampling_workload(config, 1) * kEndless;
  options.device = chosen_device(options);
  return options;
}

std::string fingerprint_of(const Parameters& weights) {
  uint64_t hash = weights.values().size();
  for (const float value : weights.values()) hash = mix64(hash ^ std::bit_cast<uint32_t>(value));
  return fmt::format("fp_{:016x}", hash);
}

}  // namespace

ServedModel::ServedModel(std::string id, int version, Model model, const EngineOptions& options)
    : id_(std::move(id)),
      version_(version),
      model_(std::move(model)),
      options_(with_device(options, model_.config())),
      created_(std::time(nullptr)),
      fingerprint_(fingerprint_of(model_.weights)),
      generation_engine_(loaded_engine(model_, options_)) {}

Network& ServedModel::inspection_engine() {
  // One thread: several would meet at every character, which takes minutes while a training
  // occupies all cores.
  EngineOptions options = options_;
  options.threads = 1;
  if (!inspection_engine_) inspection_engine_ = loaded_engine(model_, options);
  return *inspection_engine_;
}

Json ServedModel::facts() const {
  const ModelConfig& c = config();
  const EngineInfo info = generation_engine_->info();
  Json vocabulary_json = Json::array();
  for (const char32_t symbol : vocabulary().symbols()) vocabulary_json.push_back(utf8_text(symbol));
  return {{"cell", cell_traits(c.cell).name},
          {"layers", c.layers},
          {"hidden_size", c.hidden_size},
          {"embedding_size", c.embedding_size},
          {"vocabulary_size", c.vocabulary_size},
          {"parameters", parameter_count(c)},
          {"lowercase", vocabulary().lowercase()},
          {"encoding", vocabulary().encoding() == Encoding::kBytes ? "bytes" : "utf-8"},
          {"one_hot", c.one_hot},
          {"gates", saved_names(c.cell)},
          {"vocabulary", vocabulary_json},
          {"facts", model_.facts},
          {"fingerprint", fingerprint_},
          {"engine",
           {{"device", info.device},
            {"isa", info.isa},
            {"precision", info.precision},
            {"threads", info.threads}}}};
}

std::vector<int32_t> read_text(const ServedModel& model, const std::string& text,
                               const std::string& param, bool skip_unknown) {
  Vocabulary::Encoded encoded = model.vocabulary().encode(with_line_ends_of(model.model(), text));
  if (encoded.unknown.empty() || skip_unknown) return std::move(encoded.ids);
  std::string list;
  std::vector<char32_t> seen;
  for (const auto& unknown : encoded.unknown) {
    if (std::find(seen.begin(), seen.end(), unknown.symbol) != seen.end()) continue;
    if (seen.size() == 10) {
      list += ", …";
      break;
    }
    list += fmt::format("{}U+{:04X} at {}", seen.empty() ? "" : ", ",
                        static_cast<uint32_t>(unknown.symbol), unknown.position);
    seen.push_back(unknown.symbol);
  }
  throw ApiError(400, fmt::format("the model does not know these characters: {}", list), param,
                 "unknown_characters");
}

size_t text_length(const ServedModel& model, std::string_view text) {
  return model.vocabulary().encoding() == Encoding::kBytes ? text.size() : count_characters(text);
}

}  // namespace charrnn
