// The same bits for any number of threads.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "engine/cpu/cpu_engine.h"
#include "engine/testing/each_isa.h"

namespace charrnn::cpu {
namespace {

// The network after three steps of training with dropout.
Snapshot trained(const ModelConfig& config, EngineOptions options, int threads, int streams) {
  options.threads = threads;
  const auto engine = make_trainable_cpu_network(config, options);
  MersenneTwister random(3);
  Snapshot snapshot;
  snapshot.weights = Parameters(config);
  random.fill_uniform(snapshot.weights.values(), -0.4f, 0.4f);
  engine->load(snapshot);
  constexpr int kSteps = 6;
  std::vector<int32_t> inputs(kSteps * streams), targets(kSteps * streams);
  const auto state = engine->new_state(streams);
  Update update;
  Batch batch = {kSteps, streams, inputs, targets, Objective::kAll};
  batch.dropout = {.between_layers = 0.2f, .before_output = 0.1f, .seed = 7, .step = 0};
  for (update.step = 1; update.step <= 3; ++update.step) {
    for (int32_t& id : inputs) id = static_cast<int32_t>(random.u32() % config.vocabulary_size);
    for (int32_t& id : targets) id = static_cast<int32_t>(random.u32() % config.vocabulary_size);
    batch.dropout.step = static_cast<uint64_t>(update.step);
    engine->train_step(batch, *state, update);
  }
  engine->store(snapshot);
  return snapshot;
}

TEST(Threads, TrainTheSameBitsHoweverManyThereAre) {
  for (const CellTraits& cell : kCells) {
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
      for (const std::string& isa : each_isa(precision)) {
        for (const int streams : {1, 3, 17, 37}) {
          SCOPED_TRACE(std::string(cell.name) + " " + isa + " " + std::to_string(streams));
          const ModelConfig config{cell.kind, 2, 35, 9, 21};
          EngineOptions options;
          options.isa = isa;
          options.precision = precision;
          const Snapshot alone = trained(config, options, 1, streams);
          for (const int threads : {2, 5}) {
            const Snapshot shared = trained(config, options, threads, streams);
            EXPECT_TRUE(std::ranges::equal(alone.weights.values(), shared.weights.values()));
            EXPECT_TRUE(
                std::ranges::equal(alone.second_moment.values(), shared.second_moment.values()));
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace charrnn::cpu
