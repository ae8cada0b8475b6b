// The loss of a held-out text while a network is being trained.
//
// One stream reads a text as slowly as its recurrence goes, so a longer text is read by many
// streams side by side. Each begins kLeadIn characters before its part, with a state of zero, and
// is scored on its part alone: by then a network has forgotten that it did not begin at the text's
// first character (one that never forgets is measured a little too high).
#pragma once

#include "engine/engine.h"
#include "text/id_array.h"

namespace charrnn {

constexpr size_t kLeadIn = 256;

// Mean loss in nats a character of all but the first. The text has at least 2 characters.
double validation_loss(Engine& engine, IdView text);

// How many streams read a text of this size; 1 for a short one.
int validation_streams(size_t size);

// The same with as many streams as one likes.
double validation_loss(Engine& engine, IdView text, int streams);

}  // namespace charrnn
