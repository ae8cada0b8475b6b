// The input of the inspection endpoints, read and checked, and its trace.
#pragma once

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

// The trace of the text from a state of zeros, reset where a document begins; it uses a `State` of
// its own.
Trace trace_text(const InspectionInput& text);

// Log probability of each character of the text; NaN for the first. [times]
std::vector<float> text_log_probabilities(const InspectionInput& text, const Trace& trace);

// Reads a field that must be exactly one known character; else throws ApiError (400).
int32_t one_character(const ServedModel& model, const std::string& text, const std::string& param);

}  // namespace charrnn
