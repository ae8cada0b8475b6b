#include <gtest/gtest.h>

#include <string>

#include "app/testing/run_charrnn.h"
#include "base/json/json.h"
#include "model/file/model_file.h"
#include "model/testing/random_model.h"
#include "test_paths.h"

namespace charrnn {
namespace {

constexpr const char* kOptions = " --device reference";

// A model of the letters a to j, newline, space, é and the escape character, all numbers random.
class SampleCommandTest : public testing::Test {
 protected:
  SampleCommandTest() {
    std::vector<char32_t> symbols = {U'\n', U'\x1b', U' '};
    for (char32_t letter = U'a'; letter <= U'j'; ++letter) symbols.push_back(letter);
    symbols.push_back(U'é');
    ModelConfig config;
    config.layers = 1;
    config.hidden_size = 8;
    config.embedding_size = 4;
    config.vocabulary_size = static_cast<int>(symbols.size());
    Model model = random_model(config, 3);
    model.vocabulary = Vocabulary(symbols, Encoding::kUtf8, false);
    write_model(folder_.path("m.safetensors"), model);
  }

  ProgramResult sample(const std::string& options) {
    return run_shell(folder_,
                     "charrnn sample " + folder_.path("m.safetensors") + kOptions + " " + options);
  }

  TestFolder folder_;
};

TEST_F(SampleCommandTest, WritesThePromptAndTheTextAloneToStdout) {
  const ProgramResult all = sample("-p abc -n 50 --seed 9");
  EXPECT_EQ(all.code, 0);
  EXPECT_TRUE(all.out.starts_with("abc"));
  EXPECT_NE(all.err.find("seed 9"), std::string::npos);
  const ProgramResult text = sample("-p abc -n 50 --seed 9 --no-display-prompt -q");
  EXPECT_EQ("abc" + text.out, all.out);
  EXPECT_EQ(text.err, "");
  const auto characters = std::count_if(text.out.begin(), text.out.end(),
                                        [](char byte) { return (byte & 0xc0) != 0x80; });
  EXPECT_EQ(characters, 50);
}

TEST_F(SampleCommandTest, UnderstandsTheFlagsOfOtherPrograms) {
  const std::string expected = sample("-p abc -n 30 --temp 0.5 --seed 2").out;
  EXPECT_EQ(sample("--primetext abc --length 30 --temperature 0.5 -s 2").out, expected);
  EXPECT_EQ(sample("--start_text abc --n-predict 30 --temp 0.5 --seed 2").out, expected);
  EXPECT_EQ(run_shell(folder_, "charrnn sample -m " + folder_.path("m.safetensors") + kOptions +
                                   " -p abc -n 30 --temp 0.5 --seed 2")
                .out,
            expected);
}

TEST_F(SampleCommandTest, DrawsASeedAndSaysWhich) {
  const ProgramResult first = sample("-n 60");
  ASSERT_TRUE(first.err.starts_with("seed "));
  const std::string seed = first.err.substr(5, first.err.find('\n') - 5);
  EXPECT_EQ(sample("-n 60 --seed " + seed).out, first.out);
  EXPECT_NE(sample("-n 60").out, first.out);
}

TEST_F(SampleCommandTest, ReadsThePromptFromFilesAndFromStdin) {
  const std::string expected = sample("-p $'ab\\nc' -n 20 --seed 2").out;
  const std::string file = folder_.write("prompt.txt", "ab\nc");
  EXPECT_EQ(sample("-f " + file + " -n 20 --seed 2").out, expected);
  EXPECT_EQ(sample("-f - -n 20 --seed 2 <" + file).out, expected);
  EXPECT_EQ(sample("-e -p 'ab\\nc' -n 20 --seed 2").out, expected);
}

TEST_F(SampleCommandTest, ReadsPromptsAsTheModelReadsTexts) {
  const std::string expected = sample("-p $'ab\\nc' -n 20 --seed 2").out;
  Model model = read_model(folder_.path("m.safetensors"));
  model.facts["newline"] = "lf";
  write_model(folder_.path("m.safetensors"), model);
  EXPECT_EQ(sample("-p $'ab\\r\\nc' -n 20 --seed 2").out, expected);
  EXPECT_EQ(sample("-e -p 'ab\\rc' -n 20 --seed 2").out, expected);
  const std::string marked = folder_.write("marked.txt",
                                           "\xEF\xBB\xBF"
                                           "ab\r\nc");
  EXPECT_EQ(sample("-f " + marked + " -n 20 --seed 2").out, expected);
  EXPECT_EQ(sample("-f - -n 20 --seed 2 <" + marked).out, expected);
  const std::string wide = folder_.write("wide.txt", std::string("\xFF\xFE"
                                                                 "a\0b\0",
                                                                 6));
  EXPECT_NE(sample("-f " + wide).err.find("iconv -f UTF-16 -t UTF-8 " + wide), std::string::npos);
  const ProgramResult latin = sample("-f " + folder_.write("latin.txt", "caf\xE9 ab"));
  EXPECT_EQ(latin.code, 3);
  EXPECT_NE(latin.err.find("iconv -f WINDOWS-1252"), std::string::npos) << latin.err;
  EXPECT_EQ(latin.err.find("--"), std::string::npos)
      << "an option that sample lacks: " << latin.err;
  // Copies are those of the text as the model reads it.
  const std::string lf = "ab\ncd\nefghij\nab cd ef\ngh ij\nabc def ghi\n";
  std::string crlf;
  for (const char byte : lf) crlf += byte == '\n' ? std::string("\r\n") : std::string(1, byte);
  const auto copies = [&](const std::string& text) {
    const std::string all =
        sample("-n 300 --seed 3 --copies-from " + folder_.write("copied.txt", text)).err;
    return all.substr(all.find("% of"));
  };
  EXPECT_EQ(copies(crlf), copies(lf));
}

TEST_F(SampleCommandTest, GivesOneObjectATextWithJson) {
  const ProgramResult result = sample("-p ab -n 25 --count 3 --seed 5 --json --stop jj");
  std::istringstream lines(result.out);
  std::vector<JsonValue> objects;
  for (std::string line; std::getline(lines, line);) objects.push_back(parse_json(line));
  ASSERT_EQ(objects.size(), 3u);
  for (const auto& object : objects) {
    EXPECT_EQ(object.size(), 7u);
    EXPECT_EQ(object["prompt"], "ab");
    EXPECT_EQ(object["finish_reason"], "length");
    EXPECT_EQ(object["characters"], 25);
    EXPECT_EQ(object["seed"], 5);
    EXPECT_GT(object["seconds"].get<double>(), 0);
    EXPECT_GT(object["characters_per_second"].get<double>(), 0);
  }
  EXPECT_NE(objects[0]["text"], objects[1]["text"]);
  // The first of several is the text that one alone would be.
  EXPECT_EQ("ab" + objects[0]["text"].get<std::string>(), sample("-p ab -n 25 --seed 5").out);
}

TEST_F(SampleCommandTest, WritesTheTextsOfABatchAndNothingElse) {
  const std::string options = "-p $'e\\n' -n 40 --count 70 --seed 5 --stop d";
  std::string expected;
  std::istringstream lines(sample(options + " --json").out);
  for (std::string line; std::getline(lines, line);) {
    const JsonValue object = parse_json(line);
    expected += object["prompt"].text() + object["text"].text();
    if (!expected.ends_with('\n')) expected += '\n';
  }
  EXPECT_EQ(sample(options).out, expected);
  EXPECT_EQ(sample("-n 30 --count 20 --seed 5 --stop e -q | grep -c '[0-9─]'").out, "0\n");
}

TEST_F(SampleCommandTest, TitlesTheTextsOfABatchOnATerminal) {
  if (std::system("script -qec true /dev/null >/dev/null 2>&1") != 0) GTEST_SKIP() << "no script";
  const ProgramResult result = run_shell(
      folder_, "script -qec '\"" CHARRNN_PROGRAM "\" sample " + folder_.path("m.safetensors") +
                   kOptions + " -q -n 5 --count 3 --color never' /dev/null");
  for (const char* title : {"───── 1 of 3 ─────", "───── 3 of 3 ─────"}) {
    EXPECT_NE(result.out.find(title), std::string::npos) << result.out;
  }
}

TEST_F(SampleCommandTest, ListsThePromptsUnknownCharacters) {
  const ProgramResult result = sample("-p 'abÈx'");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("'È', 'x'"), std::string::npos);
  EXPECT_NE(result.err.find("for 'È' write"), std::string::npos);
  const ProgramResult skipped = sample("-p 'abÈx' --unknown skip -n 10 --seed 1");
  EXPECT_EQ(skipped.code, 0);
  EXPECT_EQ(skipped.out, sample("-p ab -n 10 --seed 1").out);
  EXPECT_NE(skipped.err.find("2 characters of the prompt left out"), std::string::npos);
}

TEST_F(SampleCommandTest, RefusesWhatMakesNoSense) {
  for (const char* options :
       {"--temp -1", "--temp nan", "--top-p 1.1", "--min-p -1", "--top-k -3", "-n -2", "--stop ''",
        "--count 0", "-n -1 --count 2", "-n -1 --json", "-p a -f b", "-m other",
        "--seed 18446744073709551616", "-e -p '\\q'"}) {
    const ProgramResult result = sample(options);
    EXPECT_EQ(result.code, 2) << options << "\n" << result.err;
    EXPECT_EQ(result.out, "") << options;
  }
  EXPECT_EQ(run_shell(folder_, "charrnn sample").code, 2);
  EXPECT_EQ(sample("-f /nowhere/prompt.txt").code, 5);
  EXPECT_EQ(sample("-p $'\\xff'").code, 3);
}

TEST_F(SampleCommandTest, TakesTemperaturesFromNothingToHuge) {
  const std::string greedy = sample("-n 40 --temp 0").out;
  EXPECT_EQ(sample("-n 40 --temp 1e-30").out, greedy);
  EXPECT_EQ(sample("-n 40 --top-k 1").out, greedy);
  EXPECT_EQ(sample("-n 40 --top-p 0").out, greedy);
  EXPECT_EQ(sample("-n 40 --temp 1e30").code, 0);
  EXPECT_EQ(sample("-n 40 --seed 3 --top-k 99").out, sample("-n 40 --seed 3").out);
}

TEST_F(SampleCommandTest, EndsQuietlyWhereTheReaderHasGone) {
  const ProgramResult result =
      sample("-n -1 -q | head -c 1000 >/dev/null; echo \"${PIPESTATUS[0]}\"");
  EXPECT_EQ(result.out, "141\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(SampleCommandTest, BeginsWithNothingWhereThePromptIsEmpty) {
  const ProgramResult result = sample("-p '' -n 30 --seed 2");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, sample("-n 30 --seed 2").out);
  EXPECT_NE(result.out, sample("-p '' -n 30 --seed 3").out);
}

TEST_F(SampleCommandTest, RefusesPromptsOfAHundredMegabytesAndEndlessOnes) {
  for (const char* prompt : {"head -c 100000000 /dev/zero", "cat /dev/zero"}) {
    const ProgramResult result =
        run_shell(folder_, std::string(prompt) + " | tr '\\0' a | charrnn sample " +
                               folder_.path("m.safetensors") + kOptions + " -f - -n 5");
    EXPECT_EQ(result.code, 7) << result.err;
    EXPECT_NE(result.err.find("the prompt is too long"), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(SampleCommandTest, NeedsNothingOfItsEnvironment) {
  const ProgramResult result =
      run_shell(folder_,
                "while read -r name; do unset \"$name\"; done < <(compgen -e); "
                "charrnn sample " +
                    folder_.path("m.safetensors") + kOptions + " -p é -n 30 --seed 2");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, sample("-p é -n 30 --seed 2").out);
}

TEST_F(SampleCommandTest, SaysThatTheDiskIsFull) {
  const ProgramResult result = sample("-n 50 >/dev/full");
  EXPECT_EQ(result.code, 5);
  EXPECT_NE(result.err.find("No space left"), std::string::npos);
}

TEST_F(SampleCommandTest, EndsAnEndlessTextAtCtrlCWithWholeCharacters) {
  const ProgramResult result =
      run_shell(folder_, "'" CHARRNN_PROGRAM "' sample " + folder_.path("m.safetensors") +
                             kOptions + " -n -1 --seed 6 >" + folder_.path("text") +
                             " & program=$!; while [ ! -s " + folder_.path("text") +
                             " ]; do sleep 0.01; done; kill -TERM $program; wait $program");
  EXPECT_EQ(result.code, 143);
  const std::string text = folder_.read("text");
  const std::string whole =
      sample("--seed 6 -q -n " + std::to_string(text.size())).out.substr(0, text.size());
  EXPECT_EQ(text, whole);
  EXPECT_EQ(parse_json(dump_json(text)).text(), text) << "the last character is cut";
}

TEST_F(SampleCommandTest, ReportsCopiesFromAText) {
  const std::string text = sample("-n 200 --seed 8 -q").out;
  const std::string whole = folder_.write("whole.txt", "xyz" + text + "xyz");
  const ProgramResult copied = sample("-n 200 --seed 8 --copies-from " + whole);
  EXPECT_NE(copied.err.find("100.0 % of the text stands word for word"), std::string::npos);
  EXPECT_NE(copied.err.find("has 200 characters"), std::string::npos);
  const std::string other = folder_.write("other.txt", "quite another text");
  const std::string none_copied = sample("-n 200 --seed 8 --copies-from " + other).err;
  EXPECT_NE(none_copied.find("0.0 % of the text"), std::string::npos);
  EXPECT_NE(none_copied.find("the longest part that does has "), std::string::npos);
  std::istringstream lines(
      sample("-n 200 --seed 8 --count 2 --json -q --copies-from " + whole).out);
  for (int i = 0; i < 2; ++i) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    const JsonValue object = parse_json(line);
    EXPECT_EQ(object["copied_share"].get<double>() == 1, i == 0) << line;
    EXPECT_EQ(object["longest_copy"] == 200, i == 0) << line;
    EXPECT_EQ(object["longest_copy_text"] == object["text"], i == 0) << line;
  }
  const ProgramResult none = sample("-n 200 --copies-from /nowhere.txt");
  EXPECT_EQ(none.code, 5);
  EXPECT_EQ(none.out, "") << "written before its text was read";
}

TEST_F(SampleCommandTest, ShowsControlCharactersOnATerminalOnly) {
  // script(1) gives the program a terminal.
  const std::string command =
      " sample " + folder_.path("m.safetensors") + kOptions + " -q -n 300 --seed 1 --color never ";
  const auto on_terminal = [&](const std::string& more) {
    return run_shell(folder_, "script -qec \"'" CHARRNN_PROGRAM "'" + command + more +
                                  "\" /dev/null </dev/null")
        .out;
  };
  const std::string piped = sample("-q -n 300 --seed 1").out;
  ASSERT_NE(piped.find('\x1b'), std::string::npos);
  EXPECT_EQ(on_terminal("").find('\x1b'), std::string::npos);
  EXPECT_NE(on_terminal("").find("\\x1b"), std::string::npos);
  EXPECT_NE(on_terminal("--raw").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace charrnn
