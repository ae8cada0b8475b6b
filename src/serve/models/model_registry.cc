#include "serve/models/model_registry.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "serve/http/api_error.h"

namespace charrnn {
namespace {

constexpr const char* kBuiltIn = "built-in";
constexpr size_t kMaxLinks = 1000;  // that are told of

std::string_view kind_name(RunKind kind) {
  switch (kind) {
    case RunKind::kRun:
      return "run";
    case RunKind::kFile:
      return "file";
    case RunKind::kBuiltIn:
      break;
  }
  return "built_in";
}

Json bits_per_character(const ServedModelPtr& model) {
  if (!model) return nullptr;
  const auto& facts = model->model().facts;
  const auto loss = facts.find("validation_loss");
  if (loss == facts.end()) return nullptr;
  const double nats = std::strtod(loss->second.c_str(), nullptr);
  return nats > 0 ? Json(json_number(nats / std::log(2.0))) : Json(nullptr);
}

}  // namespace

ModelRegistry::ModelRegistry(Settings settings)
    : path_(std::move(settings.path)),
      max_loaded_(settings.max_loaded),
      engine_(settings.engine),
      built_in_(std::move(settings.built_in)) {
  if (built_in_) {
    auto entry = std::make_shared<Entry>();
    entry->location = {kBuiltIn, RunKind::kBuiltIn, std::string(), std::string()};
    entries_.emplace(kBuiltIn, std::move(entry));
  }
  std::vector<RunLocation> found;
  if (!path_.empty() && !built_in_) found = find_runs(path_).runs;  // throws where there is nothing
  rescan();
  // A file that the user named must be a model. In a folder there may be others, or none yet.
  if (found.size() == 1 && found[0].model.is_named()) get(found[0].id);
}

void ModelRegistry::rescan() {
  if (path_.empty()) return;
  FoundRuns found;
  try {
    found = find_runs(path_);
  } catch (const Error&) {
    return;  // gone for the moment: what is loaded keeps serving
  }
  const std::lock_guard lock(mutex_);
  for (const std::string& link : found.links) {
    if (links_.size() < kMaxLinks && links_.insert(link).second) new_links_.push_back(link);
  }
  for (const RunLocation& location : found.runs) {
    if (built_in_ && location.id == kBuiltIn) continue;  // the name is taken
    auto& entry = entries_[location.id];
    if (!entry) entry = std::make_shared<Entry>();
    entry->location = location;
  }
  std::erase_if(entries_, [&found](const auto& item) {
    const bool here = std::any_of(found.runs.begin(), found.runs.end(),
                                  [&item](const RunLocation& p) { return p.id == item.first; });
    return !here && !item.second->model && item.second->location.kind != RunKind::kBuiltIn;
  });
}

std::string ModelRegistry::default_id() {
  const std::lock_guard lock(mutex_);
  // The run written to last, or the only one; before there is any with a model, the built-in one.
  const Entry* newest = nullptr;
  int64_t newest_time = -1;
  for (const auto& [id, entry] : entries_) {
    const FileVersion mark = file_version(entry->location.model);
    const bool has_model = entry->model || entry->location.kind == RunKind::kBuiltIn;
    const int64_t time = mark.exists() ? mark.modified : has_model ? 1 : 0;
    if (time > newest_time) newest = entry.get(), newest_time = time;
  }
  return newest ? newest->location.id : std::string();
}

ModelRegistry::EntryPtr ModelRegistry::entry(const std::string& id) {
  const std::string wanted = id.empty() ? default_id() : id;
  for (int attempt = 0;; ++attempt) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = entries_.find(wanted);
      if (found != entries_.end()) return found->second;
    }
    if (attempt > 0) break;
    rescan();  // it may have come just now
  }
  throw ApiError(404,
                 wanted.empty() ? "there is no model here yet"
                                : "no such model; GET /v1/models lists those there are",
                 "model", "model_not_found");
}

RunLocation ModelRegistry::location(const std::string& id) {
  const EntryPtr found = entry(id);
  const std::lock_guard lock(mutex_);
  return found->location;
}

std::vector<RunLocation> ModelRegistry::locations() {
  rescan();
  const std::lock_guard lock(mutex_);
  std::vector<RunLocation> locations;
  for (const auto& [id, entry] : entries_) locations.push_back(entry->location);
  return locations;
}

void ModelRegistry::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second->location.kind == RunKind::kBuiltIn) return;
  if (found->second->model) found->second->model->retired = true;
  entries_.erase(found);
}

ServedModelPtr ModelRegistry::loaded(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second->model;
}

ServedModelPtr ModelRegistry::get(const std::string& id) {
  const EntryPtr wanted = entry(id);
  {
    const std::lock_guard lock(mutex_);
    wanted->used = ++clock_;
    if (wanted->model) return wanted->model;
  }
  const std::lock_guard loading(wanted->loading);
  {
    const std::lock_guard lock(mutex_);
    if (wanted->model) return wanted->model;
  }
  const bool is_built_in = wanted->location.kind == RunKind::kBuiltIn;
  if (!is_built_in && !file_version(wanted->location.model).exists()) {
    throw ApiError(404, "this run has no model yet", "model", "model_not_ready");
  }
  evict();
  return load(*wanted);
}

// Reads into a fresh object, and only then replaces the old one.
ServedModelPtr ModelRegistry::load(Entry& entry) {
  RunLocation location;
  int version = 0;
  {
    const std::lock_guard lock(mutex_);
    location = entry.location;
    version = entry.version + 1;
  }
  const FileVersion mark = file_version(location.model);
  Model model = location.kind == RunKind::kBuiltIn
                    ? built_in_()
                    : parse_model(read_file(location.model), location.model.path);
  auto fresh = std::make_shared<ServedModel>(location.id, version, std::move(model), engine_);
  const std::lock_guard lock(mutex_);
  if (entry.model) entry.model->retired = true;
  entry.model = fresh;
  entry.version = version;
  entry.mark = mark;
  return fresh;
}

void ModelRegistry::evict() {
  const std::lock_guard lock(mutex_);
  while (true) {
    int loaded = 0;
    Entry* oldest = nullptr;
    for (const auto& [id, entry] : entries_) {
      if (!entry->model || entry->location.kind == RunKind::kBuiltIn) continue;
      ++loaded;
      if (!oldest || entry->used < oldest->used) oldest = entry.get();
    }
    if (loaded < max_loaded_ || !oldest) return;
    oldest->model->retired = true;
    oldest->model.reset();
  }
}

std::vector<ModelRegistry::Change> ModelRegistry::reload_changed() {
  std::vector<EntryPtr> loaded;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : entries_) {
      if (entry->model && entry->location.kind != RunKind::kBuiltIn) loaded.push_back(entry);
    }
  }
  std::vector<Change> changes;
  for (const EntryPtr& entry : loaded) {
    const std::lock_guard loading(entry->loading);
    const FileVersion mark = file_version(entry->location.model);
    if (!mark.exists() || mark == entry->mark || mark == entry->refused) continue;
    try {
      changes.push_back({entry->location.id, load(*entry)->version(), ""});
    } catch (const Error& error) {
      entry->refused = mark;
      changes.push_back({entry->location.id, 0, error.what()});
    }
  }
  return changes;
}

std::vector<std::string> ModelRegistry::new_links() {
  const std::lock_guard lock(mutex_);
  return std::exchange(new_links_, {});
}

Json ModelRegistry::run_json(const RunLocation& location) {
  const FileVersion model = file_version(location.model);
  const FileVersion metrics =
      location.has_folder() ? file_version(location.metrics()) : FileVersion();
  const ServedModelPtr served = loaded(location.id);
  const double modified = static_cast<double>(std::max(model.modified, metrics.modified)) / 1e9;
  return {{"id", location.id},
          {"kind", kind_name(location.kind)},
          {"has_model", model.exists() || served != nullptr || location.kind == RunKind::kBuiltIn},
          {"has_metrics", metrics.exists()},
          {"training", is_training(location)},
          {"modified", modified},
          {"loaded", served != nullptr},
          {"version", served ? served->version() : 0},
          {"bits_per_character", bits_per_character(served)}};
}

Json ModelRegistry::runs_json() {
  Json runs = Json::array();
  for (const RunLocation& location : locations()) runs.push_back(run_json(location));
  return {{"default", default_id()}, {"runs", std::move(runs)}};
}

}  // namespace charrnn
