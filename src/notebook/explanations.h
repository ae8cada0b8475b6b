// What `charrnn notebook --explain` says between the notebook's lines: what each section did, and
// what its numbers mean. All the words stand in explanations.cc.
#pragma once

#include <string>
#include <string_view>

#include "evaluate/copies.h"
#include "notebook/notebook.h"

namespace charrnn {

// Every line of an explanation begins with this and no line of the notebook does: without them the
// output is the notebook's.
constexpr std::string_view kExplanationMark = "| ";

std::string explain_setup(const NotebookSettings& settings);
// first_character: of the vocabulary.
std::string explain_data(const NotebookSettings& settings, const NotebookResult& result,
                         std::string_view first_character);
std::string explain_model(const NotebookSettings& settings, const NotebookResult& result);
std::string explain_training(const NotebookSettings& settings, const NotebookResult& result);

// Of all generated texts, without their start phrases: what is copied from the corpus.
struct GeneratedCopies {
  int64_t characters = 0;
  int64_t copied = 0;          // in pieces of at least kShortestCopy characters
  std::string longest;         // piece of all; may be shorter than that
  int64_t longest_length = 0;  // in characters
};
constexpr int64_t kShortestCopy = 20;
std::string explain_generation(const GeneratedCopies& copies);

std::string explain_experiments();

}  // namespace charrnn
