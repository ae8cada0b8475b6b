// charrnn train as a person meets it: what is refused, with which exit code, and what is written.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/testing/run_charrnn.h"
#include "base/json/json.h"

namespace charrnn {
namespace {

class TrainCommand : public testing::Test {
 protected:
  TrainCommand() {
    std::string text;
    for (int i = 0; i < 60; ++i) text += "the sea was calm, the sea was grey. ";
    text_ = folder_.write("sea.txt", text);
    run_ = folder_.path("run");
  }

  // options: after a tiny network on a short text, into the folder "run".
  ProgramResult train(const std::string& options, const std::string& text = "") {
    return run_shell(folder_, "charrnn train " + (text.empty() ? text_ : text) + " -o " + run_ +
                                  " --cell rnn --hidden-size 6 --embedding-size 4 --batch-size 2 "
                                  "--seq-length 8 --threads 1 " +
                                  options);
  }
  // … without the tiny network.
  ProgramResult plain(const std::string& options) {
    return run_shell(folder_, "cd " + folder_.path("") + "; charrnn train " + options);
  }
  void expect_refusal(const ProgramResult& result, int code, const std::string& words) {
    EXPECT_EQ(result.code, code) << result.err;
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
    EXPECT_FALSE(std::filesystem::exists(run_)) << "nothing may be made";
  }

  TestFolder folder_;
  std::string text_;
  std::string run_;
};

TEST_F(TrainCommand, WritesTheFilesOfARunAndTheResultAsJson) {
  const ProgramResult result = train("--steps 5 --json");
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = parse_json(result.out);
  size_t at = 0;  // in this order; others may follow
  for (const std::string key :
       {"run", "model", "cell", "layers", "hidden_size", "embedding_size", "vocabulary_size",
        "parameters", "steps", "epochs", "characters_seen", "seconds", "characters_per_second",
        "train_loss", "validation_loss", "validation_bits_per_character", "best_validation_loss",
        "stopped"}) {
    at = result.out.find("\"" + key + "\":", at);
    ASSERT_NE(at, std::string::npos) << key;
  }
  EXPECT_EQ(json["steps"], 5);
  EXPECT_EQ(json["characters_seen"], 80);
  EXPECT_EQ(json["stopped"], "steps");
  for (const char* name :
       {"model.safetensors", "checkpoint.safetensors", "config.toml", "metrics.jsonl"}) {
    EXPECT_TRUE(std::filesystem::exists(run_ + "/" + name)) << name;
  }
  EXPECT_EQ(run_shell(folder_, "charrnn sample " + run_ + " -n 5 -p the -q").code, 0);
}

TEST_F(TrainCommand, IsQuietWhereAskedAndNeverPrintsOnStdout) {
  const ProgramResult quiet = train("--steps 2 -q");
  EXPECT_EQ(quiet.out + quiet.err, "");
  const ProgramResult loud = train("--steps 2 --force --sample-every 1 --sample-length 4");
  EXPECT_EQ(loud.out, "");
  EXPECT_NE(loud.err.find("held-out part"), std::string::npos);
  EXPECT_EQ(loud.err.find('\r'), std::string::npos) << "no live line where there is no terminal";
  EXPECT_EQ(loud.err.find('\x1b'), std::string::npos) << "no colours either";
}

TEST_F(TrainCommand, RefusesAFolderWithFilesOfSomebodyElse) {
  std::filesystem::create_directory(run_);
  for (const char* name : {"metrics.jsonl", "samples.jsonl", "passage.txt"}) {
    const std::string file = folder_.write(std::string("run/") + name, "mine");
    for (const char* force : {"", " --force"}) {
      const ProgramResult result = train(std::string("--steps 2") + force);
      EXPECT_EQ(result.code, 2) << result.err;
      EXPECT_NE(result.err.find("there is a file in the way"), std::string::npos) << result.err;
      EXPECT_EQ(folder_.read(std::string("run/") + name), "mine");
    }
    std::filesystem::remove(file);
  }
}

TEST_F(TrainCommand, NamesItsRunAfterTheText) {
  ASSERT_EQ(plain("sea.txt --cell rnn --hidden-size 4 --steps 1 -q").code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_.path("runs/sea/model.safetensors")));
}

TEST_F(TrainCommand, TakesCharRnnsNamesInBothSpellings) {
  const ProgramResult result = plain(
      "--data_dir sea.txt --checkpoint_dir run --model_type lstm --num-layers 1 --rnn_size 6 "
      "--wordvec_size 4 --max_epochs 1 --learning-rate 0.01 --seq_length 8 --batch_size 2 "
      "--val_frac 0.2 --eval_val_every 7 --print_every 2 --learning_rate_decay 0.5 "
      "--learning_rate_decay_after 3 --decay_rate 0.9 --json");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(parse_json(result.out)["cell"], "lstm");
  const std::string config = folder_.read("run/config.toml");
  for (const char* line : {"val-fraction = 0.2", "eval-every = 7", "report-every = 2",
                           "lr-decay = 0.5", "lr-decay-after = 3", "beta2 = 0.9"}) {
    EXPECT_NE(config.find(line), std::string::npos) << line;
  }
}

TEST_F(TrainCommand, MakesTheRestSuitWhatIsGiven) {
  const ProgramResult result = plain(
      "sea.txt --out run --hidden-size 8 --lr 0.0009 --epochs 1 --batch-size 2 --seq-length 8 -q");
  ASSERT_EQ(result.code, 0) << result.err;
  const std::string config = folder_.read("run/config.toml");
  for (const char* line : {"learning-rate = 0.0009", "min-learning-rate = 0.0003",
                           "output-dropout = 0\n", "recurrent-dropout = 0\n"}) {
    EXPECT_NE(config.find(line), std::string::npos) << line << '\n' << config;
  }
}

TEST_F(TrainCommand, RefusesNumbersOutOfRange) {
  for (const char* value : {"0", "-1", "1000000000", "12abc", "''", "99999999999"}) {
    expect_refusal(plain("sea.txt -o run --hidden-size " + std::string(value)), 2,
                   "a whole number from 1 to 1000000");
  }
  for (const char* options :
       {"--lr nan", "--lr inf", "--lr -1", "--lr 0", "--dropout 1", "--output-dropout 1",
        "--val-fraction 1", "--seed 18446744073709551616", "--layers 0", "--epochs -1",
        "--time 0.5.5m", "--cell gruu", "--train-frac 0.9 --val-frac 0.9", "--threads -1"}) {
    expect_refusal(plain(std::string("sea.txt -o run ") + options), 2, "charrnn: error: ");
  }
}

TEST_F(TrainCommand, RefusesWhatCannotFitIntoMemoryBeforeItAllocates) {
  expect_refusal(plain("sea.txt -o run --hidden-size 100000 --layers 50"), 7, "of memory");
}

TEST_F(TrainCommand, RefusesEmptyMissingAndForeignTexts) {
  expect_refusal(train("", folder_.write("empty.txt", "")), 3, "empty");
  expect_refusal(train("", folder_.write("one.txt", "x")), 3, "2");
  expect_refusal(train("", folder_.path("missing.txt")), 5, "No such file");
  expect_refusal(train("", folder_.write("bad.txt", "abc\xff def")), 3, "UTF-8");
  EXPECT_EQ(train("--encoding bytes --steps 1", folder_.path("bad.txt")).code, 0);
}

TEST_F(TrainCommand, LeavesAnExistingRunAloneUnlessForced) {
  ASSERT_EQ(train("--steps 2 -q").code, 0);
  const std::string model = folder_.read("run/model.safetensors");
  const ProgramResult again = train("--steps 4");
  EXPECT_EQ(again.code, 2);
  EXPECT_NE(again.err.find("--resume"), std::string::npos) << again.err;
  EXPECT_EQ(folder_.read("run/model.safetensors"), model);
  ASSERT_EQ(train("--steps 4 --force -q").code, 0);
  EXPECT_EQ(folder_.read("run.old/model.safetensors"), model);
}

// As one that was killed before its first checkpoint, and that a server keeps its record of.
TEST_F(TrainCommand, BeginsARunThatHasSavedNothingWhereItIs) {
  ASSERT_EQ(train("--steps 2 -q").code, 0);
  const std::string model = folder_.read("run/model.safetensors");
  const std::string metrics = folder_.read("run/metrics.jsonl");
  for (const char* name :
       {"model.safetensors", "checkpoint.safetensors", "checkpoint.previous.safetensors"}) {
    std::filesystem::remove(folder_.path(std::string("run/") + name));
  }
  folder_.write("run/train.log", "somebody else's");
  ASSERT_EQ(train("--steps 2 -q --resume").code, 0);
  EXPECT_EQ(folder_.read("run/model.safetensors"), model);
  EXPECT_EQ(folder_.read("run/train.log"), "somebody else's");
  EXPECT_EQ(std::ranges::count(folder_.read("run/metrics.jsonl"), '\n'),
            std::ranges::count(metrics, '\n'));
  EXPECT_FALSE(std::filesystem::exists(folder_.path("run.old")));
}

TEST_F(TrainCommand, GoesOnWithMoreStepsAndWithoutAnyOtherOption) {
  ASSERT_EQ(train("--steps 3 -q").code, 0);
  const ProgramResult more =
      run_shell(folder_, "charrnn train --resume -o " + run_ + " --steps 6 --json");
  ASSERT_EQ(more.code, 0) << more.err;
  EXPECT_EQ(parse_json(more.out)["steps"], 6);
  EXPECT_NE(more.err.find("steps: 6 from here on (was 3)"), std::string::npos) << more.err;
  EXPECT_EQ(run_shell(folder_, "charrnn train --resume " + run_ + " -q").code, 0);
}

TEST_F(TrainCommand, RefusesToGoOnWithAnotherNetworkOrText) {
  ASSERT_EQ(train("--steps 3 -q").code, 0);
  const std::string resume = "charrnn train --resume -o " + run_ + " ";
  const ProgramResult network = run_shell(folder_, resume + "--hidden-size 7");
  EXPECT_EQ(network.code, 2);
  EXPECT_NE(network.err.find("--hidden-size 7 contradicts the run, which has 6"), std::string::npos)
      << network.err;
  const ProgramResult unknown =
      run_shell(folder_, resume + folder_.write("other.txt", "ÄÖÜ the sea was calm and the sky"));
  EXPECT_EQ(unknown.code, 4);
  EXPECT_NE(unknown.err.find("'Ä'"), std::string::npos) << unknown.err;
  const ProgramResult other =
      run_shell(folder_, resume + folder_.write("less.txt", "the sea was calm, the sea"));
  EXPECT_EQ(other.code, 4);
  EXPECT_NE(other.err.find("not the one the run began with"), std::string::npos) << other.err;
}

TEST_F(TrainCommand, BeginsAnewWithResumeWhereNothingIsSavedYet) {
  const ProgramResult result = train("--steps 2 --resume");
  EXPECT_EQ(result.code, 0);
  EXPECT_NE(result.err.find("starting from the beginning"), std::string::npos) << result.err;
}

TEST_F(TrainCommand, KeepsACopyOfATextThatCannotBeReadAgain) {
  ASSERT_EQ(run_shell(folder_, "cat " + text_ + " | charrnn train - -o " + run_ +
                                   " --cell rnn --hidden-size 4 --steps 2 -q")
                .code,
            0);
  EXPECT_EQ(folder_.read("run/text.txt"), folder_.read("sea.txt"));
  const ProgramResult more = run_shell(folder_, "charrnn train --resume -o " + run_ + " --steps 4");
  EXPECT_EQ(more.code, 0) << more.err;
}

TEST_F(TrainCommand, ShrinksForAShortTextAndSaysSo) {
  const std::string text = folder_.write("short.txt", "a short text it is, not long at all");
  const ProgramResult result = plain("short.txt -o run --batch-size 50 --seq-length 40 --steps 1");
  EXPECT_EQ(result.code, 0);
  EXPECT_NE(result.err.find("--batch-size 1 × --seq-length 30"), std::string::npos) << result.err;
  EXPECT_EQ(plain("short.txt -o run2 --batch-size 50 --steps 1 --strict").code, 3);
}

TEST_F(TrainCommand, ShowsThePlanWithoutDoingAnything) {
  const ProgramResult result = train("--dry-run --epochs 3");
  EXPECT_EQ(result.code, 0);
  for (const char* word : {"text", "parameters", "memory", "steps", "time"}) {
    EXPECT_NE(result.err.find(word), std::string::npos) << result.err;
  }
  EXPECT_FALSE(std::filesystem::exists(run_));
}

TEST_F(TrainCommand, GivesThePlanAsJson) {
  const ProgramResult result = train("--dry-run --epochs 3 --json -q");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "");
  const JsonValue plan = parse_json(result.out);
  EXPECT_EQ(plan["characters"], 2160);
  EXPECT_EQ(plan["training_characters"], 1944);
  EXPECT_EQ(plan["validation_characters"], 216);
  EXPECT_EQ(plan["hidden_size"], 6);
  EXPECT_EQ(plan["epochs"], 3);
  EXPECT_EQ(plan["steps"].get<int64_t>(), 3 * plan["steps_per_epoch"].get<int64_t>());
  EXPECT_GT(plan["seconds"].get<double>(), 0);
  EXPECT_GT(plan["memory_bytes"].get<double>(), 1e6);
  EXPECT_EQ(plan["settings"]["hidden-size"]["value"], "6");
  EXPECT_EQ(plan["settings"]["hidden-size"]["source"], "given");
  EXPECT_EQ(plan["settings"]["weight-decay"]["value"], "0.1");
  EXPECT_EQ(plan["settings"]["weight-decay"]["source"], "preset");
  EXPECT_FALSE(std::filesystem::exists(run_));
}

// What help says of --preset auto is what a plan has.
TEST_F(TrainCommand, HasHelpThatSaysWhatTheUsualPresetTakes) {
  std::string text;
  while (text.size() < 1'120'000) text += "the sea was calm, the sea was grey. ";
  folder_.write("long.txt", text);
  const JsonValue plan = parse_json(plain("long.txt --dry-run --json -q").out);
  std::string help = plain("--help").out;  // in one line
  for (size_t i = help.find("\n      "); i != help.npos; i = help.find("\n      ", i)) {
    const size_t end = help.find_first_not_of(" \n", i);
    if (help[end] == '-') {
      ++i;
    } else {
      help.replace(i, end - i, " ");
    }
  }
  for (const std::string name :
       {"on-nan", "min-learning-rate", "weight-decay", "patience", "hidden-size", "epochs"}) {
    const size_t begin = help.find("--" + name + " ", help.find("\nRun\n"));
    const std::string line = help.substr(begin, help.find('\n', begin) - begin);
    EXPECT_NE(line.find(" [" + plan["settings"][name]["value"].text() + "]"), std::string::npos)
        << line;
  }
  EXPECT_NE(help.find("-h, --help"), std::string::npos);
}

TEST_F(TrainCommand, DivergesWithItsOwnCode) {
  const ProgramResult result = train(
      "--steps 200 --lr 1000000 --lr-schedule constant --clip none "
      "--optimizer rmsprop --epsilon 1e-30 --warmup-steps 0 "
      "--patience 0 --average-decay 0 --weight-decay 1000");
  EXPECT_EQ(result.code, 6) << result.err;
  EXPECT_NE(result.err.find("training diverged"), std::string::npos) << result.err;
}

TEST_F(TrainCommand, BeginsWithAnotherModelWhoseVocabularyIsAnother) {
  ASSERT_EQ(train("--steps 30 -q").code, 0);
  const std::string other = folder_.write("other.txt", [] {
    std::string text;
    for (int i = 0; i < 60; ++i) text += "Zwölf Seen: the sea was deep. ";
    return text;
  }());
  const ProgramResult result =
      run_shell(folder_, "charrnn train " + other + " -o " + folder_.path("fine") +
                             " --init-from " + run_ + " --steps 0 --json");
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = parse_json(result.out);
  EXPECT_EQ(json["hidden_size"], 6) << "the network is the other model's";
  const ProgramResult before = run_shell(folder_, "charrnn eval " + run_ + " " + text_ + " --json");
  const ProgramResult after =
      run_shell(folder_, "charrnn eval " + folder_.path("fine") + " " + text_ + " --json");
  ASSERT_EQ(after.code, 0) << after.err;
  // More characters share the probability, so the loss is a little higher, but far below that of a
  // new model.
  const auto loss_before = parse_json(before.out)["loss"].get<double>();
  const auto loss_after = parse_json(after.out)["loss"].get<double>();
  EXPECT_GT(loss_after, loss_before);
  EXPECT_LT(loss_after, loss_before + 1.5);
  EXPECT_EQ(run_shell(folder_, "charrnn train " + other + " -o " + folder_.path("x") +
                                   " --init-from " + run_ + " --hidden-size 9")
                .code,
            2);
}

TEST_F(TrainCommand, MeasuresBaselinesOnceAndEndsWithAReport) {
  const ProgramResult result = train("--steps 40");
  ASSERT_EQ(result.code, 0) << result.err;
  std::istringstream words(result.err.substr(result.err.find("On the held-out part")));
  std::string report;
  for (std::string word; words >> word;) report += word + " ";
  for (const char* part : {"the model of step", "perplexity", "On the same", "characters, ",
                           "the network needs", "of what it writes"}) {
    EXPECT_NE(report.find(part), std::string::npos) << part << " in " << result.err;
  }
  const auto lines = [&] {
    std::ifstream file(run_ + "/metrics.jsonl");
    std::vector<JsonValue> all;
    for (std::string line; std::getline(file, line);) all.push_back(parse_json(line));
    return all;
  };
  const auto without_step = [](const auto& line) { return !line.contains("step"); };
  ASSERT_TRUE(without_step(lines().at(0)));
  EXPECT_GT(lines()[0]["ngram_loss"].get<double>(), 0);
  EXPECT_GE(lines()[0]["ngram_context"].get<double>(), 1);
  ASSERT_EQ(train("--resume --steps 60").code, 0);
  const auto after = lines();
  EXPECT_EQ(std::count_if(after.begin(), after.end(), without_step), 1);
  EXPECT_EQ(after.back()["step"], 60);
  EXPECT_LT(after.at(1)["step"].get<double>(), 40) << "what was reported before is kept";
  const ProgramResult json = train("--resume --steps 61 --json");
  const JsonValue figures = parse_json(json.out);
  EXPECT_EQ(figures["ngram_loss"], after[0]["ngram_loss"]);
  EXPECT_EQ(figures["baseline_characters"], after[0]["baseline_characters"]);
  EXPECT_EQ(figures["compared_loss"], figures["best_validation_loss"]);
  EXPECT_GT(figures["training_part_loss"].get<double>(), 0);
  EXPECT_TRUE(figures["limit"].is_string());
  EXPECT_GE(figures["report"].size(), 3u);
}

TEST_F(TrainCommand, ForgetsBetweenDocumentsAndEvalAndSampleKnow) {
  std::string text;
  for (int i = 0; i < 400; ++i)
    text += std::vector<std::string>{"ada\n", "bob\n", "eve\n"}[i * 5 % 3];
  const std::string names = folder_.write("names.txt", text);
  ASSERT_EQ(train("--steps 60 -q --documents lines", names).code, 0);
  const auto loss = [&](const std::string& options) {
    const ProgramResult result =
        run_shell(folder_, "charrnn eval " + run_ + " " + names + " --json " + options);
    EXPECT_EQ(result.code, 0) << result.err;
    return parse_json(result.out)["loss"].get<double>();
  };
  EXPECT_EQ(loss(""), loss("--documents lines"));
  EXPECT_NE(loss(""), loss("--documents none"));
  // Each line anew: the mean of the lines' own losses, each read after a line feed.
  const double whole = loss("");
  double sum = 0;
  for (const char* line : {"ada", "bob", "eve"}) {
    const std::string one = folder_.write("one.txt", "\n" + std::string(line) + "\n");
    const ProgramResult result =
        run_shell(folder_, "charrnn eval " + run_ + " " + one + " --documents none --json");
    sum += 4 * parse_json(result.out)["loss"].get<double>() / 12;
  }
  EXPECT_NEAR(whole, sum, 0.01);
  EXPECT_NE(run_shell(folder_, "charrnn show " + run_ + "/model.safetensors").out.find("documents"),
            std::string::npos);
  ASSERT_EQ(train("--resume --steps 70 -q", names).code, 0);
  const ProgramResult other = train("--resume --steps 80 --documents none", names);
  EXPECT_EQ(other.code, 2) << other.err;
}

TEST_F(TrainCommand, TakesFilesAsDocuments) {
  std::string first, second;
  for (int i = 0; i < 200; ++i) first += "abcabc", second += "xyzxyz";
  const std::string a = folder_.write("a.txt", first), b = folder_.write("b.txt", second);
  const ProgramResult result = train("--steps 5 --json --documents files", a + " " + b);
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(parse_json(result.out)["vocabulary_size"], 7) << "each ends with a line feed";
}

TEST_F(TrainCommand, MergesRareCharactersAndEvalDoesToo) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "aab ";
  const std::string path = folder_.write("rare.txt", text + "\xE4\xB8\xAD\xE6\x96\x87 aab");
  const ProgramResult result = train("--steps 5 --json --min-count 3", path);
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(parse_json(result.out)["vocabulary_size"], 4);
  const std::string other = folder_.write("other.txt", "aab \xE5\xAD\x97 aab");
  EXPECT_EQ(run_shell(folder_, "charrnn eval " + run_ + " " + other).code, 0);
}

TEST_F(TrainCommand, LearnsFromTextsOfAFewCharacters) {
  for (const std::string text :
       {"ab", "abcabcabca", "aaaaaaaaaaaaaaaaaaaaaaaa", "a\nb\nc\nd\ne\nf\n"}) {
    const std::string path = folder_.write("few.txt", text);
    const ProgramResult result = plain(path + " -o few --force --epochs 2");
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_NE(result.err.find("validation part"), std::string::npos) << result.err;
  }
}

TEST_F(TrainCommand, GoesOnWhereNobodyReadsWhatItSays) {
  const ProgramResult gone = train("--steps 400 --json 2> >(true) | true; exit ${PIPESTATUS[0]}");
  EXPECT_EQ(gone.code, 0);
  const std::string model = folder_.read("run/model.safetensors");
  EXPECT_EQ(train("--steps 400 --force 2>&- >&-").code, 0);
  EXPECT_EQ(folder_.read("run/model.safetensors"), model);
  EXPECT_FALSE(model.empty());
}

TEST_F(TrainCommand, SaysWhatIsWrongInAConfigFile) {
  const std::string config = folder_.write("c.toml", "layers = 1\n\nhiden_size = 4\n");
  expect_refusal(plain("sea.txt -o run --config c.toml"), 2, "c.toml:3: ");
  expect_refusal(plain("sea.txt -o run --config missing.toml"), 2, "--config");
}

}  // namespace
}  // namespace charrnn
