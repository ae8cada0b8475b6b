// The model registry: the models below a path, loaded on first use and reloaded when their files
// change. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "serve/models/run_files.h"
#include "serve/models/served_model.h"

namespace charrnn {

class ModelRegistry {
 public:
  struct Settings {
    std::string path;  // model file, run folder or folder of runs; may be empty
    // Makes the model "built-in" when it is first asked for; none: there is no such. With it, path
    // need not be there yet.
    std::function<Model()> built_in;
    int max_loaded = 4;  // models in memory; the least recently used is dropped
    EngineOptions engine;
  };
  // Loads a model file that is named itself. Throws Error (kIo, kModel) where there is nothing to
  // serve.
  explicit ModelRegistry(Settings settings);

  // Loads the model if needed. id empty: the default. Throws ApiError (404: no such model, no model
  // yet; 503: the file is not a model).
  ServedModelPtr get(const std::string& id);
  // nullptr if it is not loaded.
  ServedModelPtr loaded(const std::string& id);
  RunLocation location(const std::string& id);  // throws ApiError (404)
  std::vector<RunLocation> locations();
  std::string default_id();
  // Serves the run no more, even if it is loaded: its folder has gone.
  void forget(const std::string& id);
  // Paths of symbolic links that are left out, each once.
  std::vector<std::string> new_links();

  Json run_json(const RunLocation& location);
  Json runs_json();  // {"default", "runs"}

  // Reloads the models whose files have changed.
  struct Change {
    std::string id;
    int version = 0;      // of the new model
    std::string refused;  // or why the new file is not a model
  };
  std::vector<Change> reload_changed();

 private:
  struct Entry {
    RunLocation location;
    std::mutex loading;  // held while a model is read, so that it is read once
    ServedModelPtr model;
    FileVersion mark;     // of the file that `model` came from
    FileVersion refused;  // of the last one that was not a model
    int version = 0;
    uint64_t used = 0;
  };
  using EntryPtr = std::shared_ptr<Entry>;

  void rescan();
  EntryPtr entry(const std::string& id);
  ServedModelPtr load(Entry& entry);
  void evict();

  const std::string path_;
  const int max_loaded_;
  const EngineOptions engine_;
  const std::function<Model()> built_in_;
  std::mutex mutex_;  // guards entries_ and their fields except `loading`
  std::map<std::string, EntryPtr> entries_;
  std::set<std::string> links_;         // found so far; under mutex_, as the next
  std::vector<std::string> new_links_;  // of these, those not told of yet
  uint64_t clock_ = 0;
};

}  // namespace charrnn
