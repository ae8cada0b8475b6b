// The endpoints: each reads its request, and answers or throws ApiError. docs/api.md has the
// shapes.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "serve/http/event_log.h"
#include "serve/http/http.h"
#include "serve/models/generation_scheduler.h"
#include "serve/models/metrics_cache.h"
#include "serve/models/model_registry.h"
#include "serve/models/worker_pool.h"
#include "serve/trainings/trainings.h"

namespace charrnn {

// What endpoints have access to.
struct Api {
  ModelRegistry& registry;
  GenerationScheduler& generation;
  EventLog& events;
  WorkerPool& workers;
  MetricsCache& metrics;
  int parallel = 64;
  // Queues work for the compute threads; an exception becomes the reply. False if the queue is
  // full.
  std::function<bool(const ExchangePtr&, std::function<void()> work)> compute;
  // Set once the server ends and what still runs must not take long; may be null.
  const std::atomic<bool>* stopping = nullptr;
  Trainings* trainings = nullptr;  // null: none are started here
};

// False where nobody wants the reply any more: the client has left, or the server is stopping.
bool is_wanted(const Api& api, const ExchangePtr& exchange);
// Called now and then by whatever takes long. Throws ApiError (503) where the reply is not wanted.
void check_wanted(const Api& api, const ExchangePtr& exchange);
// The same for what calls it back; both must outlive it.
std::function<void()> while_wanted(const Api& api, const ExchangePtr& exchange);

void reply_json(const ExchangePtr& exchange, const Json& json);

// OpenAI's.
void get_models(Api& api, const ExchangePtr& exchange);
void get_model(Api& api, const ExchangePtr& exchange, const std::string& id);
void post_completions(Api& api, const ExchangePtr& exchange);

// llama.cpp's.
void get_props(Api& api, const ExchangePtr& exchange);
void post_completion(Api& api, const ExchangePtr& exchange);
void post_tokenize(Api& api, const ExchangePtr& exchange);
void post_detokenize(Api& api, const ExchangePtr& exchange);

// charrnn's own.
void get_runs(Api& api, const ExchangePtr& exchange);
void get_run(Api& api, const ExchangePtr& exchange, const std::string& id);
void get_run_metrics(Api& api, const ExchangePtr& exchange, const std::string& id);
void get_run_samples(Api& api, const ExchangePtr& exchange, const std::string& id);
void get_run_passage(Api& api, const ExchangePtr& exchange, const std::string& id);
void get_run_config(Api& api, const ExchangePtr& exchange, const std::string& id);
void post_run_delete(Api& api, const ExchangePtr& exchange, const std::string& id);
void post_trash_restore(Api& api, const ExchangePtr& exchange, const std::string& id);
void get_trainings(Api& api, const ExchangePtr& exchange);
void get_training_settings(Api& api, const ExchangePtr& exchange);
void post_trainings(Api& api, const ExchangePtr& exchange);
void post_training_plan(Api& api, const ExchangePtr& exchange);
void post_training_stop(Api& api, const ExchangePtr& exchange, const std::string& id);
void post_training_resume(Api& api, const ExchangePtr& exchange, const std::string& id);
void get_events(Api& api, const ExchangePtr& exchange);
void post_generate(Api& api, const ExchangePtr& exchange);
void post_surprisal(Api& api, const ExchangePtr& exchange);
void post_ngram(Api& api, const ExchangePtr& exchange);
void post_activations(Api& api, const ExchangePtr& exchange);
void post_units_rank(Api& api, const ExchangePtr& exchange);
void post_units_search(Api& api, const ExchangePtr& exchange);
void post_saliency(Api& api, const ExchangePtr& exchange);
void post_average_saliency(Api& api, const ExchangePtr& exchange);
void post_saliency_matrix(Api& api, const ExchangePtr& exchange);
void post_memory_clocks(Api& api, const ExchangePtr& exchange);
void post_transplant(Api& api, const ExchangePtr& exchange);
void post_tour(Api& api, const ExchangePtr& exchange);

}  // namespace charrnn
