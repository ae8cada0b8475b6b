// What the completions of OpenAI and llama.cpp read alike: prompts, and how much is to be written.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "serve/http/fields.h"
#include "serve/models/served_model.h"

namespace charrnn {

// max_tokens and its other names.
extern const std::span<const Field> kLengthFields;

using Prompt = std::vector<int32_t>;  // ids; empty: a text without a prompt

// One prompt is a string, or an array of ids and strings; an array of neither but of prompts is
// several. None given: one empty prompt. Throws ApiError (400).
std::vector<Prompt> read_prompts(const JsonValue* value, const ServedModel& model);

// How many characters to write, by any of its names; -1: as many as are allowed. Names that
// contradict each other throw ApiError (400).
int64_t read_max_characters(const Fields& fields, int64_t absent);

// The size of a request in what it occupies until it is answered.
struct RequestSize {
  int64_t texts_per_prompt = 1;
  int64_t max_characters = 0;
  int64_t scores_per_character = 0;  // log probabilities that the reply holds
  bool scores_prompt = false;
};

// Throws ApiError (400) for more than one request may occupy; param: the field that asks for
// scores. A stream's scores leave as they come.
void check_size(const std::vector<Prompt>& prompts, const RequestSize& size, bool stream,
                const char* param);

}  // namespace charrnn
