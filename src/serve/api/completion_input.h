// What the completions of OpenAI and llama.cpp read alike: prompts, and how much is to be written.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "serve/api/reply_size.h"
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

// What a request asks for, by which its size is known before any work.
struct RequestSize {
  int64_t texts_per_prompt = 1;
  int64_t max_characters = 0;  // of a text
  bool echo = false;           // the prompts are part of the reply
  int alternatives = -1;       // to each character; -1: not even its own log probability
  ReplyPart alternative = ReplyPart::kAlternative;  // what each of them is in the reply
};

// Throws ApiError (400) for more texts or characters than one request may have, or a larger reply;
// param: the field to blame for its size. A stream's parts leave as they come.
void check_request_size(const std::vector<Prompt>& prompts, const RequestSize& size, bool stream,
                        const char* param);

}  // namespace charrnn
