// Traces over a text of several documents: the state is reset before each, as in training
// (text/corpus/documents.h).
//
// border: the id before which the state is reset (Model::border); -1: none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/network.h"

namespace charrnn {

// Network::trace of one stream, from a state of zero.
Trace trace_documents(Network& network, std::span<const int32_t> ids, int32_t border);

// Network::sensitivity; 0 for everything before the last border. Empty where it was stopped.
std::vector<float> sensitivity_in_document(Network& network, std::span<const int32_t> ids,
                                           int32_t target, int32_t border,
                                           const ShouldStop& should_stop = {});

}  // namespace charrnn
