// Surprisal and states of a text.
#include <climits>
#include <functional>
#include <memory>

#include "base/error.h"
#include "evaluate/document_trace.h"
#include "evaluate/evaluate.h"
#include "evaluate/known_text.h"
#include "evaluate/unknown_rule.h"
#include "generate/prompt.h"
#include "library/arrays.h"
#include "library/guard.h"
#include "library/model_handle.h"
#include "library/option_list.h"
#include "model/cells/saved_names.h"
#include "model/file/reading_rules.h"
#include "text/corpus/documents.h"

namespace charrnn::library {
namespace {

std::unique_ptr<charrnn_arrays> measure(const charrnn_model& handle, std::string_view text,
                                        UnknownTextRule rule,
                                        const std::function<bool()>& should_stop) {
  const Model& model = *handle.model;
  const KnownText known = in_ids_of(model, corpus_of_text(text, reading_rules(model), "text"));
  if (rule == UnknownTextRule::kError && known.unknown_count() > 0) {
    encode_prompt(text, model.vocabulary, UnknownRule::kError, "text");  // throws
  }
  const IdView ids = view(known.ids);
  const auto network = NetworkPool::borrow(
      handle.networks, reading_workload(model.config(), static_cast<int64_t>(ids.size)));
  std::vector<float> nats;
  evaluate(
      *network, ids,
      [&should_stop](int64_t) {
        if (should_stop()) throw ReadingStopped();
      },
      [&nats](std::span<const float> piece) {
        nats.insert(nats.end(), piece.begin(), piece.end());
      },
      borders_of(model.vocabulary, known.document_begins, model.documents()),
      rule == UnknownTextRule::kCount ? known.unknown_places : UnknownCharacters());
  auto result = std::make_unique<charrnn_arrays>();
  const size_t count = nats.size();
  result->add("surprisal", {count}, std::move(nats));
  return result;
}

// values: [layers][times][names][hidden]. Returns that of one name: [layers][times][hidden].
std::vector<float> one_of(std::span<const float> values, size_t name, size_t names, size_t hidden) {
  std::vector<float> one;
  one.reserve(values.size() / names);
  for (size_t begin = name * hidden; begin < values.size(); begin += names * hidden) {
    one.insert(one.end(), values.begin() + begin, values.begin() + begin + hidden);
  }
  return one;
}

std::unique_ptr<charrnn_arrays> look_inside(const charrnn_model& handle, std::string_view text,
                                            UnknownRule rule) {
  const Model& model = *handle.model;
  const ModelConfig& config = model.config();
  const std::vector<int32_t> ids =
      encode_prompt(with_line_ends_of(model, text), model.vocabulary, rule, "text").ids;
  if (ids.empty() || ids.size() > INT_MAX) {
    throw Error(ErrorKind::kData, "no_text", "there is no text to read",
                "give a text of at least one character");
  }
  const size_t layers = config.layers, times = ids.size(), hidden = config.hidden_size;
  const auto network = NetworkPool::borrow(
      handle.networks, reading_workload(config, static_cast<int64_t>(ids.size())));
  Trace trace = trace_documents(*network, ids, model.border());
  auto result = std::make_unique<charrnn_arrays>();
  result->add("h", {layers, times, hidden}, std::move(trace.hidden));
  if (!trace.cell.empty()) result->add("c", {layers, times, hidden}, std::move(trace.cell));
  // Of what backward needs, the gates alone: they are what PyTorch's formulas name.
  const std::vector<std::string> names = saved_names(config.cell);
  for (size_t i = 0; i < names.size() && config.gates() > 1; ++i) {
    if (i >= static_cast<size_t>(config.gates())) break;
    result->add(names[i], {layers, times, hidden}, one_of(trace.saved, i, names.size(), hidden));
  }
  result->add("log_probabilities", {times, static_cast<size_t>(config.vocabulary_size)},
              std::move(trace.log_probabilities));
  return result;
}

std::string_view text_of(const char* text, size_t size) {
  if (size > 0) need(text, "the text");
  return {text, size};
}

}  // namespace
}  // namespace charrnn::library

using namespace charrnn;           // NOLINT(google-build-using-namespace): the interface is C
using namespace charrnn::library;  // NOLINT(google-build-using-namespace)

int charrnn_surprisal(const charrnn_model* model, const char* text, size_t size,
                      const charrnn_option* options, size_t option_count,
                      charrnn_stop_function stop, void* data, charrnn_arrays** surprisal) {
  return making(surprisal, [&] {
    need(model, "the model");
    UnknownTextRule rule = UnknownTextRule::kCount;
    OptionTable table;
    declare_unknown_text_rule(table, rule);
    set_options(table, options, option_count);
    const auto should_stop = [stop, data] { return stop != nullptr && stop(data) != 0; };
    return measure(*model, text_of(text, size), rule, should_stop).release();
  });
}

int charrnn_states(const charrnn_model* model, const char* text, size_t size,
                   const charrnn_option* options, size_t option_count, charrnn_arrays** states) {
  return making(states, [&] {
    need(model, "the model");
    UnknownRule rule = UnknownRule::kError;
    OptionTable table;
    declare_unknown_rule(table, rule);
    set_options(table, options, option_count);
    return look_inside(*model, text_of(text, size), rule).release();
  });
}
