// The endpoints that start and steer trainings, and that delete runs. Whatever changes something is
// for this server's own page, or for who is no page.
#include "serve/api/endpoints.h"
#include "serve/http/access.h"
#include "serve/http/api_error.h"
#include "serve/http/fields.h"

namespace charrnn {
namespace {

constexpr Field kResumeFields[] = {{"minutes", FieldKind::kReal, 0, kMaxMinutes}};

Trainings& trainings_of(Api& api) {
  if (api.trainings != nullptr) return *api.trainings;
  throw ApiError(403, TrainingRules().why_not, "", "training_not_allowed");
}

// The request's body, where the request may change something.
JsonValue change_of(const ExchangePtr& exchange) {
  check_same_origin(exchange->request());
  return parse_json_object(exchange->request().body);
}

}  // namespace

void get_trainings(Api& api, const ExchangePtr& exchange) {
  reply_json(exchange, trainings_of(api).list());
}

void get_training_settings(Api&, const ExchangePtr& exchange) {
  reply_json(exchange, {{"settings", settings_json()}});
}

void post_trainings(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = change_of(exchange);
  const JsonValue* text = json.find("text");
  if (text == nullptr || !text->is_string()) {
    throw ApiError(400, "text must be a string", "text", "wrong_type");
  }
  reply_json(exchange, trainings_of(api).start(read_order(json), text->text()));
}

void post_training_plan(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = change_of(exchange);
  reply_json(exchange, trainings_of(api).plan(read_order(json)));
}

void post_training_stop(Api& api, const ExchangePtr& exchange, const std::string& id) {
  change_of(exchange);
  trainings_of(api).stop(id);
  reply_json(exchange, {{"id", id}});
}

void post_training_resume(Api& api, const ExchangePtr& exchange, const std::string& id) {
  const JsonValue json = change_of(exchange);
  const Fields fields(json, {kResumeFields});
  reply_json(exchange, trainings_of(api).resume(id, fields.real("minutes", 0)));
}

void post_run_delete(Api& api, const ExchangePtr& exchange, const std::string& id) {
  change_of(exchange);
  const std::string trashed = trainings_of(api).remove(id);
  api.registry.forget(id);
  reply_json(exchange, {{"id", id}, {"trash", trashed}});
}

void post_trash_restore(Api& api, const ExchangePtr& exchange, const std::string& id) {
  change_of(exchange);
  reply_json(exchange, {{"id", trainings_of(api).restore(id)}});
}

}  // namespace charrnn
