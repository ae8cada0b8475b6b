#include "serve/api/completion_input.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "serve/http/api_error.h"
#include "serve/models/limits.h"

namespace charrnn {
namespace {

// OpenAI's name, that of its chats, and llama.cpp's.
constexpr Field kLengths[] = {
    {"max_tokens", FieldKind::kInteger, -1, kMaxCharacters},
    {"max_completion_tokens", FieldKind::kInteger, -1, kMaxCharacters},
    {"n_predict", FieldKind::kInteger, -1, kMaxCharacters},
};

void check_length(size_t characters) {
  if (static_cast<double>(characters) <= kMaxPromptCharacters) return;
  throw ApiError(400, fmt::format("a prompt has over {} characters", kMaxPromptCharacters),
                 "prompt", "out_of_range");
}

Prompt read_prompt(const JsonValue& value, const ServedModel& model) {
  const Field text{"prompt", FieldKind::kText, 0, kMaxPromptCharacters};
  const Field id{"prompt", FieldKind::kInteger, 0, double(model.config().vocabulary_size - 1)};
  if (!value.is_array()) {
    check_field(value, text, "prompt");
    return read_text(model, value.get<std::string>(), "prompt");
  }
  check_length(value.size());
  Prompt ids;
  for (const JsonValue& part : value) {
    if (part.is_string()) {
      const Prompt more = read_text(model, part.get<std::string>(), "prompt");
      ids.insert(ids.end(), more.begin(), more.end());
    } else {
      check_field(part, id, "prompt");
      ids.push_back(part.get<int32_t>());
    }
  }
  check_length(ids.size());
  return ids;
}

bool is_several(const JsonValue& value) {
  if (!value.is_array() || value.empty()) return false;
  return std::none_of(value.begin(), value.end(),
                      [](const JsonValue& part) { return part.is_number(); });
}

[[noreturn]] void refuse_size(const std::string& what, const char* param) {
  throw ApiError(400, what, param, "too_much");
}

}  // namespace

const std::span<const Field> kLengthFields = kLengths;

std::vector<Prompt> read_prompts(const JsonValue* value, const ServedModel& model) {
  if (!value) return {{}};
  if (!is_several(*value)) return {read_prompt(*value, model)};
  if (value->size() > kMaxTexts) {
    throw ApiError(400, fmt::format("there are over {} prompts", kMaxTexts), "prompt",
                   "out_of_range");
  }
  std::vector<Prompt> prompts;
  for (const JsonValue& one : *value) prompts.push_back(read_prompt(one, model));
  return prompts;
}

int64_t read_max_characters(const Fields& fields, int64_t absent) {
  const Field* given = nullptr;
  int64_t characters = absent;
  for (const Field& field : kLengths) {
    if (!fields.has(field.name)) continue;
    const int64_t number = fields.integer(field.name, 0);
    if (given && number != characters) {
      throw ApiError(400, fmt::format("{} and {} contradict each other", given->name, field.name),
                     std::string(field.name), "contradiction");
    }
    given = &field;
    characters = number;
  }
  return characters < 0 ? static_cast<int64_t>(kMaxCharacters) : characters;
}

void check_request_size(const std::vector<Prompt>& prompts, const RequestSize& size, bool stream,
                        const char* param) {
  const auto texts = static_cast<int64_t>(prompts.size()) * size.texts_per_prompt;
  int64_t prompt_characters = 0;
  for (const Prompt& prompt : prompts) {
    prompt_characters += static_cast<int64_t>(prompt.size()) * size.texts_per_prompt;
  }
  if (texts > kMaxTexts) {
    refuse_size(fmt::format("these are {} texts; a request may ask for {}", texts, kMaxTexts), "n");
  }
  if (texts * size.max_characters > kMaxRequestCharacters) {
    refuse_size(fmt::format("{} texts of {} characters do not fit one request; ask for fewer or "
                            "shorter ones",
                            texts, size.max_characters),
                "max_tokens");
  }
  if (prompt_characters > kMaxRequestPromptCharacters) {
    refuse_size("the prompts are too long together; send several requests", "prompt");
  }
  if (stream) return;
  const int64_t characters = texts * size.max_characters + (size.echo ? prompt_characters : 0);
  ReplySize reply;
  reply.add(ReplyPart::kCharacter, {characters});
  if (size.alternatives >= 0) {
    reply.add(ReplyPart::kScored, {characters});
    reply.add(size.alternative, {characters, size.alternatives});
  }
  reply.check(param, "ask with stream: true, or for fewer and shorter texts");
}

}  // namespace charrnn
