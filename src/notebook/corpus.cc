#include "notebook/notebook.h"

namespace charrnn {

// Three of its lines end with a space, and it begins and ends with a newline: both count.
std::string_view notebook_text() {
  return "\n"
         "natural language processing (nlp) is a subfield of linguistics, computer science, "
         "and artificial intelligence concerned with the interactions between computers and "
         "human language, in particular how to program computers to process and analyze large "
         "amounts of natural language data. \n"
         "the goal is a computer capable of understanding the contents of documents, "
         "including the contextual nuances of the language within them. \n"
         "the technology can then accurately extract information and insights contained in "
         "the documents as well as categorize and organize the documents themselves. \n"
         "challenges in natural language processing frequently involve speech recognition, "
         "natural language understanding, and natural language generation.\n"
         "recurrent neural networks (rnns) were once commonly used for such tasks.\n";
}

}  // namespace charrnn
