// How well a model predicts a text: state zero at the first character, carried to the end.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>

#include "engine/network.h"
#include "evaluate/unknown_characters.h"
#include "text/corpus/documents.h"

namespace charrnn {

struct Evaluation {
  int64_t characters = 0;
  int64_t predicted = 0;  // all but the first
  double loss = 0;        // mean, nats per character
  // Of the loss, from the spread within this text (base/statistics/mean_interval.h); NaN if the
  // text is too short for one.
  double margin = std::numeric_limits<double>::quiet_NaN();
  int64_t unknown = 0;        // of the predicted ones, those that the model doesn't know
  double unknown_cost = 0;    // nats that each of them counts for
  double known_loss() const;  // the mean over the others; NaN where there are none
  double bits_per_character() const;
  double perplexity() const;  // exp(loss): the number of equally likely characters with that loss
};

// The losses in nats of the next predicted characters, in order.
using SurpriseSink = std::function<void(std::span<const float>)>;

// progress: called with the characters done so far; may throw to stop. A text of fewer than two
// characters throws Error (kData). borders: of documents, each of which begins with a state of
// zero. unknown: characters between those of the text; the network does not read them.
Evaluation evaluate(Network& network, IdView text,
                    const std::function<void(int64_t)>& progress = {},
                    const SurpriseSink& surprise = {}, const DocumentBorders& borders = {},
                    const UnknownCharacters& unknown = {});

}  // namespace charrnn
