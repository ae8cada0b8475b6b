#include "session/outcome.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace charrnn {
namespace {

constexpr double kNone = Outcome::kNone;

// A run over a text of 65 characters that ended as planned, better than its baselines.
Outcome usual() {
  Outcome o;
  o.vocabulary_size = 65;
  o.hidden_size = 128;
  o.learning_rate = 3e-3;
  o.passes = 10;
  o.step = o.best_step = 1000;
  o.loss = o.last_loss = o.compared_loss = 1.5;
  o.margin = 0.02;
  o.training_loss = 1.42;
  o.running_loss = o.last_running_loss = 1.45;
  o.baseline.ngram_loss = 1.6;
  o.baseline.ngram_context = 6;
  o.baseline.compressor_bits_per_character = 2.5;
  o.baseline.compressor = "LZMA2 (xz -9e)";
  o.baseline.scored_characters = 111540;
  o.likeness = {.held_out = 2.45, .mean = 2.44, .deviation = 0.02, .least = 2.41, .most = 2.48};
  o.copied_share = 0.02;
  o.held_out_copied_share = 0.02;
  return o;
}

Outcome changed(const std::function<void(Outcome&)>& change) {
  Outcome o = usual();
  change(o);
  return o;
}

std::string paragraph(const Outcome& o) {
  std::string text;
  for (const std::string& sentence : sentences(o)) text += sentence + " ";
  return text;
}

bool has(const std::string& text, std::string_view words) { return text.find(words) != text.npos; }

const Likeness kUnlikeParts = {
    .held_out = 3.4, .mean = 2.44, .deviation = 0.02, .least = 2.41, .most = 2.48};

struct Situation {
  const char* name;
  std::function<void(Outcome&)> change;
  Limit limit;
  Standing standing;
  bool memorised;
  std::vector<const char*> says;
};

const std::vector<Situation>& situations() {
  using enum Standing;
  static const std::vector<Situation> all = {
      {"nothing stands out",
       [](Outcome&) {},
       Limit::kBalanced,
       kBetter,
       false,
       {"On the held-out part the model of step 1,000, the best one measured, needs 2.164 bits per "
        "character (1.5000 nats, ± 0.0200 by the spread within this part, perplexity 4.5).",
        "On the same 111,540 characters, an n-gram model that sees 6 characters, the better of two "
        "baselines, needs 2.308 bits per character: the network needs 6.3 % less.",
        "It overfits little: on its training text it needs 2.049 bits.", "--hidden-size 192"}},
      {"the compressor is the better baseline",
       [](Outcome& o) { o.baseline.compressor_bits_per_character = 2.1; },
       Limit::kSmall,
       kWorse,
       false,
       {"LZMA2 (xz -9e), the better of two baselines, needs 2.100", "needs 3.0 % more"}},
      {"as good as the baseline",
       [](Outcome& o) { o.baseline.ngram_loss = 1.505; },
       Limit::kBalanced,
       kAlike,
       false,
       {"the network needs about as much"}},
      {"no baseline", [](Outcome& o) { o.baseline = {}; }, Limit::kBalanced, kUnknown, false, {}},
      {"the baseline scored the beginning alone",
       [](Outcome& o) {
         o.compared_loss = 1.52;
         o.baseline.scored_characters = 1048576;
       },
       Limit::kBalanced,
       kBetter,
       false,
       {"On the first 1,048,576 characters of it, where the network needs 2.193, an n-gram"}},
      {"a fifth of a pass",
       [](Outcome& o) {
         o.passes = 0.2;
         o.training_loss = 1.5;
       },
       Limit::kFewPasses,
       kBetter,
       false,
       {"It has seen 20 % of its text and was still getting better.", "--epochs 3"}},
      {"one pass, the training part far easier",
       [](Outcome& o) {
         o.passes = 1;
         o.training_loss = 0.9;
         o.copied_share = 0.8;
       },
       Limit::kFewPasses,
       kBetter,
       false,
       {"It has seen its text once", "80.0 % of what it writes"}},
      {"two passes within a time",
       [](Outcome& o) {
         o.passes = 2.04;
         o.by_time = true;
       },
       Limit::kFewPasses,
       kBetter,
       false,
       {"It has seen its text 2 times", "Try a longer --time."}},
      {"few passes, and worse than counting",
       [](Outcome& o) {
         o.passes = 2;
         o.loss = o.last_loss = o.compared_loss = 2;
         o.training_loss = 1.98;
       },
       Limit::kFewPasses,
       kWorse,
       false,
       {"needs 25.0 % more", "--epochs 4"}},
      {"far behind the baseline and still getting better, the training part easier",
       [](Outcome& o) {
         o.passes = 6;
         o.best_step = o.step;
         o.loss = o.last_loss = o.compared_loss = 2.1;
         o.training_loss = 1.75;
       },
       Limit::kFewPasses,
       kWorse,
       false,
       {"It has seen its text 6 times and was still getting better.", "Try --epochs 12."}},
      {"stopped early while the training loss fell on",
       [](Outcome& o) {
         o.passes = 3.5;
         o.stopped_early = true;
         o.best_step = 400;
         o.running_loss = 1.6;
         o.last_running_loss = 1.2;
         o.training_loss = 1.45;
       },
       Limit::kOverfitting,
       kBetter,
       false,
       {"It overfits: on its training text it needs 2.092 bits, and after step 400 the training "
        "loss fell from 2.308 to 1.731 bits while the held-out loss fell no further."}},
      {"small",
       [](Outcome& o) { o.training_loss = 1.49; },
       Limit::kSmall,
       kBetter,
       false,
       {"On its training text it needs 2.150 bits, about as many, after 10 passes: the network is "
        "small for this text, needs more passes, or has little left to learn from it.",
        "--hidden-size 192", "--epochs 20"}},
      {"small, and stopped for want of gain",
       [](Outcome& o) {
         o.training_loss = 1.44;
         o.stopped_early = true;
         o.best_step = 500;
         o.last_loss = 1.503;
       },
       Limit::kSmall,
       kBetter,
       false,
       {"hardly fewer", "small for this text, or has little left to learn from it.",
        "--hidden-size 192)."}},
      {"small, the held-out part easier",
       [](Outcome& o) { o.training_loss = 1.8; },
       Limit::kSmall,
       kBetter,
       false,
       {"2.597 bits, more, after"}},
      {"small, the training part not measured",
       [](Outcome& o) {
         o.training_loss = kNone;
         o.running_loss = 1.9;  // dropout
       },
       Limit::kSmall,
       kBetter,
       false,
       {"It has seen its text 10 times: the network is small"}},
      {"overfitting, the last model the best",
       [](Outcome& o) { o.training_loss = 1.1; },
       Limit::kOverfitting,
       kBetter,
       false,
       {"It overfits: on its training text it needs 1.587 bits.", "Try a longer text",
        "--output-dropout 0.2", "--hidden-size 80"}},
      {"overfitting, validation turned up",
       [](Outcome& o) {
         o.training_loss = 1.1;
         o.best_step = 400;
         o.last_loss = 1.9;
         o.last_running_loss = 0.6;
       },
       Limit::kOverfitting,
       kBetter,
       false,
       {"1.587 bits, and the held-out loss rose from 1.5000 to 1.9000 nats after step 400."}},
      {"overfitting from where the best model is on",
       [](Outcome& o) {
         o.best_step = 400;
         o.last_loss = 1.6;
         o.last_running_loss = 1.2;
       },
       Limit::kOverfitting,
       kBetter,
       false,
       {"the held-out loss rose from 1.5000 to 1.6000"}},
      {"overfitting in spite of dropout",
       [](Outcome& o) {
         o.training_loss = 1.1;
         o.output_dropout = 0.5;
       },
       Limit::kOverfitting,
       kBetter,
       false,
       {"Try a longer text or a smaller network"}},
      {"memorised",
       [](Outcome& o) {
         o.loss = o.last_loss = o.compared_loss = 2.5;
         o.training_loss = 0.1;
         o.copied_share = 0.9;
         o.passes = 200;
       },
       Limit::kOverfitting,
       kWorse,
       true,
       {"It has memorised passages: 90.0 % of what it writes stands word for word in its training "
        "text (2.0 % of the held-out part does)."}},
      {"memorised, and no loss shows it",
       [](Outcome& o) { o.copied_share = 0.5; },
       Limit::kOverfitting,
       kBetter,
       true,
       {"It has memorised passages: 50.0 %"}},
      {"a text that repeats itself",
       [](Outcome& o) {
         o.copied_share = 0.85;
         o.held_out_copied_share = 0.8;
       },
       Limit::kBalanced,
       kBetter,
       false,
       {"85.0 % of what it writes", "80.0 % of the held-out"}},
      {"the held-out part is unlike the rest",
       [](Outcome& o) {
         o.likeness = kUnlikeParts;
         o.loss = o.last_loss = o.compared_loss = 2.4;
       },
       Limit::kUnlike,
       kWorse,
       false,
       {"unlike the rest of the text: counting pairs of characters needs 4.91 bits per character "
        "there, and 3.48 to 3.58 in stretches of the training part."}},
      {"unlike, and read once",
       [](Outcome& o) {
         o.likeness = kUnlikeParts;
         o.passes = 1;
         o.loss = o.last_loss = o.compared_loss = 3;
       },
       Limit::kUnlike,
       kWorse,
       false,
       {}},
      {"unlike, and overfitting beyond that",
       [](Outcome& o) {
         o.likeness = kUnlikeParts;
         o.training_loss = 0.5;
         o.loss = o.last_loss = o.compared_loss = 2.4;
       },
       Limit::kOverfitting,
       kWorse,
       false,
       {"unlike the rest", "The network overfits as well: on"}},
      {"unlike, and worse than all characters alike",
       [](Outcome& o) {
         o.likeness = kUnlikeParts;
         o.loss = o.last_loss = o.compared_loss = 5;
       },
       Limit::kUnlike,
       kWorse,
       false,
       {}},
      {"diverged",
       [](Outcome& o) {
         o.loss = o.last_loss = o.compared_loss = 40911;
         o.training_loss = 39000;
       },
       Limit::kDiverged,
       kWorse,
       false,
       {"no better than giving all 65 characters the same probability (6.022 bits)",
        "--learning-rate 0.001"}},
      {"diverged at a rate that is far too high",
       [](Outcome& o) {
         o.learning_rate = 1e6;
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 40911;
       },
       Limit::kDiverged,
       kWorse,
       false,
       {"--learning-rate 0.01)"}},
      {"not a number",
       [](Outcome& o) { o.loss = o.last_loss = o.compared_loss = o.training_loss = kNone; },
       Limit::kDiverged,
       kUnknown,
       false,
       {"is not a number", "--learning-rate 0.001"}},
      {"unstable",
       [](Outcome& o) {
         o.best_step = 300;
         o.last_loss = 2.5;
         o.last_running_loss = 2.4;
       },
       Limit::kUnstable,
       kBetter,
       false,
       {"after step 300 the loss rose from 1.5000 to 2.5000 nats, and on the training text"}},
      {"a random text",
       [](Outcome& o) {
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 2.303;
         o.baseline.ngram_loss = 2.3026;
         o.baseline.ngram_context = 0;
         o.baseline.compressor_bits_per_character = 3.4;
       },
       Limit::kNoPattern,
       kAlike,
       false,
       {"counting how often each character occurs, the better", "the text looks random"}},
      {"a random text, a little worse than all characters alike",
       [](Outcome& o) {
         o.vocabulary_size = 10;
         o.passes = 1.3;
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 2.3030;
         o.baseline.ngram_loss = 2.3027;
         o.baseline.ngram_context = 0;
         o.baseline.compressor_bits_per_character = 3.6;
       },
       Limit::kNoPattern,
       kAlike,
       false,
       {"the text looks random"}},
      {"a random text, longer contexts not all tried",
       [](Outcome& o) {
         o.vocabulary_size = 10;
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 2.3029;
         o.baseline.ngram_loss = 2.3027;
         o.baseline.ngram_context = 0;
         o.baseline.ngram_note = "no time for contexts longer than 1";
         o.baseline.compressor_bits_per_character = 3.6;
       },
       Limit::kNoPattern,
       kAlike,
       false,
       {"the text looks random"}},
      {"a random text whose characters are not alike, not quite as good as the baseline",
       [](Outcome& o) {
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 3.25;
         o.baseline.ngram_loss = 3.2;
         o.baseline.ngram_context = 0;
         o.baseline.ngram_note = "learned from the last 48,000 of 72,000";
         o.baseline.compressor_bits_per_character = 5.8;
       },
       Limit::kNoPattern,
       kWorse,
       false,
       {"counting how often each character occurs (learned from the last 48,000 of 72,000), the "
        "better",
        "the text looks random"}},
      {"the same after a pass",
       [](Outcome& o) {
         o.passes = 1;
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 3.25;
         o.baseline.ngram_loss = 3.2;
         o.baseline.ngram_context = 0;
         o.baseline.compressor_bits_per_character = 5.8;
       },
       Limit::kFewPasses,
       kWorse,
       false,
       {"and was still getting better", "--epochs 3"}},
      {"no better than how often each character occurs, longer contexts not tried",
       [](Outcome& o) {
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 3.2;
         o.baseline.ngram_loss = 3.2;
         o.baseline.ngram_context = 0;
         o.baseline.ngram_note = "no time for contexts longer than 0";
         o.baseline.ngram_is_conclusive = false;
         o.baseline.compressor_bits_per_character = 5.8;
       },
       Limit::kSmall,
       kAlike,
       false,
       {"is small for this text"}},
      {"a held-out part that is no copy of the training part's kind, and nothing shows why",
       [](Outcome& o) {
         o.loss = o.compared_loss = 4.3;
         o.last_loss = 4.5;
         o.training_loss = o.running_loss = o.last_running_loss = 4.16;
       },
       Limit::kDiverged,
       kWorse,
       false,
       {"(6.022 bits): what it has learned from the training part does not hold here."}},
      {"nothing learned at a rate of next to nothing",
       [](Outcome& o) {
         o.learning_rate = 1e-6;
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 4.17;
         o.running_loss = o.last_running_loss = 4.17;
       },
       Limit::kDiverged,
       kWorse,
       false,
       {"learned nothing that lasts", "Try a higher learning rate (--learning-rate 1e-05)."}},
      {"the held-out part stands in the training part",
       [](Outcome& o) {
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 1.49;
         o.baseline.compressor_bits_per_character = 0.01;
         o.copied_share = 0.3;
         o.held_out_copied_share = 1;
       },
       Limit::kSmall,
       kWorse,
       false,
       {"needs 214 times as much", "or needs more passes",
        "30.0 % of what it writes stands word for word in its training text (100.0 % of the "
        "held-out part does, so its loss there says little about other texts)."}},
      {"a few words",
       [](Outcome& o) {
         o.vocabulary_size = 16;
         o.passes = 45;
         o.step = 45;
         o.best_step = 5;
         o.stopped_early = true;
         o.loss = o.compared_loss = 2.7077;
         o.last_loss = 4.06;
         o.margin = o.training_loss = kNone;
         o.running_loss = 2.72;
         o.last_running_loss = 0.8;
         o.baseline = {};
         o.baseline.ngram_loss = 2.6393;
         o.baseline.scored_characters = 6;
         o.copied_share = 0;
         o.held_out_copied_share = kNone;
       },
       Limit::kOverfitting,
       kWorse,
       false,
       {"the held-out loss rose from 2.7077 to 4.0600 nats", "Try a longer text"}},
      {"nothing learned yet",
       [](Outcome& o) {
         o.passes = 0.01;
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 4.17;
       },
       Limit::kFewPasses,
       kWorse,
       false,
       {"It has seen 1 % of its text"}},
      {"nothing learned in many passes",
       [](Outcome& o) { o.loss = o.last_loss = o.compared_loss = o.training_loss = 4.17; },
       Limit::kDiverged,
       kWorse,
       false,
       {"has learned nothing that lasts"}},
      {"far too small, with a little gap",
       [](Outcome& o) {
         o.hidden_size = 8;
         o.loss = o.last_loss = o.compared_loss = 2.3457;
         o.training_loss = 2.2652;
       },
       Limit::kSmall,
       kWorse,
       false,
       {"small for this text", "--hidden-size 64"}},
      {"overfitting, only the training loss with dropout is known",
       [](Outcome& o) {
         o.training_loss = kNone;
         o.running_loss = 1.1;
       },
       Limit::kOverfitting,
       kBetter,
       false,
       {"It overfits: its training loss is 1.587 bits."}},
      {"a period, and a baseline as good",
       [](Outcome& o) {
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 0.0009;
         o.baseline.ngram_loss = 0.0005;
       },
       Limit::kPredictable,
       kAlike,
       false,
       {"about as much", "little is left to gain"}},
      {"a period",
       [](Outcome& o) {
         o.loss = o.last_loss = o.compared_loss = o.training_loss = 0.001;
         o.copied_share = o.held_out_copied_share = 1;
       },
       Limit::kPredictable,
       kBetter,
       false,
       {"little is left to gain"}},
      {"interrupted",
       [](Outcome& o) {
         o.interrupted = true;
         o.training_loss = 0.5;
         o.copied_share = kNone;
       },
       Limit::kInterrupted,
       kBetter,
       false,
       {"stopped before its end"}},
      {"nothing held out",
       [](Outcome& o) {
         o.is_held_out = false;
         o.loss = o.last_loss = o.compared_loss = kNone;
         o.baseline = {};
         o.likeness = {};
         o.held_out_copied_share = kNone;
       },
       Limit::kNothingHeldOut,
       kUnknown,
       false,
       {"Nothing is held out", "--val-fraction 0.1"}},
      {"diverged within a pass, the first measurement kept",
       [](Outcome& o) {
         o.passes = 0.6;
         o.best_step = 100;
         o.loss = o.compared_loss = 0.995 * std::log(o.vocabulary_size);
         o.last_loss = 77;
         o.training_loss = kNone;
         o.running_loss = o.last_running_loss = o.loss;
       },
       Limit::kDiverged,
       kWorse,
       false,
       {"learned nothing that lasts", "lower learning rate"}},
      {"too short for a held-out part",
       [](Outcome& o) {
         o.is_held_out = false;
         o.is_too_short = true;
         o.loss = o.last_loss = o.compared_loss = kNone;
         o.baseline = {};
         o.likeness = {};
         o.held_out_copied_share = kNone;
       },
       Limit::kNothingHeldOut,
       kUnknown,
       false,
       {"too short to hold a part out", "Try a longer text."}},
      {"nothing held out, and memorised",
       [](Outcome& o) {
         o.is_held_out = false;
         o.loss = o.last_loss = o.compared_loss = kNone;
         o.baseline = {};
         o.held_out_copied_share = kNone;
         o.copied_share = 0.9;
       },
       Limit::kNothingHeldOut,
       kUnknown,
       true,
       {"It has memorised passages"}},
      {"bytes",
       [](Outcome& o) { o.unit = "byte"; },
       Limit::kBalanced,
       kBetter,
       false,
       {"bits per byte", "111,540 bytes", "that sees 6 bytes"}},
  };
  return all;
}

class OutcomeSituation : public testing::TestWithParam<size_t> {};

TEST_P(OutcomeSituation, IsJudgedAsAPersonWould) {
  const Situation& situation = situations()[GetParam()];
  const Outcome o = changed(situation.change);
  const std::string text = paragraph(o);
  SCOPED_TRACE(std::string(situation.name) + ": " + text);
  EXPECT_EQ(limit_name(limit_of(o)), limit_name(situation.limit));
  EXPECT_EQ(standing(o.compared_loss, best_of(o.baseline, o.unit)), situation.standing);
  EXPECT_EQ(has_memorised(o), situation.memorised);
  for (const char* words : situation.says) EXPECT_TRUE(has(text, words)) << words;
  EXPECT_FALSE(has(text, "nan"));
  EXPECT_FALSE(has(text, "inf"));
  EXPECT_FALSE(o.unit == "byte" && has(text, "character"));
}

// What is claimed and what is advised never pull in two directions.
TEST_P(OutcomeSituation, HasNoSentenceAgainstAnother) {
  const Outcome o = changed(situations()[GetParam()].change);
  const std::string text = paragraph(o);
  SCOPED_TRACE(text);
  const bool overfits = has(text, "It overfits:") || has(text, "overfits as well");
  EXPECT_FALSE(overfits && has(text, "larger network"));
  EXPECT_FALSE(overfits && has(text, "more passes"));
  EXPECT_FALSE(has(text, "smaller network") && !overfits);
  EXPECT_FALSE(has(text, "has memorised") && has(text, "larger network"));
  EXPECT_FALSE(has(text, "has memorised") && o.passes < 1.5);
  EXPECT_FALSE(overfits && o.passes < 1.5);
  EXPECT_FALSE(has(text, "small for this text") && has(text, "overfits"));
  EXPECT_EQ(has(text, "% less"),
            standing(o.compared_loss, best_of(o.baseline, o.unit)) == Standing::kBetter);
}

INSTANTIATE_TEST_SUITE_P(All, OutcomeSituation, testing::Range<size_t>(0, situations().size()));

// Whatever the figures, the text has no holes and no contradiction.
TEST(Outcome, HoldsForAllCombinationsOfFigures) {
  int count = 0;
  for (const double passes : {0.1, 1.0, 2.0, 50.0}) {
    for (const double loss : {kNone, 0.001, 1.5, 9.0}) {
      for (const double training : {kNone, 0.05, 1.45, 10.0}) {
        for (const double ngram : {kNone, 1.0, 1.5, 3.0}) {
          for (const double copied : {kNone, 0.01, 0.9}) {
            for (const bool unlike : {false, true}) {
              for (const double last : {1.0, 1.5}) {
                Outcome o = usual();
                o.passes = passes;
                o.loss = o.compared_loss = loss;
                o.last_loss = loss * last;
                if (last > 1) o.best_step = 300;
                o.training_loss = training;
                o.baseline.ngram_loss = ngram;
                o.copied_share = copied;
                if (unlike) o.likeness = kUnlikeParts;
                const std::string text = paragraph(o);
                ASSERT_FALSE(has(text, "nan")) << text;
                ASSERT_FALSE(has(text, "..") || has(text, "  ")) << text;
                const bool overfits = has(text, "It overfits:") || has(text, "overfits as well");
                ASSERT_FALSE(overfits && (passes < 1.5 || has(text, "larger network"))) << text;
                ASSERT_FALSE(has(text, "has memorised") && has(text, "larger network")) << text;
                ++count;
              }
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(count, 4 * 4 * 4 * 4 * 3 * 2 * 2);
}

}  // namespace
}  // namespace charrnn
