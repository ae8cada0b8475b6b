// A loaded model: its weights, one engine for generation and one for inspection.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "engine/factory/make_network.h"
#include "model/file/model_file.h"
#include "serve/http/json.h"

namespace charrnn {

class ServedModel {
 public:
  // Builds the engine for generation; throws Error.
  ServedModel(std::string id, int version, Model model, const EngineOptions& options);

  const std::string& id() const { return id_; }
  int version() const { return version_; }
  const Model& model() const { return model_; }
  const Vocabulary& vocabulary() const { return model_.vocabulary; }
  int32_t border() const { return model_.border(); }
  const ModelConfig& config() const { return model_.config(); }
  const std::string& fingerprint() const { return fingerprint_; }  // "fp_…" of the weights
  int64_t created() const { return created_; }                     // seconds since 1970

  // For the generation thread only.
  Network& generation_engine() { return *generation_engine_; }

  // Calls action(Network&) with the inspection engine, one caller at a time, so that inspection
  // does not block generation.
  template <class Action>
  auto inspect(Action&& action) {
    const std::lock_guard lock(inspection_mutex_);
    return action(inspection_engine());
  }

  // Set when a newer model replaces it: generation finishes its running texts and releases it.
  std::atomic<bool> retired = false;

  // What /charrnn/v1/runs/{id} says about it.
  Json facts() const;

 private:
  Network& inspection_engine();

  const std::string id_;
  const int version_;
  const Model model_;
  const EngineOptions options_;
  const int64_t created_;
  std::string fingerprint_;
  std::unique_ptr<Network> generation_engine_;
  std::mutex inspection_mutex_;
  std::unique_ptr<Network> inspection_engine_;
};

using ServedModelPtr = std::shared_ptr<ServedModel>;

// Encodes a text for the model. Unknown characters throw ApiError (400) that lists them, or are
// left out with skip_unknown. param: the field of the text.
std::vector<int32_t> read_text(const ServedModel& model, const std::string& text,
                               const std::string& param, bool skip_unknown = false);

// How many characters the text has for this model: code points, or bytes.
size_t text_length(const ServedModel& model, std::string_view text);

}  // namespace charrnn
