#include "model/file/vocabulary_file.h"

#include <fmt/core.h>

#include <vector>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

constexpr uint64_t kMaxBytes = 64 << 20;     // all of Unicode takes about 20 MB
constexpr size_t kMaxCharacters = 0x110000;  // code points

[[noreturn]] void fail(const std::string& why, const std::string& path) {
  throw Error(ErrorKind::kModel, "bad_vocabulary", fmt::format("{} ({})", why, path),
              "give a JSON list of the characters in the order of their ids, such as "
              "json.dumps(chars) in Python, or an object from each character to its id");
}

// {"a": 0, "b": 1} → ["a", "b"].
JsonOutput listed(const JsonValue& ids, const std::string& path) {
  std::vector<const std::string*> characters(ids.size());
  for (const auto& [character, id] : ids.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= characters.size()) {
      fail(fmt::format("the id of {} is not one of 0 to {}", in_quotes(character.substr(0, 60)),
                       characters.size() - 1),
           path);
    }
    const std::string*& place = characters[id.get<size_t>()];
    if (place != nullptr) {
      fail(fmt::format("{} and {} have the same id", in_quotes(place->substr(0, 60)),
                       in_quotes(character.substr(0, 60))),
           path);
    }
    place = &character;
  }
  JsonOutput list = JsonOutput::array();
  for (const std::string* character : characters) list.push_back(*character);
  return list;
}

}  // namespace

std::string read_vocabulary_file(const std::string& path) {
  JsonValue content;
  try {
    content = parse_json(read_file(path, kMaxBytes),
                         {.max_depth = 2, .max_values = 2 * kMaxCharacters + 2});
  } catch (const JsonError& error) {
    fail(fmt::format("the vocabulary can't be read: {} at byte {}", error.what(), error.offset()),
         path);
  }
  if (content.is_object() && content.size() > 0) return dump_json(listed(content, path));
  if (!content.is_array()) fail("the vocabulary is not a list of characters", path);
  return dump_json(JsonOutput(content));
}

void declare_vocabulary_file(OptionTable& table, std::string& path) {
  table.add("vocabulary", path,
            "the characters in the order of their ids, for a model that lacks them", "FILE.json");
}

}  // namespace charrnn
