#include "app/documents/documents.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "app/documents/declared_command.h"
#include "base/error.h"

namespace charrnn {
namespace {

std::string page(const std::vector<std::string>& words) { return document(words, make_commands()); }

std::string with_minus_signs(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '-') result += '\\';
    result += c;
  }
  return result;
}

TEST(Documents, AManPageHasEachOptionOfItsCommand) {
  for (const auto& command : make_commands()) {
    const std::string text = page({"--man", std::string(command->name())});
    EXPECT_NE(text.find(".SH EXAMPLES"), std::string::npos);
    const DeclaredCommand declared(*command);
    for (const Option* option : declared.options()) {
      const std::string name = "\\-\\-" + with_minus_signs(option->name());
      EXPECT_NE(text.find("\\fB" + name + "\\fR"), std::string::npos)
          << command->name() << " " << name;
    }
    for (size_t at = text.find('-'); at != std::string::npos; at = text.find('-', at + 1)) {
      EXPECT_TRUE(at > 0 && text[at - 1] == '\\')
          << "a hyphen that cannot be pasted: " << text.substr(at - 10, 20);
    }
    EXPECT_NE(page({"--man"}).find(".B " + std::string(command->name()) + "\n"), std::string::npos);
  }
}

TEST(Documents, NoLineOfTextIsARequest) {
  const std::vector<std::string> known = {"TH", "SH", "SS", "TP", "PP", "EX", "EE", "B", "BR"};
  for (const auto& command : make_commands()) {
    std::istringstream lines(page({"--man", std::string(command->name())}));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_FALSE(line.starts_with('\'')) << line;
      if (!line.starts_with('.')) continue;
      const std::string request = line.substr(1, line.find(' ') - 1);
      EXPECT_NE(std::ranges::find(known, request), known.end()) << line;
    }
  }
}

TEST(Documents, CompletionsHaveEachCommandOptionAndChoice) {
  const auto commands = make_commands();
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string script = page({"--completions", shell});
    for (const auto& command : commands) {
      const DeclaredCommand declared(*command);
      for (const Option* option : declared.options()) {
        const std::string name = (shell == "fish" ? "-l " : "--") + option->name();
        EXPECT_NE(script.find(name), std::string::npos) << shell << " " << name;
      }
    }
    EXPECT_NE(script.find("rnn lstm gru"), std::string::npos) << shell;
  }
}

TEST(Documents, RefuseOthers) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--completions", "tcsh"}, {"--completions"}, {"--man", "nothing"}, {"--else"}}) {
    EXPECT_THROW(page(words), Error);
  }
}

}  // namespace
}  // namespace charrnn
