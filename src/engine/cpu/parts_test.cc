// A batch in parts: the sum of the parts' gradients, added in a tree, by however many threads.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "engine/cpu/cpu_engine.h"
#include "engine/testing/conformance.h"
#include "engine/testing/each_isa.h"

namespace charrnn::cpu {
namespace {

constexpr int kSteps = 5;

struct Case {
  ModelConfig config;
  EngineOptions options;
  Objective objective;
};

// Each cell, instruction set, precision and objective.
std::vector<Case> cases() {
  std::vector<Case> all;
  for (const CellTraits& cell : kCells) {
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
      for (const std::string& isa : each_isa(precision)) {
        for (const Objective objective : {Objective::kAll, Objective::kLast}) {
          all.push_back(
              {{cell.kind, 2, 21, 9, 20}, {.precision = precision, .isa = isa}, objective});
        }
      }
    }
  }
  return all;
}

std::string name_of(const Case& one) {
  return std::string(cell_traits(one.config.cell).name) + " " + one.options.isa +
         (one.objective == Objective::kLast ? " last" : "");
}

std::unique_ptr<TrainableNetwork> network(const Case& one, int parts, int threads) {
  EngineOptions options = one.options;
  options.parts = parts;
  options.threads = threads;
  auto made = make_trainable_cpu_network(one.config, options);
  MersenneTwister random(3);
  Parameters weights(one.config);
  random.fill_uniform(weights.values(), -0.4f, 0.4f);
  made->load_weights(weights);
  return made;
}

std::vector<int32_t> random_ids(const Case& one, int count, uint64_t seed) {
  MersenneTwister random(seed);
  std::vector<int32_t> ids(count);
  for (int32_t& id : ids) id = static_cast<int32_t>(random.u32() % one.config.vocabulary_size);
  return ids;
}

// The streams [first, first + count) of [times][streams].
std::vector<int32_t> columns(const std::vector<int32_t>& ids, int streams, int first, int count) {
  std::vector<int32_t> some;
  for (size_t row = 0; row < ids.size(); row += streams) {
    some.insert(some.end(), ids.begin() + row + first, ids.begin() + row + first + count);
  }
  return some;
}

Parameters gradient(const Case& one, int parts, int threads, int streams,
                    const std::vector<int32_t>& inputs, const std::vector<int32_t>& targets) {
  const auto made = network(one, parts, threads);
  const auto state = made->new_state(streams);
  Parameters values(one.config);
  made->gradient({kSteps, streams, inputs, targets, one.objective}, *state, values);
  return values;
}

int targets_of(const Case& one, int streams) {
  return one.objective == Objective::kAll ? kSteps * streams : streams;
}

// Of eight parts of as many streams, each alone is a batch whose gradient is eight times the part's
// share: a factor that changes no bit.
TEST(Parts, AreAddedAsEachAloneWouldBe) {
  constexpr int kParts = 8, kStreams = 32, kEach = kStreams / kParts;
  for (const Case& one : cases()) {
    SCOPED_TRACE(name_of(one));
    const std::vector<int32_t> inputs = random_ids(one, kSteps * kStreams, 5);
    const std::vector<int32_t> targets = random_ids(one, targets_of(one, kStreams), 6);
    const Parameters together = gradient(one, kParts, 2, kStreams, inputs, targets);
    std::vector<Parameters> sums;
    for (int i = 0; i < kParts; ++i) {
      sums.push_back(gradient(one, 1, 1, kEach, columns(inputs, kStreams, i * kEach, kEach),
                              columns(targets, kStreams, i * kEach, kEach)));
      for (float& value : sums.back().values()) value /= kParts;
    }
    for (int width = 1; width < kParts; width *= 2) {
      for (int i = 0; i < kParts; i += 2 * width) {
        for (size_t k = 0; k < sums[i].values().size(); ++k) {
          sums[i].values()[k] += sums[i + width].values()[k];
        }
      }
    }
    conformance::expect_near(together, sums[0], 1e-5, "gradient");
    // The embedding's gradient and that of layer 0's input follow from the sum of a table.
    for (size_t i = 0; i < together.layout().size(); ++i) {
      const std::string& name = together.layout()[i].name;
      if (name.find("embedding") != name.npos || name.find("ih_l0") != name.npos) continue;
      EXPECT_TRUE(std::ranges::equal(together.tensor(static_cast<int>(i)),
                                     sums[0].tensor(static_cast<int>(i))))
          << name;
    }
  }
}

TEST(Parts, OfOddBatchesAddUpToTheWhole) {
  for (const Case& one : cases()) {
    for (const int streams : {1, 3, 17, 29}) {
      const std::vector<int32_t> inputs = random_ids(one, kSteps * streams, 5);
      const std::vector<int32_t> targets = random_ids(one, targets_of(one, streams), 6);
      const Parameters whole = gradient(one, 1, 1, streams, inputs, targets);
      for (const int parts : {2, 8, 64}) {
        SCOPED_TRACE(name_of(one) + " " + std::to_string(streams) + " in " + std::to_string(parts));
        conformance::expect_near(gradient(one, parts, 1, streams, inputs, targets), whole, 1e-5,
                                 "gradient");
      }
    }
  }
}

// After two steps with every kind of dropout.
Snapshot trained(const Case& one, int parts, int threads, int streams) {
  const auto made = network(one, parts, threads);
  const auto state = made->new_state(streams);
  Update update;
  for (update.step = 1; update.step <= 2; ++update.step) {
    const auto step = static_cast<uint64_t>(update.step);
    const std::vector<int32_t> inputs = random_ids(one, kSteps * streams, step);
    const std::vector<int32_t> targets = random_ids(one, targets_of(one, streams), step + 9);
    Batch batch = {kSteps, streams, inputs, targets, one.objective};
    batch.dropout = {.between_layers = 0.2f, .before_output = 0.1f, .seed = 7, .step = step};
    batch.dropout.recurrent_weights = batch.dropout.embedding = 0.1f;
    made->train_step(batch, *state, update);
  }
  Snapshot snapshot;
  made->store(snapshot);
  return snapshot;
}

bool same_bits(const Snapshot& a, const Snapshot& b) {
  return std::ranges::equal(a.weights.values(), b.weights.values()) &&
         std::ranges::equal(a.second_moment.values(), b.second_moment.values());
}

TEST(Parts, GiveTheSameBitsHoweverManyThreadsThereAre) {
  for (const Case& one : cases()) {
    for (const int streams : {5, 19}) {
      SCOPED_TRACE(name_of(one) + " " + std::to_string(streams));
      const Snapshot alone = trained(one, 8, 1, streams);
      for (const int threads : {2, 3, 5}) {
        EXPECT_TRUE(same_bits(alone, trained(one, 8, threads, streams))) << threads;
      }
    }
  }
}

TEST(Parts, AreOneOrTwoByThemselves) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(name_of(one));
    EXPECT_TRUE(same_bits(trained(one, 0, 2, 15), trained(one, 1, 1, 15)));
    EXPECT_TRUE(same_bits(trained(one, 0, 2, 17), trained(one, 2, 3, 17)));
    EXPECT_FALSE(same_bits(trained(one, 0, 2, 17), trained(one, 8, 2, 17)));
  }
}

}  // namespace
}  // namespace charrnn::cpu
