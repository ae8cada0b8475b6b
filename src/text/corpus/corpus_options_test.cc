#include "text/corpus/corpus_options.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace charrnn {
namespace {

TEST(CorpusOptions, AreSetByName) {
  CorpusOptions options;
  OptionTable table;
  declare_corpus_options(table, options);
  const auto set = [&](std::string_view name, std::string_view value) {
    table.set(name, value, OptionSource::kCommandLine);
  };
  set("encoding", "bytes");
  set("lowercase", "true");
  set("invalid", "replace");
  set("newline", "lf");
  set("recursive", "true");
  set("max-corpus", "5000000000");
  set("max_vocab", "300");
  EXPECT_EQ(options.encoding, Encoding::kBytes);
  EXPECT_TRUE(options.lowercase && options.replace_invalid && options.newline_lf &&
              options.recursive);
  EXPECT_EQ(options.max_bytes, 5000000000);
  EXPECT_EQ(options.max_vocabulary, 300);
  EXPECT_EQ(table.find("invalid")->show(), "replace");
  EXPECT_THROW(set("invalid", "skip"), Error);
  EXPECT_THROW(set("max-corpus", "-1"), Error);
}

}  // namespace
}  // namespace charrnn
