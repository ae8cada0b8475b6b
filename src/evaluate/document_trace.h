// Looking inside while a network reads a text of documents: it forgets before each of them, as it
// did in training (text/corpus/documents.h).
//
// border: the id before which the state is zero whenever it is read (Model::border); -1: none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"

namespace charrnn {

// Engine::trace of one stream, from a state of zero.
Trace trace_documents(Engine& engine, std::span<const int32_t> ids, int32_t border);

// Engine::sensitivity; what lies before the last border cannot matter and has 0.
std::vector<float> sensitivity_in_document(Engine& engine, std::span<const int32_t> ids,
                                           int32_t target, int32_t border);

}  // namespace charrnn
