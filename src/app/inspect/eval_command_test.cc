#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "app/testing/run_charrnn.h"
#include "base/json/json.h"
#include "model/file/model_file.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

class EvalCommandTest : public testing::Test {
 protected:
  EvalCommandTest() {
    ModelConfig config;
    config.cell = CellKind::kGru;
    config.layers = 1;
    config.hidden_size = 8;
    config.embedding_size = 4;
    config.vocabulary_size = 5;
    Model model = random_model(config, 3);
    model.vocabulary = Vocabulary({U'\n', U' ', U'a', U'b', U'é'}, Encoding::kUtf8, false);
    write_model(folder_.path("m.safetensors"), model);
    std::string text;
    for (int i = 0; i < 600; ++i)
      text += std::vector<std::string>{"\n", " ", "a", "b", "é"}[random() % 5];
    text_ = text;
    folder_.write("text.txt", text);
  }

  ProgramResult eval(const std::string& options) {
    return run_shell(folder_, "charrnn eval " + folder_.path("m.safetensors") +
                                  " --device reference " + options);
  }
  JsonValue eval_json(const std::string& options) {
    const ProgramResult result = eval("--json " + options);
    EXPECT_EQ(result.code, 0) << result.err;
    return parse_json(result.out);
  }

  TestFolder folder_;
  std::string text_;
};

TEST_F(EvalCommandTest, GivesTheFiguresAsJson) {
  const JsonValue figures = eval_json(folder_.path("text.txt"));
  EXPECT_EQ(figures["characters"], 600);
  EXPECT_EQ(figures["predicted"], 599);
  const auto loss = figures["loss"].get<double>();
  EXPECT_GT(loss, 0);
  EXPECT_NEAR(figures["bits_per_character"].get<double>(), loss / std::log(2.0), 1e-12);
  EXPECT_NEAR(figures["perplexity"].get<double>(), std::exp(loss), 1e-12);
  EXPECT_GT(figures["characters_per_second"].get<double>(), 0);
  EXPECT_GT(figures["loss_margin"].get<double>(), 0);
  EXPECT_FALSE(figures.contains("skipped"));
  EXPECT_EQ(figures["unknown_characters"], 0);
  EXPECT_EQ(figures["unknown_share"], 0);
  // The mean of the surprises is the loss.
  const auto surprise = eval_json("--surprise " + folder_.path("text.txt"))["surprise"];
  double sum = 0;
  for (const JsonValue& bits : surprise) sum += bits.get<double>();
  ASSERT_EQ(surprise.size(), 599u);
  EXPECT_NEAR(sum / 599, figures["bits_per_character"].get<double>(), 1e-5);
}

TEST_F(EvalCommandTest, ReadsStandardInputAndSeveralFiles) {
  const auto loss = eval_json(folder_.path("text.txt"))["loss"].get<double>();
  EXPECT_EQ(eval_json("- <" + folder_.path("text.txt"))["loss"], loss);
  const size_t half = text_.find('\n', 300) + 1;
  const std::string first = folder_.write("1.txt", text_.substr(0, half));
  const std::string second = folder_.write("2.txt", text_.substr(half));
  EXPECT_EQ(eval_json(first + " " + second)["loss"], loss);
}

TEST_F(EvalCommandTest, ListsUnknownCharactersOrCountsThemApart) {
  const std::string text = folder_.write("unknown.txt", "ab Éxa xb");
  const ProgramResult refused = eval("--unknown error " + text);
  EXPECT_EQ(refused.code, 3);
  EXPECT_NE(refused.err.find("'x', 'É' (3 in all)"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("for 'É' write 'é'"), std::string::npos) << refused.err;
  const JsonValue skipped = eval_json("--unknown skip " + text);
  EXPECT_EQ(skipped["skipped"], 3);
  EXPECT_EQ(skipped["unknown_characters"], 3);
  EXPECT_NEAR(skipped["unknown_share"].get<double>(), 3.0 / 9, 1e-12);
  EXPECT_EQ(skipped["characters"], 6);
  EXPECT_EQ(skipped["loss"], eval_json(folder_.write("known.txt", "ab a b"))["loss"]);
  EXPECT_NE(eval("--unknown skip " + text).out.find("3 characters (33 %) that the model doesn't"),
            std::string::npos);
}

TEST_F(EvalCommandTest, CountsUnknownCharactersAsUniformGuesses) {
  const std::string text = folder_.write("unknown.txt", "ab Éxa xb");
  const auto known = eval_json(folder_.write("known.txt", "ab a b"))["loss"].get<double>();
  const JsonValue counted = eval_json("--surprise " + text);
  EXPECT_EQ(counted["characters"], 9);
  EXPECT_EQ(counted["predicted"], 8);
  EXPECT_EQ(counted["unknown_characters"], 3);
  EXPECT_NEAR(counted["unknown_share"].get<double>(), 3.0 / 9, 1e-12);
  EXPECT_FALSE(counted.contains("skipped"));
  EXPECT_NEAR(counted["loss"].get<double>(), (5 * known + 3 * std::log(1112064)) / 8, 1e-6);
  EXPECT_NEAR(counted["known_loss"].get<double>(), known, 1e-6);
  ASSERT_EQ(counted["surprise"].size(), 8u);
  for (const size_t place : {2u, 3u, 6u}) {
    EXPECT_NEAR(counted["surprise"][place].get<double>(), std::log2(1112064), 1e-5) << place;
  }
  const std::string page = eval("--surprise " + text).out;
  EXPECT_NE(page.find("\nab Éxa xb\n"), std::string::npos) << page;
  EXPECT_NE(page.find("13.92 nats, as a uniform guess among all 1,112,064"), std::string::npos);
  // A text of which nothing is known, and one whose only known character is its last.
  EXPECT_NEAR(eval_json(folder_.write("foreign.txt", "xyz"))["loss"].get<double>(),
              std::log(1112064), 1e-6);
  EXPECT_FALSE(eval_json(folder_.path("foreign.txt")).contains("known_loss"));
  EXPECT_EQ(
      eval_json("--train-text " + folder_.path("text.txt") + " " + folder_.path("foreign.txt"))
          .contains("ngram_loss"),
      false);
  EXPECT_NE(eval("--surprise " + folder_.path("foreign.txt")).out.find("\nxyz\n"),
            std::string::npos);
  EXPECT_NE(eval("--surprise " + folder_.write("last.txt", "xya")).out.find("\nxya\n"),
            std::string::npos);
}

TEST_F(EvalCommandTest, CountsTheUnknownCharactersOfTheHeldOutPart) {
  const std::string text = folder_.write("part.txt", "x" + text_ + "xx");
  const JsonValue figures = eval_json("--held-out 0.25 " + text);
  EXPECT_EQ(figures["characters"], 152);
  EXPECT_EQ(figures["unknown_characters"], 2);
  const JsonValue known = eval_json("--held-out 0.25 " + folder_.path("text.txt"));
  EXPECT_NEAR(figures["known_loss"].get<double>(), known["loss"].get<double>(), 1e-6);
  EXPECT_EQ(figures["ngram_loss"], known["ngram_loss"]);
  EXPECT_NEAR(
      eval_json("--dynamic " + text)["dynamic_loss"].get<double>() * 602,
      eval_json("--dynamic " + folder_.path("text.txt"))["dynamic_loss"].get<double>() * 599 +
          3 * std::log(1112064),
      1e-3);
}

TEST_F(EvalCommandTest, HoldsTheModelAgainstAnNgramModel) {
  const std::string text = folder_.path("text.txt");
  const JsonValue held_out = eval_json("--held-out 0.25 " + text);
  EXPECT_EQ(held_out["characters"], 150);
  EXPECT_EQ(held_out["ngram_characters"], 450);
  EXPECT_LT(held_out["ngram_loss"].get<double>(), std::log(5) + 0.2);
  EXPECT_GT(held_out["compressor_bits_per_character"].get<double>(), 2);
  const std::string page = eval("--held-out 0.25 " + text).out;
  for (const char* part : {"an n-gram model: counts", "LZMA2", "perplexity", "comparison",
                           "the better of two baselines"}) {
    EXPECT_NE(page.find(part), std::string::npos) << page;
  }
  // The same by two files.
  size_t cut = 0;
  for (int characters = 0; characters < 450; ++cut) {
    characters += (text_[cut + 1] & 0xc0) != 0x80;
  }
  const std::string learned = folder_.write("learned.txt", text_.substr(0, cut));
  const std::string scored = folder_.write("scored.txt", text_.substr(cut));
  const JsonValue files = eval_json("--train-text " + learned + " " + scored);
  EXPECT_EQ(files["ngram_loss"], held_out["ngram_loss"]);
  EXPECT_EQ(files["loss"], held_out["loss"]);
  EXPECT_EQ(eval("--held-out 0.5 --train-text " + text + " " + text).code, 2);
}

TEST_F(EvalCommandTest, EvaluatesDynamicallyBeside) {
  std::string text;
  for (int i = 0; i < 800; ++i) text += "ab é"[i % 2];
  const JsonValue figures =
      eval_json("--dynamic --dynamic-rate 0.02 " + folder_.write("repeats.txt", text));
  EXPECT_LT(figures["dynamic_loss"].get<double>(), figures["loss"].get<double>() / 2);
}

TEST_F(EvalCommandTest, ShowsTheTextWithItsSurprise) {
  const std::string text = folder_.write("short.txt", "ab\nab");
  const std::string plain = eval("--surprise " + text).out;
  EXPECT_TRUE(plain.starts_with("below each character")) << plain;
  EXPECT_NE(plain.find("\nab"), std::string::npos) << plain;
  EXPECT_EQ(plain.find('\x1b'), plain.npos);
  EXPECT_NE(eval("--surprise --color always " + text).out.find("\x1b[48;5;"), std::string::npos);
}

TEST_F(EvalCommandTest, RefusesTextsThatAreTooShort) {
  EXPECT_EQ(eval(folder_.write("empty.txt", "")).code, 3);
  EXPECT_EQ(eval(folder_.write("one.txt", "a")).code, 3);
  EXPECT_EQ(eval("--held-out 0.001 " + folder_.path("text.txt")).code, 3);
  EXPECT_EQ(eval("--unknown skip " + folder_.write("foreign.txt", "xyza")).code, 3);
  EXPECT_EQ(eval("").code, 2);
  EXPECT_EQ(eval("/nowhere.txt").code, 5);
}

}  // namespace
}  // namespace charrnn
