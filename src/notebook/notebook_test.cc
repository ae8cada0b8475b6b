#include "notebook/notebook.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/error.h"
#include "notebook/explanations.h"
#include "notebook/testing/golden.h"

namespace charrnn {
namespace {

Corpus text_corpus(std::string_view text) {
  return corpus_of_text(text, {.lowercase = true}, "test");
}

// The whole notebook, run once for all tests.
struct WholeRun {
  std::string printed;
  std::unique_ptr<Notebook> notebook;

  static const WholeRun& get() {
    static const WholeRun run = [] {
      WholeRun result;
      result.notebook =
          std::make_unique<Notebook>(NotebookSettings{.explain = true},
                                     text_corpus(notebook_text()), EngineOptions{.threads = 2},
                                     [&result](std::string_view text) { result.printed += text; });
      result.notebook->train();
      result.notebook->generate();
      return result;
    }();
    return run;
  }
};

// The text with the seconds replaced by T.
std::string without_times(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    for (const std::string_view before : {"| Time: ", "Training Finished in "}) {
      if (i >= before.size() && text.substr(i - before.size(), before.size()) == before) {
        while (std::isdigit(text[i]) || text[i] == '.') ++i;
        result += 'T';
      }
    }
    result += text[i];
  }
  return result;
}

// The text without the lines of the explanations.
std::string without_explanations(const std::string& text) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|')) result += line + "\n";
  }
  return result;
}

TEST(Notebook, PrintsTheNotebooksOutput) {
  const std::string& printed = WholeRun::get().printed;
  EXPECT_NE(printed.find("| 6. What next?"), std::string::npos) << "it explains";
  EXPECT_EQ(without_times(without_explanations(printed)),
            R"(Using device: cpu
Using simple RNN with 2 layers, HIDDEN_DIM=256
Corpus length: 798 characters
Vocabulary size: 31 unique characters
Vocabulary: 
 (),.abcdefghiklmnopqrstuvwxyz

Number of sequences created: 758
Sample Input : 'f linguistics, computer science, and art'
Sample Target: 'i'

Created DataLoader with 11 batches.
Model Definition (Simple RNN):
CharRNN(
  (embedding): Embedding(31, 64)
  (rnn): RNN(64, 256, num_layers=2, batch_first=True)
  (fc): Linear(in_features=256, out_features=31, bias=True)
)

Total trainable parameters: 223,967
--- Starting Training (Simple RNN) ---
Epoch 1/15 | Avg Loss: 2.9817 | Time: Ts
Epoch 2/15 | Avg Loss: 2.3214 | Time: Ts
Epoch 3/15 | Avg Loss: 2.0089 | Time: Ts
Epoch 4/15 | Avg Loss: 1.7189 | Time: Ts
Epoch 5/15 | Avg Loss: 1.4153 | Time: Ts
Epoch 6/15 | Avg Loss: 1.1765 | Time: Ts
Epoch 7/15 | Avg Loss: 0.9544 | Time: Ts
Epoch 8/15 | Avg Loss: 0.7394 | Time: Ts
Epoch 9/15 | Avg Loss: 0.5727 | Time: Ts
Epoch 10/15 | Avg Loss: 0.3940 | Time: Ts
Epoch 11/15 | Avg Loss: 0.3020 | Time: Ts
Epoch 12/15 | Avg Loss: 0.2283 | Time: Ts
Epoch 13/15 | Avg Loss: 0.1880 | Time: Ts
Epoch 14/15 | Avg Loss: 0.1434 | Time: Ts
Epoch 15/15 | Avg Loss: 0.1143 | Time: Ts
--- Training Finished in T seconds ---

--- Generating text starting with: 'natural language' --- (Temp=0.8)
Priming...
Generating...

Generated Text:
natural language onderstanding the contextual nuances of the language data. 
the tocumockgence concerned with the interactions between computer coprect information and insights tonta language understanding the conten

--- Generating text starting with: 'the computer' --- (Temp=0.6)
Priming...
Generating...

Generated Text:
the computers to process and analyze large amounts of natural language within them. 
the technology can then ance commonly used for such tasks.

the goal istacd the language within them. bthe technology can then 
)");
}

// The printed numbers have four digits; step by step the kernels' rounding grows, so the bound is
// relative and wider at the end. 2e-3 of the loss is a tenth of what one wrong gradient term moves
// it by.
TEST(Notebook, EveryStepsLossAndGradientNormEqualPyTorchs) {
  const NotebookResult& result = WholeRun::get().notebook->result();
  ASSERT_EQ(result.step_losses.size(), std::size(kGoldenStepLoss));
  for (size_t i = 0; i < std::size(kGoldenStepLoss); ++i) {
    const double tolerance = i < 22 ? 2e-5 : 2e-3;
    EXPECT_NEAR(result.step_losses[i], kGoldenStepLoss[i], tolerance * kGoldenStepLoss[i] + 1e-6)
        << "step " << i + 1;
    EXPECT_NEAR(result.step_gradient_norms[i], kGoldenStepGradientNorm[i],
                tolerance * kGoldenStepGradientNorm[i] + 1e-5)
        << "step " << i + 1;
  }
  for (size_t i = 0; i < std::size(kGoldenEpochLoss); ++i) {
    EXPECT_NEAR(result.epochs[i].average_loss, kGoldenEpochLoss[i], 5.001e-5) << "epoch " << i + 1;
  }
}

TEST(Notebook, KeepsAModelThatWasTrained) {
  const Model model = WholeRun::get().notebook->model();
  EXPECT_EQ(model.config().cell, CellKind::kRnn);
  EXPECT_EQ(model.vocabulary.size(), 31);
  EXPECT_EQ(model.facts.at("steps"), "165");
  double squares = 0;
  for (const float value : model.weights.weight_hh(1)) squares += double{value} * value;
  EXPECT_NEAR(squares, 185.188, 0.2);
}

TEST(Notebook, ExplainsItsOwnNumbers) {
  std::string printed = WholeRun::get().printed;
  // Without the marks and line breaks.
  std::string words;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| ")) words += line.substr(2) + " ";
    EXPECT_LE(line.starts_with('|') ? line.size() : 0, 88u) << line;
  }
  for (const char* expected :
       {"the same probability, 3.2 %", "ln 31 = 3.43", "281 parameters for every character",
        "2.9817 in the first epoch stands for p = 5.1 %", "0.1143 in the last for 89 %",
        "memorised", "charrnn train runs/notebook/text.txt --preset notebook --val-fraction 0.1",
        "The longest here has 59 characters:",
        "\"s to process and analyze large amounts of natural language \"",
        "90 % of the characters drawn lie in such pieces of 20 and more"}) {
    EXPECT_NE(words.find(expected), std::string::npos) << expected << "\n" << words;
  }
}

struct SmallRun {
  std::string printed;
  NotebookResult result;
};

SmallRun small_run(std::vector<NotebookStart> starts, int layers = 1,
                   NotebookSettings settings = {}) {
  SmallRun run;
  settings.training.hidden_size = 9;
  settings.training.embedding_size = 5;
  settings.training.layers = layers;
  settings.training.sequence_length = 6;
  settings.training.batch_size = 4;
  settings.training.epochs = std::min<int64_t>(settings.training.epochs, 1);
  settings.generation_length = 12;
  settings.starts = std::move(starts);
  Notebook notebook(settings, text_corpus("the quick brown fox jumps over the lazy dog\n"), {},
                    [&run](std::string_view text) { run.printed += text; });
  notebook.train();
  notebook.generate();
  run.result = notebook.result();
  return run;
}

TEST(Notebook, SkipsUnseenCharactersWhilePrimingButKeepsThemInTheText) {
  const SmallRun with = small_run({{"t?h!e", 0.8}}), without = small_run({{"the", 0.8}});
  EXPECT_EQ(with.result.generated[0].text.substr(5), without.result.generated[0].text.substr(3));
  EXPECT_EQ(with.result.generated[0].text.substr(0, 5), "t?h!e");
}

TEST(Notebook, ReturnsTheStartTextWhereItsLastCharacterIsUnseen) {
  const SmallRun run = small_run({{"THE Ü", 0.8}});
  EXPECT_EQ(run.result.generated[0].text, "the ü");
  EXPECT_NE(run.printed.find("Priming...\nError: Last character 'ü' not in vocabulary.\n\n"
                             "Generated Text:\nthe ü\n"),
            std::string::npos)
      << run.printed;
}

TEST(Notebook, PrintsTheLayersAsPyTorchDoes) {
  EXPECT_NE(small_run({}).printed.find("(rnn): RNN(5, 9, batch_first=True)"), std::string::npos);
  EXPECT_NE(small_run({}, 3).printed.find("(rnn): RNN(5, 9, num_layers=3, batch_first=True)"),
            std::string::npos);
}

NotebookSettings with_cell(CellKind cell) {
  NotebookSettings settings;
  settings.training.cell = cell;
  return settings;
}

TEST(Notebook, NamesTheCellThatItTrains) {
  const SmallRun lstm = small_run({}, 2, with_cell(CellKind::kLstm));
  EXPECT_TRUE(lstm.printed.find("Using LSTM with 2 layers, HIDDEN_DIM=9\n") != std::string::npos)
      << lstm.printed;
  EXPECT_NE(lstm.printed.find("(rnn): LSTM(5, 9, num_layers=2, batch_first=True)"),
            std::string::npos);
  EXPECT_NE(lstm.printed.find("--- Starting Training (LSTM) ---"), std::string::npos);
  const SmallRun gru = small_run({}, 2, with_cell(CellKind::kGru));
  EXPECT_NE(gru.printed.find("(rnn): GRU(5, 9, num_layers=2, batch_first=True)"),
            std::string::npos);
  // [rows of 4 or 3 gates]: 4 (9·5 + 9·9 + 2·9) + 4 (9·9 + 9·9 + 2·9) of the layers differ.
  EXPECT_EQ((lstm.result.parameters - gru.result.parameters), 144 + 180);
  EXPECT_NE(lstm.result.step_losses, gru.result.step_losses);
}

TEST(Notebook, PrintsTemperaturesAsPythonDoes) {
  const std::string printed = small_run({{"t", 1}, {"t", 0.25}, {"t", 1e-5}, {"t", 1e16}}).printed;
  for (const char* expected : {"(Temp=1.0)", "(Temp=0.25)", "(Temp=1e-05)", "(Temp=1e+16)"}) {
    EXPECT_NE(printed.find(expected), std::string::npos) << printed;
  }
}

TEST(Notebook, ExplainsWhatWasNotTrained) {
  NotebookSettings settings;
  settings.training.epochs = 0;
  settings.explain = true;
  const SmallRun run = small_run({{"the", 1}}, 1, settings);
  EXPECT_NE(run.printed.find("Without an epoch nothing was learned"), std::string::npos)
      << run.printed;
  EXPECT_EQ(run.printed.find("nan"), std::string::npos) << run.printed;
}

TEST(Notebook, SaysThatTheNetworkQuotesWhereItDoes) {
  const auto explained = [](int64_t copied, int64_t longest) {
    return explain_generation({.characters = 400,
                               .copied = copied,
                               .longest = std::string(static_cast<size_t>(longest), 'a'),
                               .longest_length = longest});
  };
  EXPECT_NE(explained(360, 90).find("quotes"), std::string::npos);
  EXPECT_EQ(explained(0, 5).find("quotes"), std::string::npos);
  EXPECT_NE(explained(0, 1).find("has 1 character:"), std::string::npos) << explained(0, 1);
  NotebookSettings settings;
  settings.training.layers = 1;
  settings.training.epochs = 1;
  const std::string setup = explain_setup(settings);
  EXPECT_NE(setup.find("in its one layer"), std::string::npos) << setup;
  EXPECT_EQ(setup.find("1 times"), std::string::npos) << setup;
}

TEST(Notebook, RefusesATextTooShortForOneBatch) {
  EXPECT_THROW(Notebook({}, text_corpus("too short"), {}, [](std::string_view) {}), Error);
}

TEST(Multinomial, PicksInProportionToTheWeights) {
  MersenneTwister generator(7);
  const std::vector<float> weights = {1, 0, 2, 5};
  std::vector<int> counts(4);
  constexpr int kDraws = 80000;
  for (int i = 0; i < kDraws; ++i) ++counts[torch_multinomial(weights, generator)];
  EXPECT_EQ(counts[1], 0);
  for (const int k : {0, 2, 3}) {
    const double odds = weights[k] / 8;
    // Five standard deviations.
    EXPECT_NEAR(counts[k], odds * kDraws, 5 * std::sqrt(kDraws * odds * (1 - odds))) << k;
  }
}

}  // namespace
}  // namespace charrnn
