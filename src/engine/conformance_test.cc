// Training with every engine that this machine has, against the reference. Inference is in
// conformance_reading_test.cc.
#include "engine/testing/conformance.h"

#include "engine/cuda/cuda_engine.h"
#include "engine/testing/each_isa.h"

namespace charrnn::conformance {

std::vector<Candidate> candidates() {
  EngineOptions reference;
  reference.device = Device::kReference;
  std::vector<Candidate> all = {{"reference", reference}};
  for (const std::string& isa : each_isa()) {
    EngineOptions cpu;
    cpu.isa = isa;
    cpu.threads = 3;
    all.push_back({"cpu_" + isa, cpu});
  }
  for (const std::string& isa : each_isa(Precision::kBfloat16)) {
    EngineOptions cpu;
    cpu.isa = isa;
    cpu.threads = 3;
    cpu.precision = Precision::kBfloat16;
    all.push_back({"cpu_" + isa + "_bf16", cpu, 2e-2});
  }
  if (why_no_cuda().empty()) {
    EngineOptions cuda;
    cuda.device = Device::kCuda;
    all.push_back({"cuda", cuda});
    cuda.precision = Precision::kBfloat16;
    // Gates, inputs and gradients pass through memory as bf16 there, each a rounding more.
    all.push_back({"cuda_bf16", cuda, 5e-2});
  }
  return all;
}

namespace {

// Random inputs and targets for a batch of the shape, and what borrows them.
struct Text {
  Text(Pair& pair, const Shape& shape, Objective objective)
      : inputs(pair.random_ids(shape.steps * shape.streams)),
        targets(pair.random_ids(objective == Objective::kAll ? shape.steps * shape.streams
                                                             : shape.streams)),
        batch{shape.steps, shape.streams, inputs, targets, objective} {}
  // Resets about a third of the states, the first and the last step's among them.
  void add_resets(Pair& pair, const Shape& shape) {
    for (const float value : pair.random_values(inputs.size())) resets.push_back(value > 0.3f);
    resets[0] = resets.back() = 1;
    for (int stream = 0; stream < shape.streams; stream += 3) {
      for (int step = 0; step < shape.steps; ++step) {  // and some streams never
        if (shape.streams > 1) resets[static_cast<size_t>(step) * shape.streams + stream] = 0;
      }
    }
    batch.resets = resets;
  }

  std::vector<int32_t> inputs, targets;
  std::vector<uint8_t> resets;
  Batch batch;
};

class Learning : public Conformance {
 protected:
  // slack: a value that dropout keeps is made larger, and its rounding with it.
  void compare_gradients(const Dropout& dropout, double slack = 1, bool with_resets = false,
                         float label_smoothing = 0) {
    Pair pair(candidate(), config());
    const double tolerance = slack * pair.tolerance();
    for (const Objective objective : {Objective::kAll, Objective::kLast}) {
      SCOPED_TRACE(objective == Objective::kAll ? "loss of every step" : "loss of the last step");
      Text text(pair, shape(), objective);
      if (with_resets) text.add_resets(pair, shape());
      text.batch.label_smoothing = label_smoothing;
      text.batch.dropout = dropout;
      const auto [ours, theirs] = pair.random_states(shape().streams);
      Parameters gradient, expected;
      const double loss = pair.engine().gradient(text.batch, *ours, gradient);
      const double expected_loss = pair.reference().gradient(text.batch, *theirs, expected);
      EXPECT_NEAR(loss, expected_loss, tolerance * expected_loss);
      expect_near(gradient, expected, tolerance, "gradient of");
      EXPECT_LE(distance(read(*ours, config()), read(*theirs, config())), tolerance)
          << "carried state";
    }
  }

  // Three steps over two texts, the state carried on. Adam's epsilon is as large as the gradient,
  // so that the smallest values, whose sign is rounding, don't decide.
  void compare_training(Update update, Dropout dropout = {}, bool with_resets = false) {
    Pair pair(candidate(), config());
    const Snapshot before = pair.snapshot();
    Text first(pair, shape(), Objective::kAll), second(pair, shape(), Objective::kLast);
    if (with_resets) first.add_resets(pair, shape());
    const auto [ours, theirs] = pair.random_states(shape().streams);
    update.learning_rate = 0.02f;
    update.epsilon = 0.01f;
    dropout.seed = 5;
    for (int step = 1; step <= 3; ++step) {
      update.step = step;
      dropout.step = static_cast<uint64_t>(step);
      Batch batch = step == 2 ? second.batch : first.batch;
      batch.dropout = dropout;
      const StepResult result = pair.engine().train_step(batch, *ours, update);
      const StepResult expected = pair.reference().train_step(batch, *theirs, update);
      EXPECT_TRUE(result.applied);
      // Later steps start from weights that differ already.
      const double tolerance = pair.tolerance() * step;
      EXPECT_NEAR(result.loss, expected.loss, tolerance * expected.loss);
      EXPECT_NEAR(result.gradient_norm, expected.gradient_norm, tolerance * expected.gradient_norm);
    }
    expect_same_learning(pair, before);
  }

  void expect_same_learning(Pair& pair, const Snapshot& before) {
    Snapshot after, expected;
    pair.engine().store(after);
    pair.reference().store(expected);
    // An engine rounds each weight to float32 in each of three steps: weights of about 1 move by up
    // to 2^-25 each time, however small the change that was meant.
    const double tolerance = 4 * pair.tolerance();
    const double rounding = 0x1p-24;
    for (int i = 0; i < static_cast<int>(before.weights.layout().size()); ++i) {
      std::vector<float> change, expected_change;
      for (size_t k = 0; k < before.weights.tensor(i).size(); ++k) {
        const float start = before.weights.tensor(i)[k];
        change.push_back(after.weights.tensor(i)[k] - start);
        expected_change.push_back(expected.weights.tensor(i)[k] - start);
      }
      double norm = 0;
      for (const float value : expected_change) norm += double{value} * value;
      norm = std::sqrt(norm / static_cast<double>(change.size()));
      EXPECT_LE(distance(change, expected_change), tolerance + rounding / norm)
          << "change of " << before.weights.layout()[i].name;
    }
    expect_near(after.first_moment, expected.first_moment, 3 * pair.tolerance(), "first moment");
    expect_near(after.second_moment, expected.second_moment, 6 * pair.tolerance(), "second moment");
    if (!expected.ema.empty()) {
      expect_near(after.ema, expected.ema, pair.tolerance(), "EMA");
    }
  }
};

TEST_P(Learning, HasTheReferencesLossGradientsAndCarriedState) { compare_gradients({}); }

TEST_P(Learning, HasTheReferencesGradientsOfSmoothedTargets) {
  compare_gradients({}, 1.5, false, 0.3f);
}

TEST_P(Learning, HasTheReferencesGradientsUnderDropout) {
  compare_gradients({.between_layers = 0.3f, .before_output = 0.2f, .seed = 9, .step = 4});
}

TEST_P(Learning, HasTheReferencesGradientsUnderDropoutBeforeTheOutputAlone) {
  compare_gradients({.before_output = 0.4f, .seed = 3, .step = 1}, 1.5);
}

TEST_P(Learning, HasTheReferencesGradientsUnderDropoutBetweenLayersAlone) {
  compare_gradients({.between_layers = 0.4f, .seed = 3, .step = 2}, 1.5);
}

TEST_P(Learning, HasTheReferencesGradientsUnderLockedDropout) {
  compare_gradients(
      {.between_layers = 0.3f, .before_output = 0.2f, .seed = 2, .step = 7, .locked = true}, 1.5);
}

TEST_P(Learning, HasTheReferencesGradientsUnderDropoutOfWeights) {
  compare_gradients({.seed = 9, .step = 4, .recurrent_weights = 0.2f}, 1.5);
  compare_gradients({.seed = 9, .step = 4, .embedding = 0.4f}, 1.5);
  compare_gradients(
      {.before_output = 0.2f, .seed = 8, .step = 1, .recurrent_weights = 0.2f, .embedding = 0.3f},
      1.5);
}

// The weights without masks are what is moved, and what the next step begins with.
TEST_P(Learning, MovesTheWeightsAsTheReferenceDoesWithDropoutOfWeights) {
  compare_training({}, {.recurrent_weights = 0.3f, .embedding = 0.2f});
}

TEST_P(Learning, HasTheWholeWeightsAgainAfterDropoutOfWeights) {
  Pair pair(candidate(), config());
  Text text(pair, shape(), Objective::kAll);
  const auto [ours, theirs] = pair.random_states(shape().streams);
  Parameters gradient, expected;
  text.batch.dropout = {.seed = 9, .step = 4, .recurrent_weights = 0.4f, .embedding = 0.4f};
  pair.engine().gradient(text.batch, *ours, gradient);
  pair.reference().gradient(text.batch, *theirs, expected);
  text.batch.dropout = {};
  pair.engine().gradient(text.batch, *ours, gradient);
  pair.reference().gradient(text.batch, *theirs, expected);
  expect_near(gradient, expected, 2 * pair.tolerance(), "gradient of");
}

TEST_P(Learning, HasTheReferencesGradientsWhereDocumentsBegin) {
  compare_gradients({}, 1, true);
  compare_gradients({.between_layers = 0.3f, .before_output = 0.2f, .seed = 9, .step = 4}, 1.5,
                    true);
}

TEST_P(Learning, MovesTheWeightsAsTheReferenceDoesWithAdam) { compare_training({}); }

// Batches with and without borders in turn.
TEST_P(Learning, MovesTheWeightsAsTheReferenceDoesWhereDocumentsBegin) {
  compare_training({}, {.before_output = 0.1f}, true);
}

TEST_P(Learning, MovesTheWeightsAsTheReferenceDoesWithAdamUnclipped) {
  Update update;
  update.clip = Clip::kNone;
  update.weight_decay = 0.3f;
  compare_training(update);
}

TEST_P(Learning, MovesTheWeightsAsTheReferenceDoesWithSmallNormsAnEmaAndDropout) {
  Update update;
  update.clip_limit = 0.05f;
  update.ema_decay = 0.6f;
  compare_training(update, {.between_layers = 0.5f, .before_output = 0.1f});
}

TEST_P(Learning, MovesTheWeightsAsTheReferenceDoesWithRmspropOnClippedElements) {
  Update update;
  update.optimizer = Optimizer::kRmsprop;
  update.beta2 = 0.95f;
  update.clip = Clip::kElement;
  update.clip_limit = 0.01f;
  update.weight_decay = 0.1f;
  compare_training(update);
}

TEST_P(Learning, HasTheLossOfEvenOddsWhereAllLogitsAreEqualHoweverLarge) {
  for (const float shift : kShifts) {
    SCOPED_TRACE(shift);
    Pair pair(candidate(), config());
    pair.shift_logits(shift, false);
    const Text text(pair, shape(), Objective::kAll);
    const auto [ours, theirs] = pair.random_states(shape().streams);
    Parameters gradient, expected;
    EXPECT_NEAR(pair.engine().gradient(text.batch, *ours, gradient),
                std::log(config().vocabulary_size), 1e-6);
    pair.reference().gradient(text.batch, *theirs, expected);
    EXPECT_LE(distance(gradient.fc_bias(), expected.fc_bias()), 2 * pair.tolerance());
  }
}

// The gradient of the biases sums p - q: both sum to 1.
TEST_P(Learning, HasProbabilitiesThatSumToOneHoweverLargeTheLogits) {
  for (const float shift : kShifts) {
    SCOPED_TRACE(shift);
    Pair pair(candidate(), config());
    pair.shift_logits(shift, true);
    const Text text(pair, shape(), Objective::kAll);
    const auto state = pair.engine().new_state(shape().streams);
    Parameters gradient;
    EXPECT_TRUE(std::isfinite(pair.engine().gradient(text.batch, *state, gradient)));
    double sum = 0;
    for (const float value : gradient.fc_bias()) sum += double{value};
    EXPECT_NEAR(sum, 0, std::max(1e-6, pair.tolerance()));
  }
}

TEST_P(Learning, ChangesNothingWhereTheLossIsNotFinite) {
  Pair pair(candidate(), config());
  for (Parameters* moment : {&pair.snapshot().first_moment, &pair.snapshot().second_moment}) {
    *moment = Parameters(config());
    std::ranges::fill(moment->values(), 0.25f);
  }
  pair.snapshot().weights.fc_bias()[0] = std::nanf("");
  pair.load();
  const Text text(pair, shape(), Objective::kAll);
  const auto state = pair.engine().new_state(shape().streams);
  const StepResult result = pair.engine().train_step(text.batch, *state, {});
  EXPECT_FALSE(result.applied);
  EXPECT_FALSE(std::isfinite(result.loss));
  Snapshot after;
  pair.engine().store(after);
  EXPECT_TRUE(std::isnan(after.weights.fc_bias()[0]));
  after.weights.fc_bias()[0] = pair.snapshot().weights.fc_bias()[0] = 0;
  EXPECT_TRUE(std::ranges::equal(after.weights.values(), pair.snapshot().weights.values()));
  EXPECT_TRUE(
      std::ranges::equal(after.first_moment.values(), pair.snapshot().first_moment.values()));
  EXPECT_TRUE(
      std::ranges::equal(after.second_moment.values(), pair.snapshot().second_moment.values()));
}

TEST_P(Learning, GivesBackExactlyWhatWasLoaded) {
  Pair pair(candidate(), config());
  const size_t size = pair.snapshot().weights.values().size();
  for (Parameters* loaded :
       {&pair.snapshot().first_moment, &pair.snapshot().second_moment, &pair.snapshot().ema}) {
    *loaded = Parameters(config());
    std::ranges::copy(pair.random_values(size), loaded->values().begin());
  }
  pair.load();
  Snapshot stored;
  pair.engine().store(stored);
  EXPECT_TRUE(std::ranges::equal(stored.weights.values(), pair.snapshot().weights.values()));
  EXPECT_TRUE(
      std::ranges::equal(stored.first_moment.values(), pair.snapshot().first_moment.values()));
  EXPECT_TRUE(
      std::ranges::equal(stored.second_moment.values(), pair.snapshot().second_moment.values()));
  EXPECT_TRUE(std::ranges::equal(stored.ema.values(), pair.snapshot().ema.values()));
}

TEST_P(Learning, GivesBackTheSameIntoABufferThatWasUsedBefore) {
  Pair pair(candidate(), config());
  pair.load();
  for (const SnapshotPart part : kSnapshotParts) {
    Parameters fresh, used(config());
    std::ranges::fill(used.values(), 7.0f);
    pair.engine().store_part(part, fresh);
    pair.engine().store_part(part, used);
    EXPECT_TRUE(std::ranges::equal(used.values(), fresh.values())) << static_cast<int>(part);
  }
}

TEST_P(Learning, SwapsTheWeightsAndTheirEma) {
  Pair pair(candidate(), config());
  TrainableNetwork& engine = pair.engine();
  const Text text(pair, shape(), Objective::kAll);
  const std::vector<int32_t> ids(text.batch.inputs.begin(), text.batch.inputs.end());
  const auto loss_now = [&] { return engine.evaluate(ids, *engine.new_state(1)); };
  pair.load();
  const double loss = loss_now();
  engine.swap_ema();
  EXPECT_EQ(loss_now(), loss) << "there is no EMA yet";
  const Parameters weights = pair.snapshot().weights;
  Parameters& ema = pair.snapshot().ema;
  ema = weights;
  for (float& value : ema.values().subspan(weights.embedding().size())) value *= 0.5f;
  pair.load();
  engine.swap_ema();
  Snapshot swapped;
  engine.store(swapped);
  EXPECT_TRUE(std::ranges::equal(swapped.weights.values(), ema.values()));
  EXPECT_TRUE(std::ranges::equal(swapped.ema.values(), weights.values()));
  const double loss_of_ema = loss_now();
  engine.load_weights(ema);
  EXPECT_EQ(loss_of_ema, loss_now());
  pair.load();
  engine.swap_ema();
  engine.swap_ema();
  EXPECT_EQ(loss_now(), loss);
}

INSTANTIATE_TEST_SUITE_P(Engines, Learning,
                         testing::Combine(testing::ValuesIn(candidates()),
                                          testing::ValuesIn(shapes())),
                         name_of_pair);

}  // namespace
}  // namespace charrnn::conformance
