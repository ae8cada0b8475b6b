#include "base/json/json_events.h"

#include "base/json/json_lexer.h"

namespace charrnn {
namespace {

// Follows the grammar with its own stack: one letter for each array and object that is open.
class JsonGrammar {
 public:
  JsonGrammar(std::string_view text, JsonEvents& events) : lexer_(text), events_(events) {}

  bool run() {
    token_ = lexer_.next();
    do {
      if (!value()) return false;
      while (!open_.empty() && !opened_) {
        const bool in_object = open_.back() == '{';
        token_ = lexer_.next();
        if (token_ == JsonToken::kComma) {
          token_ = lexer_.next();
          if (in_object && !member()) return false;
          break;
        }
        if (token_ != (in_object ? JsonToken::kEndObject : JsonToken::kEndArray)) return fault();
        open_.pop_back();
        if (!(in_object ? events_.end_object() : events_.end_array())) return false;
      }
    } while (!open_.empty());
    return lexer_.next() == JsonToken::kEnd || fault();
  }

 private:
  bool fault() {
    events_.not_json(lexer_.position() - 1);
    return false;
  }

  // The value that begins with token_; of an array or object that is not empty its beginning, so
  // that token_ is that of its first value.
  bool value() {
    opened_ = false;
    switch (token_) {
      case JsonToken::kNull:
        return events_.null();
      case JsonToken::kTrue:
        return events_.boolean(true);
      case JsonToken::kFalse:
        return events_.boolean(false);
      case JsonToken::kInteger:
        return events_.number_integer(lexer_.integer());
      case JsonToken::kUnsigned:
        return events_.number_unsigned(lexer_.unsigned_integer());
      case JsonToken::kReal:
        return events_.number_real(lexer_.real());
      case JsonToken::kString:
        return events_.string(lexer_.string());
      case JsonToken::kBeginArray:
        if (!events_.start_array()) return false;
        token_ = lexer_.next();
        if (token_ == JsonToken::kEndArray) return events_.end_array();
        open_ += '[';
        return opened_ = true;
      case JsonToken::kBeginObject:
        if (!events_.start_object()) return false;
        token_ = lexer_.next();
        if (token_ == JsonToken::kEndObject) return events_.end_object();
        if (!member()) return false;
        open_ += '{';
        return opened_ = true;
      default:
        return fault();
    }
  }

  // A key and its colon; token_ is then that of its value.
  bool member() {
    if (token_ != JsonToken::kString) return fault();
    if (!events_.key(lexer_.string())) return false;
    token_ = lexer_.next();
    if (token_ != JsonToken::kColon) return fault();
    token_ = lexer_.next();
    return true;
  }

  JsonLexer lexer_;
  JsonEvents& events_;
  JsonToken token_ = JsonToken::kFault;
  std::string open_;
  bool opened_ = false;
};

}  // namespace

bool read_json_events(std::string_view text, JsonEvents& events) {
  return JsonGrammar(text, events).run();
}

}  // namespace charrnn
