#include "text/characters/shell_word.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace charrnn {
namespace {

// What bash makes of it.
std::string read_by_bash(const std::string& word) {
  const std::string path = testing::TempDir() + "charrnn-shell-word-test.sh";
  FILE* script = std::fopen(path.c_str(), "wb");
  std::fprintf(script, "printf '%%s' %s", word.c_str());
  std::fclose(script);
  FILE* pipe = popen(("bash " + path).c_str(), "r");
  std::string result;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) result += static_cast<char>(c);
  pclose(pipe);
  std::remove(path.c_str());
  return result;
}

TEST(ShellWord, IsReadBackByAShell) {
  for (const std::string text : {"plain",
                                 "runs/a-b_c.txt",
                                 "",
                                 "two words",
                                 "it's",
                                 "a\"b",
                                 "$HOME `ls` !x",
                                 "~",
                                 "a*?[b]",
                                 "#x",
                                 "-n",
                                 "back\\slash",
                                 "new\nline",
                                 "tab\tstop",
                                 "\x1B[31mred",
                                 "caf\xC3\xA9",
                                 "\xFF\xFE",
                                 "\xFF"
                                 "1",
                                 "quote'\n",
                                 "a=b;c|d&e>f<g(h){i}",
                                 "\xE2\x80\xAE"
                                 "abc"}) {
    const std::string word = shell_word(text);
    EXPECT_EQ(read_by_bash(word), text) << word;
    for (const char byte : word) EXPECT_GE(static_cast<unsigned char>(byte), 0x20u) << word;
  }
}

TEST(ShellWord, QuotesOnlyWhereItMust) {
  EXPECT_EQ(shell_word("runs/a-b_c.txt"), "runs/a-b_c.txt");
  EXPECT_EQ(shell_word("my run"), "'my run'");
  EXPECT_EQ(shell_word("caf\xC3\xA9"), "'caf\xC3\xA9'");
  EXPECT_EQ(shell_argument("-x"), "./-x");
  EXPECT_EQ(shell_argument("-x y"), "'./-x y'");
}

TEST(ConvertedName, TellsWhatTheTextIs) {
  EXPECT_EQ(converted_name("dir/notes.txt", "utf-8"), "notes.utf-8.txt");
  EXPECT_EQ(converted_name("notes", "utf-8"), "notes.utf-8");
}

}  // namespace
}  // namespace charrnn
