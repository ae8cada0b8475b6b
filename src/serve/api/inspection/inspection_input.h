// The input of the inspection endpoints, read and checked, and its trace.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "serve/http/api_error.h"
#include "serve/http/fields.h"
#include "serve/models/served_model.h"

namespace charrnn {

// The fields common to these requests: model, text and unknown.
extern const std::span<const Field> kInspectionFields;

struct InspectionInput {
  ServedModelPtr model;
  std::vector<int32_t> ids;  // at least one
  std::string text;          // as the model read it
};

struct Api;
InspectionInput read_inspection_input(Api& api, const Fields& fields);

// Traces the ids from a state of zeros, reset where a document begins, in parts that take little
// memory whatever the text and the network are. visit(begin, part) gets the trace of the characters
// from `begin` on. Throws ApiError (503) between two parts where nobody wants the reply any more.
void trace_in_parts(const Api& api, const ExchangePtr& exchange, ServedModel& model,
                    std::span<const int32_t> ids,
                    const std::function<void(size_t begin, const Trace& part)>& visit);

// The same with an engine of the caller's own. border: as Model::border().
void trace_in_parts(const Api& api, const ExchangePtr& exchange, Network& engine, int32_t border,
                    std::span<const int32_t> ids,
                    const std::function<void(size_t begin, const Trace& part)>& visit);

// log p of what may follow the ids. [vocabulary_size]
std::vector<float> next_log_probabilities(const Api& api, const ExchangePtr& exchange,
                                          ServedModel& model, std::span<const int32_t> ids);

// Values of one character's trace: of all layers, and the log probabilities.
int64_t traced_values(const ModelConfig& config);

// Reads a field that must be exactly one known character; else throws ApiError (400).
int32_t one_character(const ServedModel& model, const std::string& text, const std::string& param);

}  // namespace charrnn
