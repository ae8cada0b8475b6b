// The loss of a held-out text while a network is being trained: what `eval` says of it.
#pragma once

#include "engine/engine.h"
#include "text/id_array.h"

namespace charrnn {

// Mean loss in nats a character of all but the first, the state carried from there to the end. The
// text has at least 2 characters.
double validation_loss(Engine& engine, IdView text);

}  // namespace charrnn
