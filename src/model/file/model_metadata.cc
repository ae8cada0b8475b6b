#include "model/file/model_metadata.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>

#include "base/error.h"
#include "base/json/json.h"
#include "model/file/model_tensors.h"
#include "text/characters/display.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

// Incremented when older programs cannot read the new files.
constexpr int64_t kFormatVersion = 1;

constexpr std::array<std::string_view, 15> kOurKeys = {
    "format",      "format_version", "charrnn_version", "cell",       "layers",
    "hidden_size", "embedding_size", "vocabulary_size", "vocabulary", "lowercase",
    "encoding",    "input",          "nonlinearity",    "data_crc32", "total_parameters"};

constexpr std::string_view kVocabularyHint =
    "metadata['vocabulary'] must be a JSON list of the characters in id order, such as "
    "json.dumps(chars) in Python";

const std::string* find(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? nullptr : &found->second;
}

std::string shown(std::string_view value) { return in_quotes(value.substr(0, 60)); }

[[noreturn]] void throw_bad_value(std::string_view key, std::string_view value,
                                  std::string_view expected, const std::string& path) {
  throw_bad_model(
      "bad_metadata",
      fmt::format("the metadata says {} = {}; {} expected", key, shown(value), expected), path,
      "the file was changed by hand or by another program; docs/model-file.md "
      "has what each key may be");
}

// Parses a whole number from 0 to 2^31 - 1.
int64_t read_integer(const std::string& text, std::string_view key, const std::string& path) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    throw_bad_value(key, text, "a whole number", path);
  }
  return value;
}

// If the key is present, it must agree with the shapes.
void check_size(const Metadata& metadata, const std::string& key, int64_t from_shapes,
                const std::string& path) {
  const std::string* text = find(metadata, key);
  if (text == nullptr || read_integer(*text, key, path) == from_shapes) return;
  throw_bad_value(key, *text, fmt::format("{} by the shapes of the tensors", from_shapes), path);
}

void check_format_version(const Metadata& metadata, const std::string& path) {
  const std::string* text = find(metadata, "format_version");
  if (text == nullptr || read_integer(*text, "format_version", path) <= kFormatVersion) return;
  const std::string* program = find(metadata, "charrnn_version");
  throw Error(ErrorKind::kModel, "newer_format",
              fmt::format("the model was made by charrnn {}, whose files are of version {}; this "
                          "one reads {} ({})",
                          program == nullptr ? "of a later version" : shown(*program), shown(*text),
                          kFormatVersion, path),
              "use that version of charrnn, or a later one");
}

bool read_one_hot(const Metadata& metadata, const std::string& path) {
  const std::string* text = find(metadata, "input");
  if (text == nullptr || *text == "embedding") return false;
  if (*text != "one_hot" && *text != "onehot") {
    throw_bad_value("input", *text, "embedding or one_hot", path);
  }
  return true;
}

Encoding read_encoding(const Metadata& metadata, const std::string& path) {
  const std::string* text = find(metadata, "encoding");
  if (text == nullptr || *text == "utf-8" || *text == "utf8") return Encoding::kUtf8;
  if (*text != "bytes") throw_bad_value("encoding", *text, "utf-8 or bytes", path);
  return Encoding::kBytes;
}

// Python writes str(True).
bool read_lowercase(const Metadata& metadata, const std::string& path) {
  const std::string* text = find(metadata, "lowercase");
  if (text == nullptr || *text == "false" || *text == "False") return false;
  if (*text != "true" && *text != "True") {
    throw_bad_value("lowercase", *text, "true or false", path);
  }
  return true;
}

// The code point of a text of exactly one; else nothing.
std::optional<char32_t> single_symbol(const std::string& text) {
  struct Sink {
    size_t count = 0;
    char32_t last = 0;
    void ascii(std::string_view run) {
      count += run.size();
      last = static_cast<uint8_t>(run.back());
    }
    void symbol(char32_t symbol) {
      ++count;
      last = symbol;
    }
  } sink;
  Utf8Decoder decoder;
  decoder.feed(text, sink);
  decoder.finish(sink);
  if (decoder.faults() > 0 || sink.count != 1) return std::nullopt;
  return sink.last;
}

// Reads the list, character by character.
class VocabularyReader {
 public:
  VocabularyReader(Encoding encoding, const std::string& path) : encoding_(encoding), path_(path) {}

  std::vector<char32_t> read(const std::string& text, int size) {
    const JsonValue list = parse(text, size);
    if (!list.is_array()) {
      fail(list.is_object() ? "the vocabulary is an object of names and values, not a list"
                            : "the vocabulary is not a list");
    }
    if (list.size() != static_cast<size_t>(size)) {
      fail(fmt::format("the vocabulary has {} characters and the tensors have rows for {}",
                       list.size(), size));
    }
    for (const JsonValue& entry : list) add(entry);
    return std::move(symbols_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw_bad_model("bad_vocabulary", why, path_, std::string(kVocabularyHint));
  }

  JsonValue parse(const std::string& text, int size) const {
    try {
      return parse_json(text, {.max_depth = 2, .max_values = 2 * static_cast<size_t>(size) + 2});
    } catch (const JsonError& error) {
      fail(
          fmt::format("the vocabulary can't be read: {} at byte {}", error.what(), error.offset()));
    }
  }

  void add(const JsonValue& entry) {
    const size_t id = symbols_.size();
    if (!entry.is_string()) fail(fmt::format("the vocabulary's id {} is not text", id));
    const auto& text = entry.text();
    const auto symbol = single_symbol(text);
    if (!symbol) {
      fail(fmt::format("the vocabulary's id {} is {}, not one character", id, shown(text)));
    }
    if (encoding_ == Encoding::kBytes && *symbol > 255) {
      fail(fmt::format("the vocabulary's id {} is {}, not a byte (U+0000 to U+00FF)", id,
                       shown(text)));
    }
    if (!seen_.insert(*symbol).second) {
      fail(fmt::format("the vocabulary has {} twice", quoted_symbol(*symbol)));
    }
    symbols_.push_back(*symbol);
  }

  Encoding encoding_;
  const std::string& path_;
  std::vector<char32_t> symbols_;
  std::unordered_set<char32_t> seen_;
};

}  // namespace

Vocabulary read_vocabulary(const Metadata& metadata, int size, const std::string& path) {
  const std::string* text = find(metadata, "vocabulary");
  if (text == nullptr) {
    throw_bad_model("no_vocabulary", "the file does not say which character each id is", path,
                    "charrnn export MODEL new.safetensors --vocabulary FILE.json writes one that "
                    "does, FILE.json a list of the characters in id order, such as "
                    "json.dumps(chars) in Python; sample and eval take --vocabulary too");
  }
  const Encoding encoding = read_encoding(metadata, path);
  return Vocabulary(VocabularyReader(encoding, path).read(*text, size), encoding,
                    read_lowercase(metadata, path));
}

ModelConfig read_config(const Metadata& metadata, ModelConfig from_shapes,
                        const std::string& path) {
  check_format_version(metadata, path);
  ModelConfig config = from_shapes;
  const std::string_view cell = cell_traits(config.cell).name;
  if (const std::string* text = find(metadata, "cell"); text != nullptr && *text != cell) {
    throw_bad_value("cell", *text, fmt::format("{} by the shapes of the tensors", cell), path);
  }
  if (const std::string* text = find(metadata, "nonlinearity");
      text != nullptr && *text != "tanh") {
    throw_bad_value("nonlinearity", *text, "tanh", path);
  }
  check_size(metadata, "layers", config.layers, path);
  check_size(metadata, "hidden_size", config.hidden_size, path);
  check_size(metadata, "embedding_size", config.embedding_size, path);
  check_size(metadata, "vocabulary_size", config.vocabulary_size, path);
  config.one_hot = read_one_hot(metadata, path);
  if (config.one_hot && config.embedding_size != config.vocabulary_size) {
    throw_bad_model("bad_metadata",
                    fmt::format("its input is one_hot, but its embedding is {} × {}",
                                config.vocabulary_size, config.embedding_size),
                    path, "one-hot input is stored as the identity matrix");
  }
  return config;
}

Metadata read_facts(const Metadata& metadata) {
  Metadata facts = metadata;
  for (const std::string_view key : kOurKeys) facts.erase(std::string(key));
  return facts;
}

Metadata make_metadata(const Model& model) {
  const ModelConfig& config = model.config();
  JsonOutput characters = JsonOutput::array();
  for (const char32_t symbol : model.vocabulary.symbols()) characters.push_back(utf8_text(symbol));
  Metadata metadata = read_facts(model.facts);
  metadata["format_version"] = std::to_string(kFormatVersion);
  metadata["charrnn_version"] = CHARRNN_VERSION;
  metadata["cell"] = cell_traits(config.cell).name;
  metadata["layers"] = std::to_string(config.layers);
  metadata["hidden_size"] = std::to_string(config.hidden_size);
  metadata["embedding_size"] = std::to_string(config.embedding_size);
  metadata["input"] = config.one_hot ? "one_hot" : "embedding";
  metadata["vocabulary"] = dump_json(characters);
  metadata["lowercase"] = model.vocabulary.lowercase() ? "true" : "false";
  metadata["encoding"] = model.vocabulary.encoding() == Encoding::kBytes ? "bytes" : "utf-8";
  metadata["total_parameters"] = std::to_string(parameter_count(config));
  return metadata;
}

}  // namespace charrnn
