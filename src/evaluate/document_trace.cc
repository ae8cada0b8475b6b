#include "evaluate/document_trace.h"

#include <algorithm>

namespace charrnn {
namespace {

// The end of the document that begins at `begin`: the next border, which is the first character of
// the next document.
size_t document_end(std::span<const int32_t> ids, size_t begin, int32_t border) {
  if (border < 0) return ids.size();
  return static_cast<size_t>(std::find(ids.begin() + begin + 1, ids.end(), border) - ids.begin());
}

// Both are [layers][times][width]; the part holds the times from `begin` on.
void put(const std::vector<float>& part, int layers, size_t begin, size_t part_times, size_t times,
         std::vector<float>& all) {
  if (part.empty()) return;
  const size_t width = part.size() / (layers * part_times);
  all.resize(layers * times * width);
  for (size_t layer = 0; layer < static_cast<size_t>(layers); ++layer) {
    std::copy_n(part.begin() + layer * part_times * width, part_times * width,
                all.begin() + (layer * times + begin) * width);
  }
}

}  // namespace

Trace trace_documents(Network& network, std::span<const int32_t> ids, int32_t border) {
  const int layers = network.config().layers;
  const auto state = network.new_state(1);
  Trace all, part;
  if (document_end(ids, 0, border) == ids.size()) {
    network.trace(ids, *state, all);
    return all;
  }
  all.times = static_cast<int>(ids.size());
  for (size_t begin = 0, end = 0; begin < ids.size(); begin = end) {
    end = document_end(ids, begin, border);
    const size_t times = end - begin;
    state->clear();
    network.trace(ids.subspan(begin, times), *state, part);
    put(part.hidden, layers, begin, times, ids.size(), all.hidden);
    put(part.cell, layers, begin, times, ids.size(), all.cell);
    put(part.saved, layers, begin, times, ids.size(), all.saved);
    put(part.log_probabilities, 1, begin, times, ids.size(), all.log_probabilities);
  }
  return all;
}

std::vector<float> sensitivity_in_document(Network& network, std::span<const int32_t> ids,
                                           int32_t target, int32_t border,
                                           const ShouldStop& should_stop) {
  size_t begin = 0;
  for (size_t t = 0; border >= 0 && t < ids.size(); ++t) {
    if (ids[t] == border) begin = t;
  }
  const std::vector<float> own = network.sensitivity(ids.subspan(begin), target, should_stop);
  if (own.size() < ids.size() - begin) return {};
  std::vector<float> all(begin, 0.0f);
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

}  // namespace charrnn
