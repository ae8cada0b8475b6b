#include "app/command/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"

namespace charrnn {
namespace {

struct Settings {
  int hidden_size = 128;
  double temperature = 1;
  bool echo = false;
  std::vector<std::string> stop;
  int64_t predict = 2000;
  int port = -1;
  bool loud = false;
  OptionTable table;

  Settings() {
    table.add("hidden-size", hidden_size, "units", {1, 65536});
    table.add("temp,temperature", temperature, "0 is greedy", {.min = 0});
    table.add("echo", echo, "print the prompt");
    table.add("stop", stop, "ends the text");
    table.add("predict,n", predict, "characters", {-1, 1 << 30});
    table.add("serve-at", port, "shows it", {0, 65535}).alone = "8080";
  }
};

std::string refusal(const std::vector<std::string>& words) {
  Settings settings;
  try {
    parse_command_line(words, settings.table);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return std::string(error.what()) + " / " + error.hint();
  }
  return "accepted";
}

TEST(CommandLine, ReadsOptionsInAnySpellingAndKeepsArguments) {
  Settings settings;
  const CommandLine line =
      parse_command_line({"a.txt", "--hidden_size", "64", "--temperature=0.5", "-n", "-1", "--echo",
                          "--stop", "x", "--stop", "y", "--", "-b.txt"},
                         settings.table);
  EXPECT_EQ(line.arguments, (std::vector<std::string>{"a.txt", "-b.txt"}));
  EXPECT_EQ(settings.hidden_size, 64);
  EXPECT_EQ(settings.temperature, 0.5);
  EXPECT_EQ(settings.predict, -1);
  EXPECT_TRUE(settings.echo);
  EXPECT_EQ(settings.stop, (std::vector<std::string>{"x", "y"}));
}

TEST(CommandLine, ReadsOptionsOfOneLetterTogetherAndWithTheirValue) {
  Settings settings;
  settings.table.add("loud,l", settings.loud, "");
  const CommandLine line =
      parse_command_line({"-ln5", "-", "--stop=", "--echo=false"}, settings.table);
  EXPECT_EQ(line.arguments, std::vector<std::string>{"-"});
  EXPECT_TRUE(settings.loud);
  EXPECT_EQ(settings.predict, 5);
  EXPECT_EQ(settings.stop, std::vector<std::string>{""});
  EXPECT_FALSE(settings.echo);
  EXPECT_FALSE(line.help);
  EXPECT_TRUE(parse_command_line({"-lh"}, settings.table).help);
  EXPECT_TRUE(parse_command_line({"--help"}, settings.table).help);
  EXPECT_EQ(parse_command_line({"-n", "5", "[a,b]"}, settings.table).arguments[0], "[a,b]");
}

TEST(CommandLine, LeavesWhatFollowsAnOptionThatStandsAlone) {
  struct Case {
    std::vector<std::string> words;
    int port;
    std::vector<std::string> arguments;
  };
  for (const Case& one :
       {Case{{"--serve-at"}, 8080, {}}, Case{{"--serve_at", "a.txt"}, 8080, {"a.txt"}},
        Case{{"--serve-at", "9000", "a.txt"}, 9000, {"a.txt"}},
        Case{{"--serve-at=0", "9000"}, 0, {"9000"}}, Case{{"--serve-at", "--echo"}, 8080, {}},
        Case{{"a", "--", "--serve-at"}, -1, {"a", "--serve-at"}}}) {
    Settings settings;
    EXPECT_EQ(parse_command_line(one.words, settings.table).arguments, one.arguments);
    EXPECT_EQ(settings.port, one.port);
  }
  EXPECT_NE(refusal({"--serve-at", "70000"}), "accepted");
}

TEST(CommandLine, SuggestsTheNearestOption) {
  EXPECT_EQ(refusal({"--hiden-size", "4"}),
            "unknown option --hiden-size / did you mean --hidden-size?");
  EXPECT_EQ(refusal({"--xyzzy"}), "unknown option --xyzzy / --help lists the options there are");
  EXPECT_NE(refusal({"--hidden", "4"}), "accepted") << "abbreviations are not guessed";
}

TEST(CommandLine, SaysWhatToGiveForOptionsOfOtherPrograms) {
  EXPECT_EQ(refusal({"--gpuid", "0"}),
            "--gpuid is an option of char-rnn, not of this command / --device cpu or --device cuda "
            "chooses; auto is the default");
  EXPECT_EQ(refusal({"--checkpoint_name=cv/x"}),
            "--checkpoint_name is an option of torch-rnn, not of this command / -o RUN names the "
            "folder that a run is saved in");
}

TEST(CommandLine, RefusesNumbersThatAreNotWholeOrOutOfRange) {
  for (const char* value : {"0", "-1", "1000000000", "12abc", "", "99999999999", "1.5", "0x10"}) {
    EXPECT_NE(refusal({"--hidden-size", value}).find("a whole number from 1 to 65536"),
              std::string::npos)
        << value;
  }
  for (const char* value : {"nan", "inf", "-1", "1e999", "0.5x"}) {
    EXPECT_NE(refusal({"--temp", value}).find("a number from 0"), std::string::npos) << value;
  }
}

TEST(CommandLine, RefusesAnOptionGivenTwiceOrWithoutItsValue) {
  EXPECT_EQ(refusal({"--temp", "1", "--temp", "2"}), "--temp is given twice / keep one of them");
  for (const auto& words : {std::vector<std::string>{"--temp"}, {"--temp", "--", "1"}}) {
    EXPECT_EQ(refusal(words), "--temp needs a value / --help shows how it is used");
  }
  EXPECT_EQ(refusal({"-n"}), "-n needs a value / --help shows how it is used");
  EXPECT_EQ(refusal({"-x"}), "unknown option -x / --help lists the options there are");
}

TEST(CommandLine, TakesTheEnvironmentUnlessTheCommandLineSaysOtherwise) {
  ::setenv("CHARRNN_HIDDEN_SIZE", "32", 1);
  Settings from_environment, from_both;
  parse_command_line({}, from_environment.table);
  parse_command_line({"--hidden-size", "16"}, from_both.table);
  EXPECT_EQ(from_environment.hidden_size, 32);
  EXPECT_EQ(from_both.hidden_size, 16);
  ::setenv("CHARRNN_HIDDEN_SIZE", "zz", 1);
  EXPECT_NE(refusal({}).find("environment variable CHARRNN_HIDDEN_SIZE"), std::string::npos);
  ::unsetenv("CHARRNN_HIDDEN_SIZE");
}

}  // namespace
}  // namespace charrnn
