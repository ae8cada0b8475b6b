// The input of the inspection endpoints, read and checked, and its trace.
#pragma once

#include <string>
#include <vector>

#include "serve/http/api_error.h"
#include "serve/http/fields.h"
#include "serve/models/served_model.h"

namespace charrnn {

constexpr double kMaxInspected = 16384;  // characters

// The fields common to these requests: model, text and unknown.
extern const std::span<const Field> kTextFields;

struct LookedAtText {
  ServedModelPtr model;
  std::vector<int32_t> ids;  // at least one
  std::string text;          // as the model read it
};

struct Api;
LookedAtText read_looked_at(Api& api, const Fields& fields);

// The trace of the text from a state of zeros, reset where a document begins; it uses a `State` of
// its own.
Trace trace_text(const LookedAtText& text);

// The ids of the `count` highest log probabilities in descending order; ties go to the lower id.
std::vector<int32_t> likeliest(std::span<const float> log_probabilities, size_t count);

// Log probability of each character of the text; NaN for the first. [times]
std::vector<float> own_log_probabilities(const LookedAtText& text, const Trace& trace);

// Reads a field that must be exactly one known character; else throws ApiError (400).
int32_t one_character(const ServedModel& model, const std::string& text, const std::string& param);

}  // namespace charrnn
