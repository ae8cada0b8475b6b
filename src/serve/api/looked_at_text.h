// A text that a request wants to look inside with, read and checked; and its trace.
#pragma once

#include <string>
#include <vector>

#include "serve/http/api_error.h"
#include "serve/http/fields.h"
#include "serve/models/served_model.h"

namespace charrnn {

constexpr double kMostLookedAt = 16384;  // characters

// model, text and unknown: the fields that all these requests have.
extern const std::span<const Field> kTextFields;

struct LookedAtText {
  ServedModelPtr model;
  std::vector<int32_t> ids;  // at least one
  std::string text;          // as the model read it
};

struct Api;
LookedAtText read_looked_at(Api& api, const Fields& fields);

// The trace of one reader, from a state of zeros, which it has again where a document begins; the
// engine's `State` is its own.
Trace trace_text(const LookedAtText& text);

// The `count` likeliest of log probabilities, in falling order; of equal ones the lower id first.
std::vector<int32_t> likeliest(std::span<const float> log_probabilities, size_t count);

// log p of each character in its place; NaN for the first. [times]
std::vector<float> own_log_probabilities(const LookedAtText& text, const Trace& trace);

// The character that names a place or a target: one known character, else ApiError (400).
int32_t one_character(const ServedModel& model, const std::string& text, const std::string& param);

}  // namespace charrnn
