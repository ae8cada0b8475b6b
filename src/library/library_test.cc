// The C interface as a C++ program sees it; tests/library_test.py sets it beside the program.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "evaluate/evaluate.h"
#include "library/charrnn.h"
#include "model/cells/cells.h"
#include "model/file/model_file.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

struct ModelFree {
  void operator()(charrnn_model* model) const { charrnn_model_free(model); }
};
using OwnedModel = std::unique_ptr<charrnn_model, ModelFree>;
struct ArraysFree {
  void operator()(charrnn_arrays* arrays) const { charrnn_arrays_free(arrays); }
};
using OwnedArrays = std::unique_ptr<charrnn_arrays, ArraysFree>;
using Options = std::vector<charrnn_option>;

// A model of the letters a to f, all numbers random, in a file.
class Library : public testing::Test {
 protected:
  std::string write(CellKind cell, int layers = 2) {
    ModelConfig config;
    config.cell = cell;
    config.layers = layers;
    config.hidden_size = 5;
    config.embedding_size = 3;
    config.vocabulary_size = 7;
    Model model = random_model(config, 3);
    model.vocabulary =
        Vocabulary({U'\n', U'a', U'b', U'c', U'd', U'e', U'é'}, Encoding::kUtf8, false);
    write_model(folder_.path("model.safetensors"), model);
    return folder_.path("model.safetensors");
  }
  OwnedModel load(CellKind cell = CellKind::kGru) {
    charrnn_model* model = nullptr;
    EXPECT_EQ(charrnn_load(write(cell).c_str(), nullptr, 0, &model), CHARRNN_OK)
        << charrnn_last_error().message;
    return OwnedModel(model);
  }

  TemporaryFolder folder_;
};

std::vector<std::string> texts_of(const charrnn_model* model, const std::string& prompt,
                                  const Options& options, size_t steps) {
  charrnn_generation* generation = nullptr;
  EXPECT_EQ(charrnn_generate(model, prompt.data(), prompt.size(), options.data(), options.size(),
                             &generation),
            CHARRNN_OK)
      << charrnn_last_error().message;
  std::vector<std::string> texts;
  charrnn_piece piece;
  while (charrnn_generation_next(generation, steps, &piece) == CHARRNN_OK &&
         piece.text != nullptr) {
    if (piece.index >= texts.size()) texts.resize(piece.index + 1);
    texts[piece.index].append(piece.text, piece.size);
  }
  charrnn_generation_free(generation);
  return texts;
}

TEST_F(Library, TextsFollowFromTheSeedAlone) {
  const OwnedModel model = load();
  const Options options = {{"predict", "40"}, {"seed", "7"}, {"count", "3"}};
  const auto texts = texts_of(model.get(), "abc", options, 1);
  ASSERT_EQ(texts.size(), 3u);
  EXPECT_NE(texts[0], texts[1]);
  EXPECT_EQ(texts_of(model.get(), "abc", options, 1000), texts);
  EXPECT_EQ(texts_of(model.get(), "abc", {{"predict", "40"}, {"seed", "7"}}, 3)[0], texts[0]);
  EXPECT_NE(texts_of(model.get(), "abc", {{"predict", "40"}, {"seed", "8"}}, 3)[0], texts[0]);
}

TEST_F(Library, ManyThreadsUseOneModel) {
  const OwnedModel model = load();
  const Options options = {{"predict", "300"}, {"seed", "7"}};
  const auto expected = texts_of(model.get(), "a", options, 10);
  std::vector<std::vector<std::string>> texts(4);
  std::vector<std::thread> threads;
  for (auto& text : texts) {
    threads.emplace_back([&] { text = texts_of(model.get(), "a", options, 10); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& text : texts) EXPECT_EQ(text, expected);
}

TEST_F(Library, AGenerationOutlivesItsModel) {
  OwnedModel model = load();
  charrnn_generation* generation = nullptr;
  const Options options = {{"predict", "5"}};
  ASSERT_EQ(charrnn_generate(model.get(), "a", 1, options.data(), 1, &generation), CHARRNN_OK);
  model.reset();
  charrnn_piece piece;
  ASSERT_EQ(charrnn_generation_next(generation, 100, &piece), CHARRNN_OK);
  EXPECT_EQ(piece.finish, CHARRNN_LENGTH);
  charrnn_generation_free(generation);
}

TEST_F(Library, ArraysAreNamedAsInPyTorch) {
  for (const CellTraits& cell : kCells) {
    const OwnedModel model = load(cell.kind);
    charrnn_arrays* arrays = nullptr;
    ASSERT_EQ(charrnn_states(model.get(), "abé\n", 5, nullptr, 0, &arrays), CHARRNN_OK);
    const OwnedArrays owned(arrays);
    std::string names;
    for (size_t i = 0; i < charrnn_arrays_count(arrays); ++i) {
      charrnn_array array;
      ASSERT_EQ(charrnn_arrays_get(arrays, i, &array), CHARRNN_OK);
      names += std::string(array.name) + " ";
      EXPECT_EQ(array.shape[0], array.dimensions == 3 ? 2u : 4u);
    }
    EXPECT_EQ(names, cell.kind == CellKind::kLstm  ? "h c i f g o log_probabilities "
                     : cell.kind == CellKind::kGru ? "h r z n log_probabilities "
                                                   : "h log_probabilities ");
  }
}

// h' = o tanh(c'), and c' = f c + i g, as docs of nn.LSTM have them.
TEST_F(Library, StatesAndGatesFitTheFormulas) {
  const OwnedModel model = load(CellKind::kLstm);
  charrnn_arrays* arrays = nullptr;
  ASSERT_EQ(charrnn_states(model.get(), "abcde", 5, nullptr, 0, &arrays), CHARRNN_OK);
  const OwnedArrays owned(arrays);
  std::map<std::string, const float*> at;
  for (size_t i = 0; i < charrnn_arrays_count(arrays); ++i) {
    charrnn_array array;
    charrnn_arrays_get(arrays, i, &array);
    at[array.name] = array.values;
  }
  constexpr int kTimes = 5, kHidden = 5;
  for (int layer = 0; layer < 2; ++layer) {
    for (int time = 0; time < kTimes; ++time) {
      for (int unit = 0; unit < kHidden; ++unit) {
        const int now = (layer * kTimes + time) * kHidden + unit;
        const float before = time == 0 ? 0 : at["c"][now - kHidden];
        EXPECT_NEAR(at["c"][now], at["f"][now] * before + at["i"][now] * at["g"][now], 1e-6);
        EXPECT_NEAR(at["h"][now], at["o"][now] * std::tanh(at["c"][now]), 1e-6);
      }
    }
  }
}

TEST_F(Library, SurprisalIsMinusTheLogProbabilityOfWhatCame) {
  const OwnedModel model = load();
  charrnn_arrays *surprisal = nullptr, *states = nullptr;
  ASSERT_EQ(charrnn_surprisal(model.get(), "abé\n", 5, nullptr, 0, nullptr, nullptr, &surprisal),
            CHARRNN_OK);
  const OwnedArrays owned(surprisal);
  ASSERT_EQ(charrnn_states(model.get(), "abé\n", 5, nullptr, 0, &states), CHARRNN_OK);
  const OwnedArrays owned_too(states);
  charrnn_array nats, log_probabilities;
  ASSERT_EQ(charrnn_arrays_get(surprisal, 0, &nats), CHARRNN_OK);
  ASSERT_EQ(charrnn_arrays_get(states, charrnn_arrays_count(states) - 1, &log_probabilities),
            CHARRNN_OK);
  ASSERT_EQ(nats.shape[0], 3u);
  const int ids[] = {1, 2, 6, 0};
  for (int t = 0; t < 3; ++t) {
    EXPECT_NEAR(nats.values[t], -log_probabilities.values[t * 7 + ids[t + 1]], 1e-5);
  }
}

TEST_F(Library, UnknownCharactersCountOrAreRefused) {
  const OwnedModel model = load();
  charrnn_arrays* arrays = nullptr;
  ASSERT_EQ(charrnn_surprisal(model.get(), "abXc", 4, nullptr, 0, nullptr, nullptr, &arrays),
            CHARRNN_OK);
  charrnn_array array;
  ASSERT_EQ(charrnn_arrays_get(arrays, 0, &array), CHARRNN_OK);
  EXPECT_EQ(array.shape[0], 3u);
  EXPECT_FLOAT_EQ(array.values[1], static_cast<float>(unknown_cost(Encoding::kUtf8)));
  charrnn_arrays_free(arrays);
  const Options refuse = {{"unknown", "error"}};
  EXPECT_EQ(charrnn_surprisal(model.get(), "abXc", 4, refuse.data(), 1, nullptr, nullptr, &arrays),
            CHARRNN_DATA);
  EXPECT_EQ(arrays, nullptr);
  EXPECT_STREQ(charrnn_last_error().name, "unknown_characters");
}

TEST_F(Library, ALongSurprisalStopsWhereItIsAsked) {
  const OwnedModel model = load();
  const std::string text(200'000, 'a');
  int asked = 0;
  const charrnn_stop_function second = [](void* data) {
    return ++*static_cast<int*>(data) == 2 ? 1 : 0;
  };
  charrnn_arrays* arrays = nullptr;
  EXPECT_EQ(
      charrnn_surprisal(model.get(), text.data(), text.size(), nullptr, 0, second, &asked, &arrays),
      CHARRNN_STOPPED);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(arrays, nullptr);
  EXPECT_STREQ(charrnn_last_error().name, "stopped");
  asked = 10;  // never says so
  ASSERT_EQ(
      charrnn_surprisal(model.get(), text.data(), text.size(), nullptr, 0, second, &asked, &arrays),
      CHARRNN_OK);
  charrnn_arrays_free(arrays);
}

TEST_F(Library, SaysWhatIsWrong) {
  const OwnedModel model = load();
  charrnn_model* none = model.get();
  EXPECT_EQ(charrnn_load("/nowhere/model.safetensors", nullptr, 0, &none), CHARRNN_IO);
  EXPECT_EQ(none, nullptr);
  EXPECT_NE(std::string(charrnn_last_error().message).find("/nowhere/model"), std::string::npos);
  EXPECT_EQ(charrnn_load_bytes("nonsense", 8, nullptr, 0, &none), CHARRNN_BAD_MODEL);
  charrnn_generation* generation = nullptr;
  const Options misspelt = {{"tmep", "1"}};
  EXPECT_EQ(charrnn_generate(model.get(), "a", 1, misspelt.data(), 1, &generation), CHARRNN_USAGE);
  EXPECT_NE(std::string(charrnn_last_error().hint).find("temp"), std::string::npos);
  const Options twice = {{"temp", "1"}, {"temperature", "2"}};
  EXPECT_EQ(charrnn_generate(model.get(), "a", 1, twice.data(), 2, &generation), CHARRNN_USAGE);
  EXPECT_EQ(charrnn_generate(nullptr, "a", 1, nullptr, 0, &generation), CHARRNN_USAGE);
  EXPECT_EQ(charrnn_generate(model.get(), "a", 1, nullptr, 0, nullptr), CHARRNN_USAGE);
  EXPECT_EQ(charrnn_last_error().status, CHARRNN_USAGE);
  std::thread([] { EXPECT_EQ(charrnn_last_error().status, CHARRNN_OK); }).join();
}

struct Told {
  int64_t stop_at = INT64_MAX;
  std::vector<charrnn_progress> progress;
  std::vector<std::string> messages;

  static int on_progress(const charrnn_progress* now, void* data) {
    Told& told = *static_cast<Told*>(data);
    told.progress.push_back(*now);
    return now->step >= told.stop_at;
  }
  static void on_message(const char* message, void* data) {
    static_cast<Told*>(data)->messages.emplace_back(message);
  }
};

class LibraryTraining : public Library {
 protected:
  LibraryTraining() {
    for (int i = 0; i < 80; ++i) text_ += "the sea was calm, the sea was grey. ";
  }
  int train(const std::string& out, Told& told, Options more = {}) {
    Options options = {{"out", out.c_str()}, {"hidden_size", "8"}, {"layers", "1"},
                       {"steps", "30"},      {"threads", "1"},     {"batch-size", "4"},
                       {"seq-length", "10"}};
    options.insert(options.end(), more.begin(), more.end());
    charrnn_model* model = nullptr;
    const int status =
        charrnn_train_text(text_.data(), text_.size(), options.data(), options.size(),
                           Told::on_progress, Told::on_message, &told, &model);
    model_.reset(model);
    return status;
  }

  std::string text_;
  OwnedModel model_;
};

TEST_F(LibraryTraining, TellsEveryStepAndReturnsTheModel) {
  Told told;
  ASSERT_EQ(train(folder_.path("run"), told, {{"dropout", "0.5"}}), CHARRNN_OK)
      << charrnn_last_error().message;
  ASSERT_NE(model_, nullptr);
  EXPECT_EQ(told.progress.back().step, 30);
  EXPECT_EQ(told.progress.back().total_steps, 30);
  EXPECT_LT(told.progress.back().loss, std::log(20));
  ASSERT_EQ(told.messages.size(), 1u);  // of one layer
  EXPECT_NE(told.messages[0].find("dropout"), std::string::npos) << told.messages[0];
  EXPECT_TRUE(std::filesystem::exists(folder_.path("run/model.safetensors")));
  EXPECT_TRUE(std::filesystem::exists(folder_.path("run/text.txt")));
}

TEST_F(LibraryTraining, StopsWhereItIsAskedToAndGoesOn) {
  Told told, rest;
  told.stop_at = 12;
  ASSERT_EQ(train(folder_.path("run"), told), CHARRNN_OK) << charrnn_last_error().message;
  EXPECT_EQ(told.progress.back().step, 12);
  ASSERT_NE(model_, nullptr);  // what was learned
  ASSERT_EQ(train(folder_.path("run"), rest, {{"resume", "true"}}), CHARRNN_OK)
      << charrnn_last_error().message;
  EXPECT_EQ(rest.progress.back().step, 30);
  Told whole;
  ASSERT_EQ(train(folder_.path("other"), whole), CHARRNN_OK);
  const auto content = [&](const std::string& run) {
    std::ifstream file(folder_.path(run + "/model.safetensors"), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(content("run"), content("other"));
}

TEST_F(LibraryTraining, IsStoppedBeforeTheFirstStep) {
  Told told;
  told.stop_at = 0;
  const int status = train(folder_.path("run"), told);
  if (status == CHARRNN_OK) {
    EXPECT_LE(told.progress.back().step, 1);
  } else {
    EXPECT_EQ(status, CHARRNN_STOPPED);
    EXPECT_EQ(model_, nullptr);
  }
}

TEST_F(LibraryTraining, RefusesAsTheProgramDoes) {
  Told told;
  EXPECT_EQ(train(folder_.path("run"), told, {{"hiden-size", "3"}}), CHARRNN_USAGE);
  EXPECT_NE(std::string(charrnn_last_error().hint).find("hidden-size"), std::string::npos);
  ASSERT_EQ(train(folder_.path("run"), told), CHARRNN_OK);
  EXPECT_EQ(train(folder_.path("run"), told), CHARRNN_USAGE);  // there is a run
  EXPECT_EQ(model_, nullptr);
  charrnn_model* model = nullptr;
  EXPECT_EQ(charrnn_train_text("abc", 3, nullptr, 0, nullptr, nullptr, nullptr, &model),
            CHARRNN_USAGE);
  EXPECT_STREQ(charrnn_last_error().name, "no_out");
}

}  // namespace
}  // namespace charrnn
