#include "train/plan/sizes.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

constexpr double kTera = 1e12;

ModelConfig gru(int hidden_size, int vocabulary_size) {
  return {.cell = CellKind::kGru,
          .layers = 1,
          .hidden_size = hidden_size,
          .embedding_size = 1,
          .vocabulary_size = vocabulary_size};
}

TEST(Sizes, GrowWithTheBudgetAndNeverShrink) {
  int before = 0;
  for (const double flops : {0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 1e4}) {
    const Sizes sizes = sizes_for_budget(100'000'000, 96, flops * kTera);
    EXPECT_GE(sizes.hidden_size, before) << flops;
    before = sizes.hidden_size;
  }
  EXPECT_EQ(sizes_for_budget(100'000'000, 96, 0.001 * kTera).hidden_size, 64);
  EXPECT_EQ(before, 1024);
}

TEST(Sizes, AreBoundByAShortTextHoweverMuchTimeThereIs) {
  for (const int64_t characters : {2, 800, 20'000, 300'000, 1'000'000}) {
    const Sizes sizes = sizes_for_budget(characters, 65, 1e6 * kTera);
    EXPECT_LE(flops_per_character(gru(sizes.hidden_size, 65)) / 6,
              std::max(4 * static_cast<double>(characters), flops_per_character(gru(64, 65)) / 6))
        << characters;
  }
}

TEST(Sizes, DropMoreWhereTheTextIsReadMoreOften) {
  const Sizes once = sizes_for_budget(50'000'000, 65, 10 * kTera);
  const Sizes often = sizes_for_budget(500'000, 65, 100 * kTera);
  EXPECT_EQ(once.output_dropout, 0);
  EXPECT_EQ(once.recurrent_dropout, 0);
  EXPECT_GT(often.output_dropout, 0.3);
  EXPECT_GT(often.recurrent_dropout, 0.1);
  EXPECT_LE(sizes_for_budget(500'000, 65, 1e6 * kTera).recurrent_dropout, 0.3);
  EXPECT_EQ(sizes_for_text(20'000).recurrent_dropout, 0.2);
  EXPECT_EQ(sizes_for_text(500'000'000).recurrent_dropout, 0);
}

TEST(Sizes, DropMoreWhereTheTextIsShortForTheNetwork) {
  const auto dropped = [](int64_t characters, int hidden_size, int64_t epochs) {
    return sizes_for_text(characters, {.hidden_size = hidden_size, .epochs = epochs})
        .output_dropout;
  };
  EXPECT_NEAR(dropped(1'000'000, 256, 20), 0.3, 1e-9);
  EXPECT_NEAR(dropped(200'000, 384, 20), 0.5, 1e-9);
  EXPECT_EQ(dropped(200'000, 384, 5), 0);
  EXPECT_EQ(sizes_for_text(200'000, {.hidden_size = 384, .epochs = 20}).embedding_size, 64);
  EXPECT_EQ(sizes_for_text(200'000, {.hidden_size = 384, .epochs = 5}).embedding_size, 128);
  EXPECT_EQ(sizes_for_text(1'000'000, {.hidden_size = 384, .epochs = 20}).embedding_size, 128);
}

TEST(Sizes, MakeStepsEnoughInLittleTime) {
  const Sizes little = sizes_for_budget(1'000'000, 65, 0.05 * kTera);
  const Sizes much = sizes_for_budget(1'000'000, 65, 300 * kTera);
  EXPECT_LT(little.batch_size * little.sequence_length, much.batch_size * much.sequence_length);
  EXPECT_LT(little.average_decay, much.average_decay);
}

TEST(Sizes, AreNotLargerThanStepsEnoughAllow) {
  // A GRU of 192 would read a million characters: eight a weight, but 1,000 steps of 16 × 64.
  const double million_with_192 = 1e6 * flops_per_character(gru(192, 65));
  EXPECT_EQ(sizes_for_budget(1'000'000, 65, million_with_192).hidden_size, 128);
  EXPECT_EQ(sizes_for_budget(1'000'000, 65, 1.6 * million_with_192).hidden_size, 192);
}

TEST(Sizes, EndAtAThirdOfTheHighestLearningRate) {
  for (const int64_t characters : {2'000, 50'000, 1'000'000, 100'000'000}) {
    for (const Sizes& sizes :
         {sizes_for_text(characters), sizes_for_budget(characters, 65, kTera)}) {
      EXPECT_NEAR(sizes.min_learning_rate, sizes.learning_rate / 3, 5e-5) << characters;
    }
  }
}

TEST(Sizes, SuitWhatIsSettledBeforehand) {
  const Sizes small = sizes_for_text(1'000'000, {.hidden_size = 128});
  EXPECT_EQ(small.hidden_size, 128);
  EXPECT_EQ(small.learning_rate, sizes_for_text(19'000).learning_rate);
  EXPECT_EQ(small.embedding_size, sizes_for_text(19'000).embedding_size);
  const Sizes careful = sizes_for_text(1'000'000, {.learning_rate = 9e-4});
  EXPECT_EQ(careful.learning_rate, 9e-4);
  EXPECT_NEAR(careful.min_learning_rate, 3e-4, 1e-9);
  const Sizes once = sizes_for_text(50'000, {.epochs = 1});
  EXPECT_EQ(once.output_dropout, 0);
  EXPECT_EQ(once.recurrent_dropout, 0);
  EXPECT_LT(once.average_decay, sizes_for_text(50'000).average_decay);
  const Sizes few = sizes_for_text(50'000, {.batch_size = 10, .sequence_length = 50, .steps = 200});
  EXPECT_EQ(few.passes, 2);
  EXPECT_EQ(few.output_dropout, 0);
}

TEST(Sizes, OfABudgetSuitWhatIsSettledBeforehand) {
  const Sizes free = sizes_for_budget(1'000'000, 65, 10 * kTera);
  const Sizes large = sizes_for_budget(1'000'000, 65, 10 * kTera, {.hidden_size = 1000});
  EXPECT_EQ(large.hidden_size, 1000);
  EXPECT_LT(large.learning_rate, free.learning_rate);
  EXPECT_NEAR(large.passes, 10 * kTera / flops_per_character(gru(1000, 65)) / 1e6, 1e-9);
  EXPECT_EQ(sizes_for_budget(1'000'000, 65, 1000 * kTera, {.epochs = 2}).passes, 2);
  // A plain cell costs a third: the same budget affords more of its units.
  EXPECT_GT(sizes_for_budget(1'000'000, 65, 10 * kTera, {.cell = CellKind::kRnn}).hidden_size,
            free.hidden_size);
  EXPECT_LT(sizes_for_budget(1'000'000, 65, 10 * kTera, {.layers = 4}).hidden_size,
            free.hidden_size);
}

TEST(Sizes, CountTheOperationsOfOneCharacter) {
  // Three gates of 4 × 4 and an output of 4 × 10; each weight costs six operations.
  EXPECT_EQ(flops_per_character(gru(4, 10)), 6.0 * (3 * 16 + 40));
}

}  // namespace
}  // namespace charrnn
