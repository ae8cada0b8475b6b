#include "library/model_handle.h"

#include "base/error.h"
#include "engine/declared_engine_options.h"
#include "engine/factory/make_network.h"
#include "library/guard.h"
#include "library/option_list.h"
#include "model/file/model_metadata.h"
#include "model/file/vocabulary_file.h"
#include "text/characters/utf8.h"

using namespace charrnn;           // NOLINT(google-build-using-namespace): the interface is C
using namespace charrnn::library;  // NOLINT(google-build-using-namespace)

charrnn_model::charrnn_model(Model loaded, const EngineOptions& engine)
    : model(std::make_shared<Model>(std::move(loaded))),
      networks(std::make_shared<NetworkPool>(model, engine)) {
  for (auto& [key, value] : make_metadata(*model)) metadata.emplace_back(key, value);
  for (const char32_t symbol : model->vocabulary.symbols()) {
    characters.push_back(utf8_text(symbol));
  }
}

namespace charrnn::library {
namespace {

struct LoadOptions {
  LoadOptions(const charrnn_option* options, size_t count) {
    OptionTable table;
    declare_engine_options(table, engine);
    declare_vocabulary_file(table, reading.vocabulary);
    set_options(table, options, count);
    check_device(engine);
  }

  EngineOptions engine;
  ModelReadOptions reading;
};

}  // namespace
}  // namespace charrnn::library

int charrnn_load(const char* path, const charrnn_option* options, size_t option_count,
                 charrnn_model** model) {
  return making(model, [&] {
    need(path, "the path");
    const LoadOptions given(options, option_count);
    return new charrnn_model(read_model(path, given.reading), given.engine);
  });
}

int charrnn_load_bytes(const void* bytes, size_t size, const charrnn_option* options,
                       size_t option_count, charrnn_model** model) {
  return making(model, [&] {
    need(bytes, "the bytes");
    const LoadOptions given(options, option_count);
    std::string content(static_cast<const char*>(bytes), size);
    return new charrnn_model(parse_model(std::move(content), "in memory", given.reading),
                             given.engine);
  });
}

int charrnn_save(const charrnn_model* model, const char* path) {
  return guarded([&] {
    need(model, "the model");
    need(path, "the path");
    write_model(path, *model->model);
  });
}

void charrnn_model_free(charrnn_model* model) { delete model; }

size_t charrnn_metadata_count(const charrnn_model* model) {
  return model == nullptr ? 0 : model->metadata.size();
}

int charrnn_metadata(const charrnn_model* model, size_t index, const char** key,
                     const char** value) {
  return guarded([&] {
    need(model, "the model");
    need(key, "the place for the key");
    need(value, "the place for the value");
    if (index >= model->metadata.size()) {
      throw Error(ErrorKind::kUsage, "no_such_index", "there is no metadata of this index",
                  "charrnn_metadata_count() says how many there are");
    }
    *key = model->metadata[index].first.c_str();
    *value = model->metadata[index].second.c_str();
  });
}

const char* charrnn_character(const charrnn_model* model, size_t id) {
  return model == nullptr || id >= model->characters.size() ? nullptr
                                                            : model->characters[id].c_str();
}
