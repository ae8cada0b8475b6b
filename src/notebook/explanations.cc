#include "notebook/explanations.h"

#include <fmt/core.h>

#include <cmath>

#include "base/short_number.h"
#include "text/characters/display.h"
#include "text/characters/shell_word.h"

namespace charrnn {
namespace {

constexpr size_t kColumns = 88;

// A paragraph, broken between words.
std::string paragraph(std::string_view text) {
  std::string result, line;
  const auto end_line = [&] {
    while (line.ends_with(' ')) line.pop_back();
    result += line + "\n";
    line.clear();
  };
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (kExplanationMark.size() + line.size() + word.size() > kColumns) end_line();
    line += std::string(word) + " ";
    begin = end + 1;
  }
  end_line();
  return result;
}

// The mark before every line.
std::string marked(std::string_view text) {
  std::string result;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    std::string line = std::string(kExplanationMark) + std::string(text.substr(begin, end - begin));
    while (line.ends_with(' ')) line.pop_back();
    result += line + "\n";
    begin = end + 1;
  }
  return result;
}

std::string explanation(std::string_view text) { return marked("\n" + paragraph(text) + "\n"); }

std::string_view what_the_cell_does(CellKind cell) {
  switch (cell) {
    case CellKind::kLstm:
      return "an LSTM has a second memory, the cell, and gates that decide what of it to keep, "
             "what to add and what to show";
    case CellKind::kGru:
      return "a GRU has gates that decide, number by number, how much of the old memory to keep";
    case CellKind::kRnn:
      break;
  }
  return "a plain RNN replaces its whole memory each time";
}

std::string percent(double share) {
  return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}

// The probability that a loss stands for.
std::string percent_of_loss(double loss) { return percent(std::exp(-loss)); }

double blind_loss(const NotebookResult& result) { return std::log(result.vocabulary_size); }

std::string_view verdict(double loss, double blind) {
  // People who guess English letter by letter reach 0.6 to 1.3 bits, 0.4 to 0.9 nats (Shannon,
  // Prediction and Entropy of Printed English, 1951).
  constexpr double kBestGuesser = 0.4;
  if (loss < kBestGuesser) {
    return "No text can be guessed that well (people who guess English letter by letter reach 0.4 "
           "at "
           "best): the network has memorised this one. That is what too many parameters for "
           "too little text do, and the training loss alone can't show it. To see it, hold out the "
           "last tenth of the text. The loss on that part soon rises, to worse than blind "
           "guessing, "
           "while the training loss falls as before:";
  }
  if (loss < blind - 1) {
    return "The network knows more than which characters are common. Whether it can guess or only "
           "remembers, a part of the text that it has not seen tells. Hold out the last tenth, and "
           "compare the two losses:";
  }
  return "That is little more than knowing which characters are common: it needs more epochs, or a "
         "larger network. Hold out the last tenth of the text to see both losses fall:";
}

std::string held_out_commands(const NotebookSettings& settings) {
  const bool own = settings.text.empty();
  const std::string text = own ? "runs/notebook/text.txt" : shell_argument(settings.text);
  const std::string cell =
      settings.training.cell == CellKind::kRnn
          ? ""
          : fmt::format(" --cell {}", cell_traits(settings.training.cell).name);
  return (own ? "    charrnn notebook --out runs/notebook\n" : std::string()) +
         fmt::format("    charrnn train {} --preset notebook --val-fraction 0.1{}\n", text, cell);
}

}  // namespace

std::string explain_setup(const NotebookSettings& settings) {
  return explanation(fmt::format(
      "1. Setup. The network reads {} characters at a time, has {} numbers {} "
      "as a memory, and goes over the text {}. The seed ({}) fixes every random "
      "draw: the same "
      "seed prints the same losses and the same texts, here as in PyTorch.",
      settings.training.sequence_length, settings.training.hidden_size,
      settings.training.layers == 1
          ? "in its one layer"
          : fmt::format("in each of its {} layers", settings.training.layers),
      settings.training.epochs == 1 ? "once" : counted(settings.training.epochs, "time"),
      settings.seed));
}

std::string explain_data(const NotebookSettings& settings, const NotebookResult& result,
                         std::string_view first_character) {
  return explanation(fmt::format(
      "2. Data. A network computes with numbers, so each of the {} different characters becomes "
      "one: its place in the vocabulary{}. From every position a window of {} characters is cut, "
      "and the network is to guess the character that follows it. Whoever guesses blindly gives "
      "each of the {} the same probability, {}. As a loss that is ln {} = {:.2f}: the number to "
      "compare with below.",
      result.vocabulary_size,
      first_character == "\n" ? " (which begins with the line feed: hence the broken line)" : "",
      settings.training.sequence_length, result.vocabulary_size,
      percent(1.0 / result.vocabulary_size), result.vocabulary_size, blind_loss(result)));
}

std::string explain_model(const NotebookSettings& settings, const NotebookResult& result) {
  const double each =
      static_cast<double>(result.parameters) / static_cast<double>(result.corpus_length);
  return explanation(fmt::format(
      "3. Model. The embedding gives each character {} numbers. At every character each layer "
      "rewrites its {} from them and from what they were before: this hidden state is all that the "
      "network knows of the past ({}). The linear layer turns the last one into a score for each "
      "of the {} characters. {}",
      settings.training.embedding_size, settings.training.hidden_size,
      what_the_cell_does(settings.training.cell), result.vocabulary_size,
      each >= 1
          ? fmt::format("There are {:.0f} parameters for every character of the text: more than "
                        "enough to memorise it.",
                        each)
          : fmt::format("There are {:.1f} characters of text for every parameter: too many to "
                        "memorise them all.",
                        1 / each)));
}

std::string explain_training(const NotebookSettings& settings, const NotebookResult& result) {
  if (result.epochs.empty()) {
    return explanation(
        "4. Training. Without an epoch nothing was learned: what is generated below "
        "comes from random numbers.");
  }
  const double first = result.epochs.front().average_loss, last = result.epochs.back().average_loss;
  const std::string figures =
      result.epochs.size() == 1
          ? fmt::format("{:.4f} stands for p = {}", last, percent_of_loss(last))
          : fmt::format("{:.4f} in the first epoch stands for p = {}, {:.4f} in the last for {}",
                        first, percent_of_loss(first), last, percent_of_loss(last));
  std::string text = paragraph(fmt::format(
      "4. Training. One step: guess the characters that follow {} windows, find for every "
      "parameter "
      "in which direction the loss falls, and move each a little that way. The loss is -ln p, "
      "where "
      "p is the probability that the network gave to the character that came. {}; "
      "blind guessing has {:.2f} and {}. {}",
      settings.training.batch_size, figures, blind_loss(result),
      percent(1.0 / result.vocabulary_size), verdict(last, blind_loss(result))));
  text += "\n" + held_out_commands(settings);
  return marked("\n" + text + "\n");
}

std::string explain_generation(const GeneratedCopies& copies) {
  std::string text =
      "5. Generating. Priming lets the network read the start phrase. Then each character is drawn "
      "at random, by the network's probabilities, and read as the next one. Before that the scores "
      "are divided by the temperature: below 1 the likely becomes likelier, above 1 the odds even "
      "out.";
  if (copies.characters > 0 && !copies.longest.empty()) {
    constexpr double kQuotes = 0.1;  // of what is drawn
    const double share =
        static_cast<double>(copies.copied) / static_cast<double>(copies.characters);
    text += fmt::format(
        " Look for pieces that stand in the corpus word for word. The longest here has {}:",
        counted(static_cast<uint64_t>(copies.longest_length), "character"));
    text = paragraph(text) + "\n    \"" + escaped(copies.longest) + "\"\n\n" +
           paragraph(fmt::format(
               "{} of the characters drawn lie in such pieces of {} and more{}", percent(share),
               kShortestCopy,
               share < kQuotes ? "."
                               : ": the network quotes. Words break where it passes from one piece "
                                 "into another."));
    return marked("\n" + text + "\n");
  }
  return explanation(text);
}

// What to expect is measured: the notebook's own settings, seed 42.
std::string explain_experiments() {
  const auto experiment = [](std::string_view what, std::string_view command,
                             std::string_view expect) {
    return paragraph(what) + "    " + std::string(command) + "\n" + paragraph(expect) + "\n";
  };
  return marked(
      "\n" +
      paragraph("6. What next? Five experiments: paste a line, and compare with the notebook's own "
                "numbers.") +
      "\n" +
      experiment(
          "a) Another cell.", "charrnn notebook --cell lstm",
          "An LSTM has nearly four times the parameters and learns more slowly at first: 1.51 "
          "in epoch 7, where the RNN has 0.95. It ends at 0.17. --cell gru ends at 0.09, and "
          "hardly a word of its texts is broken.") +
      experiment("b) Half the memory.", "charrnn notebook --hidden-size 128",
                 "The loss ends at 0.30 instead of 0.11, and more words break. It still learns by "
                 "heart: 63,839 parameters are 80 for each character.") +
      experiment("c) Cold and hot.", "charrnn notebook --temp 0.2 --temp 1.5",
                 "The same network, the same losses. At 0.2 it quotes whole lines, one after the "
                 "other; at 1.5 few words stay whole.") +
      experiment(
          "d) Longer training.", "charrnn notebook --epochs 30",
          "The loss falls to 0.03 and the texts are quotations almost throughout. More time "
          "can't teach what 798 characters don't hold. More text can: charrnn train book.txt "
          "--time 5m.") +
      experiment(
          "e) One step with all its numbers, in the browser.",
          "charrnn notebook --out runs/tour && charrnn serve runs/tour",
          "Open the address that it prints: the tour follows one character through the network "
          "in seven steps, and the view Memory shows how far back a prediction looks. Ctrl-C "
          "ends the server."));
}

}  // namespace charrnn
