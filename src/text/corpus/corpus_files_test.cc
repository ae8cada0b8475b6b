// Texts in files: what is read, what is refused and how.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "text/characters/utf8.h"
#include "text/corpus/corpus.h"
#include "text/corpus/plain_text.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

std::string text_of(const Corpus& corpus) {
  std::vector<int32_t> ids(corpus.ids.size());
  corpus.ids.copy(0, ids);
  return corpus.vocabulary.text(ids);
}

bool has_note(const Corpus& corpus, std::string_view part) {
  return std::any_of(corpus.notes.begin(), corpus.notes.end(),
                     [&](const std::string& note) { return note.find(part) != note.npos; });
}

// A folder of its own for each test, gone after it.
class CorpusFiles : public testing::Test {
 protected:
  CorpusFiles() {
    std::string name = (fs::temp_directory_path() / "charrnn-corpus-XXXXXX").native();
    folder_ = mkdtemp(name.data());
  }
  ~CorpusFiles() override {
    std::error_code ignored;
    fs::permissions(folder_, fs::perms::owner_all, ignored);
    fs::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return (folder_ / name).native(); }
  std::string write(const std::string& name, std::string_view content) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return path(name);
  }
  Error failure(const std::vector<std::string>& names, const CorpusOptions& options = {}) const {
    try {
      read_corpus(names, options);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error";
    return Error(ErrorKind::kInternal, "none", "", "");
  }
  std::string message(const Error& error) const { return error.what(); }

  fs::path folder_;
};

TEST_F(CorpusFiles, OfSeveralNamesAreJoinedInOrder) {
  const Corpus corpus = read_corpus({write("b.txt", "second"), write("a b.txt", " first")}, {});
  EXPECT_EQ(text_of(corpus), "second first");
  EXPECT_EQ(corpus.document_begins, (std::vector<size_t>{0, 6}));
  EXPECT_EQ(corpus.name, "b");
  EXPECT_EQ(corpus.sources.size(), 2u);
  EXPECT_TRUE(corpus.can_be_read_again);
}

TEST_F(CorpusFiles, AreRefusedWhenEmpty) {
  const Error error = failure({write("empty", "")});
  EXPECT_EQ(error.kind(), ErrorKind::kData);
  EXPECT_EQ(error.code(), "corpus_empty");
  EXPECT_EQ(failure({write("bom", "\xEF\xBB\xBF")}).code(), "corpus_empty");
}

TEST_F(CorpusFiles, NeedTwoCharacters) {
  const Error error = failure({write("one", "\xC3\xA9")});
  EXPECT_EQ(error.kind(), ErrorKind::kData);
  EXPECT_EQ(message(error), "the corpus is too short: at least 2 characters are needed (it has 1)");
}

TEST_F(CorpusFiles, OfOneCharacterRepeatedAreTakenWithANote) {
  const Corpus corpus = read_corpus({write("a", "aaaa")}, {});
  EXPECT_EQ(corpus.vocabulary.size(), 1);
  EXPECT_TRUE(has_note(corpus, "vocabulary of 1"));
}

TEST_F(CorpusFiles, ThatAreNotUtf8AreRefusedWithThePlace) {
  const Error error = failure({write("latin1.txt", "caf\xE9 au\nlait\xE9\xE9")});
  EXPECT_EQ(error.kind(), ErrorKind::kData);
  EXPECT_EQ(error.code(), "invalid_utf8");
  EXPECT_EQ(message(error), "'" + path("latin1.txt") +
                                "' is not UTF-8: bytes e9 20 61 75 0a 6c 61 69 at byte 3, line 1; "
                                "3 bad places in all");
  EXPECT_EQ(error.hint(),
            "it looks like WINDOWS-1252; convert it: iconv -f WINDOWS-1252 -t UTF-8 " +
                path("latin1.txt") + " >latin1.utf-8.txt");
}

TEST_F(CorpusFiles, ThatAreInNoKnownEncodingAreRefusedWithWhatTheCommandOffers) {
  const std::string file = write("odd \xC3\xA9.bin", "caf\xE9 \x81\x8D");
  const auto hint = [&](bool bytes, bool replace) {
    CorpusOptions options;
    options.offers_bytes = bytes;
    options.offers_replace = replace;
    return failure({file}, options).hint();
  };
  EXPECT_NE(hint(true, true).find("--encoding bytes"), std::string::npos);
  EXPECT_NE(hint(true, true).find("--invalid replace"), std::string::npos);
  EXPECT_EQ(hint(false, true).find("--encoding"), std::string::npos);
  EXPECT_EQ(hint(false, false), "find out its encoding and convert it with iconv");
}

TEST_F(CorpusFiles, AreConvertedByTheCommandInTheHint) {
  std::string wide;
  for (const char byte : std::string("a line of text, and another one\n")) {
    wide += byte;
    wide += '\0';
  }
  for (const std::string& content : {"\xFF\xFE" + wide, wide + "\xE4\0"s, "caf\xE9 au lait"s}) {
    const std::string name = "it's " + std::to_string(content.size()) + " bytes.txt";
    const std::string hint = failure({write(name, content)}).hint();
    ASSERT_NE(hint.find("iconv -f "), std::string::npos) << hint;
    const std::string command = "cd " + path("") + " && " + hint.substr(hint.find("iconv -f "));
    ASSERT_EQ(std::system(command.c_str()), 0) << hint;
    const std::string made = path("it's " + std::to_string(content.size()) + " bytes.utf-8.txt");
    EXPECT_NE(text_of(read_corpus({made}, {})).find(" "), std::string::npos);
  }
}

TEST_F(CorpusFiles, OfUtf16WithoutAMarkAreRecognisedFarIntoTheFile) {
  std::string text;
  for (int i = 0; i < 100000; ++i) {
    text += "words and lines \n"[i % 17];
    text += '\0';
  }
  text += "\xE4\0\xF6\0"s;
  EXPECT_NE(failure({write("long", text)}).hint().find("iconv -f UTF-16LE"), std::string::npos);
}

TEST_F(CorpusFiles, CutOffInACharacterAreRefused) {
  const Error error = failure({write("cut", "abc\n\xE2\x82")});
  EXPECT_EQ(message(error), "'" + path("cut") + "' is not UTF-8: bytes e2 82 at byte 4, line 2");
}

TEST_F(CorpusFiles, EndTheirCharactersWithTheFile) {
  // Two files that only together would be UTF-8.
  EXPECT_EQ(failure({write("a", "x\xC3"), write("b", "\xA9")}).code(), "invalid_utf8");
}

TEST_F(CorpusFiles, WithInvalidPlacesAreRepairedWhereAsked) {
  CorpusOptions options;
  options.replace_invalid = true;
  const Corpus corpus = read_corpus({write("bad", "a\xE9z\n\xFF")}, options);
  EXPECT_EQ(text_of(corpus), "a\xEF\xBF\xBDz\n\xEF\xBF\xBD");
  EXPECT_TRUE(has_note(corpus, "2 invalid places replaced by U+FFFD, the first at byte 1, line 1"));
}

TEST_F(CorpusFiles, AreTakenAsBytesWhereAsked) {
  CorpusOptions options;
  options.encoding = Encoding::kBytes;
  std::string content = "\x1F\x8B";
  for (int byte = 0; byte < 256; ++byte) content += static_cast<char>(byte);
  const Corpus corpus = read_corpus({write("binary.gz", content)}, options);
  EXPECT_EQ(corpus.vocabulary.size(), 256);
  EXPECT_EQ(corpus.ids.bytes_per_id(), 1);
  EXPECT_EQ(text_of(corpus), content);
}

TEST_F(CorpusFiles, LoseTheirByteOrderMarkButKeepInnerOnes) {
  const Corpus corpus =
      read_corpus({write("a", "\xEF\xBB\xBFx\xEF\xBB\xBF"), write("b", "\xEF\xBB\xBFy")}, {});
  EXPECT_EQ(text_of(corpus), "x\xEF\xBB\xBFy");
  EXPECT_EQ(corpus.bytes, 11);
  EXPECT_TRUE(has_note(corpus, "byte order mark dropped"));
  EXPECT_EQ(failure({write("c", "\xEF\xBB\xBF\xFFx")}).what(),
            "'" + path("c") + "' is not UTF-8: bytes ff 78 at byte 3, line 1");
}

TEST_F(CorpusFiles, OfOtherKindsAreRefusedByName) {
  const std::pair<std::string, std::string> kinds[] = {
      {std::string("\xFF\xFEh\0i\0", 6), "UTF-16"},
      {std::string("\xFE\xFF\0h\0i", 6), "UTF-16"},
      {std::string("\xFF\xFE\0\0h\0\0\0", 8), "UTF-32"},
      {std::string("\0\0\xFE\xFF\0\0\0h", 8), "UTF-32"},
      {"\x1F\x8B\x08\x00", "gzip"},
      {"PK\x03\x04 rest", "zip"},
      {"\x7F"
       "ELF\x02",
       "ELF"},
      {"\x89PNG\r\n\x1A\n", "PNG"},
      {"%PDF-1.4\n", "PDF"},
  };
  for (const auto& [content, name] : kinds) {
    const Error error = failure({write("file", content)});
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_EQ(error.code(), "not_a_text");
    EXPECT_NE(message(error).find("looks like " + name), std::string::npos) << name;
  }
  EXPECT_NE(failure({write("file", "\xFF\xFEh")}).hint().find("iconv"), std::string::npos);
  EXPECT_EQ(failure({write("-a b.gz", "\x1F\x8B\x08\x00")}).hint(),
            "unpack it: zcat <'" + path("-a b.gz") + "' >'./-a b.utf-8.txt'");
}

TEST(PlainText, IsReadAsACorpusIs) {
  CorpusOptions options;
  options.offers_bytes = options.offers_replace = false;
  EXPECT_EQ(plain_text("\xEF\xBB\xBFWhat \r\n", options, "'p'"), "What \r\n");
  for (const std::string& bad : {"\xFF\xFEh\0"s, "caf\xE9 au lait"s}) {
    try {
      plain_text(bad, options, "'p'", "p");
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_NE(error.hint().find("iconv -f "), std::string::npos) << error.hint();
      EXPECT_NE(error.hint().find(" p >p.utf-8"), std::string::npos) << error.hint();
    }
  }
  options.encoding = Encoding::kBytes;
  EXPECT_EQ(plain_text("\xFF\xFEh", options, "'p'"), "\xFF\xFEh");
  EXPECT_EQ(with_line_feeds("a\r\nb\rc\n\r\r\n"), "a\nb\nc\n\n\n");
}

TEST_F(CorpusFiles, KeepTheirLineEndsUnlessAsked) {
  const std::string file = write("dos.txt", "one\r\ntwo\rthree\n\r\n");
  const Corpus kept = read_corpus({file}, {});
  EXPECT_EQ(text_of(kept), "one\r\ntwo\rthree\n\r\n");
  EXPECT_TRUE(has_note(kept, "2 CRLF line ends kept"));
  EXPECT_TRUE(has_note(kept, "1 lone carriage return kept"));
  CorpusOptions options;
  options.newline_lf = true;
  const Corpus converted = read_corpus({file}, options);
  EXPECT_EQ(text_of(converted), "one\ntwo\nthree\n\n");
  EXPECT_FALSE(has_note(converted, "CRLF"));
}

TEST_F(CorpusFiles, DoNotJoinACarriageReturnWithTheNextFilesLineFeed) {
  CorpusOptions options;
  options.newline_lf = true;
  EXPECT_EQ(text_of(read_corpus({write("a", "x\r"), write("b", "\ny")}, options)), "x\n\ny");
}

TEST_F(CorpusFiles, KeepNullsAndControlCharacters) {
  const std::string content("a\0b\x01\x1B[0m", 8);
  const Corpus corpus = read_corpus({write("nul", content)}, {});
  EXPECT_EQ(text_of(corpus), content);
  EXPECT_TRUE(has_note(corpus, "1 null character kept"));
}

TEST_F(CorpusFiles, OverTheLimitAreRefusedBeforeTheyAreRead) {
  CorpusOptions options;
  options.max_bytes = 10;
  const Error error = failure({write("big", "12345678901")}, options);
  EXPECT_EQ(error.kind(), ErrorKind::kLimit);
  EXPECT_EQ(error.code(), "corpus_too_large");
  EXPECT_EQ(failure({write("a", "123456"), write("b", "12345")}, options).code(),
            "corpus_too_large");
  EXPECT_NO_THROW(read_corpus({write("fits", "1234567890")}, options));
  // A file of 5 GiB that has no blocks.
  const std::string sparse = write("sparse", "");
  fs::resize_file(sparse, (uintmax_t{5} << 30) + 1);
  options.max_bytes = int64_t{5} << 30;
  EXPECT_EQ(failure({sparse}, options).code(), "corpus_too_large");
}

TEST_F(CorpusFiles, ThatNeverEndStopAtTheLimit) {
  CorpusOptions options;
  options.max_bytes = 3 << 20;
  EXPECT_EQ(failure({"/dev/zero"}, options).kind(), ErrorKind::kLimit);
  EXPECT_EQ(failure({"/dev/urandom"}, options).kind(), ErrorKind::kLimit);
}

TEST_F(CorpusFiles, OfPipesAreReadToTheEnd) {
  const std::string pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::string content;
  for (int i = 0; i < 50000; ++i) content += "line " + std::to_string(i) + " \xE2\x82\xAC\n";
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << content; });
  const Corpus corpus = read_corpus({pipe}, {});
  writer.join();
  EXPECT_TRUE(text_of(corpus) == content);
  EXPECT_FALSE(corpus.can_be_read_again);
}

TEST_F(CorpusFiles, InAFolderAreItsInputTxt) {
  write("poems/input.txt", "a poem");
  write("poems/other.txt", "not this");
  const Corpus corpus = read_corpus({path("poems")}, {});
  EXPECT_EQ(text_of(corpus), "a poem");
  EXPECT_EQ(corpus.name, "poems");
  EXPECT_EQ(read_corpus({path("poems/")}, {}).name, "poems");
  EXPECT_EQ(read_corpus({path("poems/input.txt")}, {}).name, "poems");
}

TEST_F(CorpusFiles, InAFolderWithoutInputTxtAreNamedOrTakenRecursively) {
  write("texts/b/x.txt", "3");
  write("texts/a.txt", "1");
  write("texts/b.txt", "2");
  write("texts/.hidden", "no");
  write("texts/.git/config", "no");
  fs::create_symlink("..", folder_ / "texts/b/loop");
  const Error error = failure({path("texts")});
  EXPECT_EQ(error.kind(), ErrorKind::kData);
  EXPECT_NE(message(error).find("is a directory"), std::string::npos);
  EXPECT_NE(error.hint().find("--recursive"), std::string::npos);
  CorpusOptions options;
  options.recursive = true;
  const Corpus corpus = read_corpus({path("texts")}, options);
  EXPECT_EQ(text_of(corpus), "123");
  EXPECT_EQ(corpus.document_begins, (std::vector<size_t>{0, 1, 2}));
  EXPECT_TRUE(has_note(corpus, "2 files or folders"));
  fs::create_directories(path("nothing"));
  EXPECT_EQ(failure({path("nothing")}, options).code(), "folder_empty");
}

TEST_F(CorpusFiles, ThatCannotBeOpenedSayWhy) {
  const Error missing = failure({path("missing")});
  EXPECT_EQ(missing.kind(), ErrorKind::kIo);
  EXPECT_EQ(message(missing),
            "cannot open a text: No such file or directory ('" + path("missing") + "')");
  fs::create_symlink("loop", folder_ / "loop");
  const Error loop = failure({path("loop")});
  EXPECT_EQ(loop.kind(), ErrorKind::kIo);
  EXPECT_NE(message(loop).find("Too many levels of symbolic links"), std::string::npos);
  if (geteuid() == 0) return;  // root may read everything
  const std::string secret = write("secret", "text");
  fs::permissions(secret, fs::perms::none);
  EXPECT_NE(message(failure({secret})).find("Permission denied"), std::string::npos);
}

TEST_F(CorpusFiles, WithOddNamesAreReadAndShownEscaped) {
  for (const std::string& name : {std::string("-"), std::string("--help"), std::string("a b"),
                                  std::string("new\nline"), std::string("not\xFFutf8")}) {
    const Corpus corpus = read_corpus({write(name, "text")}, {});
    EXPECT_EQ(text_of(corpus), "text");
  }
  EXPECT_NE(message(failure({path("new\nline\xFF\x1B[31m?")})).find("new\\nline\\xff\\x1b[31m?"),
            std::string::npos);
}

TEST_F(CorpusFiles, FailInTheMiddleWithTheSystemsWords) {
  // The memory of a process begins with a page that is not there: reading it is an I/O error.
  const Error error = failure({"/proc/self/mem"});
  EXPECT_EQ(error.kind(), ErrorKind::kIo);
  EXPECT_EQ(message(error), "cannot read a text: Input/output error ('/proc/self/mem' at byte 0)");
}

TEST_F(CorpusFiles, AreLeftWhenAskedToStop) {
  CorpusOptions options;
  options.should_stop = [] { return true; };
  EXPECT_THROW(read_corpus({write("text", "text")}, options), ReadingStopped);
}

// Waiting for a pipe that nobody writes to, until a signal comes.
TEST_F(CorpusFiles, OfPipesAreLeftAtASignal) {
  struct sigaction action = {}, old = {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &old), 0);
  const std::string pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int writer = open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(writer, 0);
  std::atomic<bool> left = false;
  CorpusOptions options;
  std::atomic<int> asked = 0;
  options.should_stop = [&] { return ++asked >= 3; };
  std::thread reader([&] {
    EXPECT_THROW(read_corpus({pipe}, options), ReadingStopped);
    left = true;
  });
  const pthread_t thread = reader.native_handle();
  while (!left) {
    pthread_kill(thread, SIGUSR1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  reader.join();
  close(writer);
  sigaction(SIGUSR1, &old, nullptr);
}

TEST_F(CorpusFiles, WithTooManyDifferentCharactersAreRefused) {
  std::string text;
  for (char32_t symbol = 0x4E00; symbol < 0x4E00 + 101; ++symbol) append_utf8(symbol, text);
  CorpusOptions options;
  options.max_vocabulary = 100;
  const Error error = failure({write("many", text)}, options);
  EXPECT_EQ(error.kind(), ErrorKind::kData);
  EXPECT_EQ(error.code(), "vocabulary_too_large");
  options.max_vocabulary = 101;
  EXPECT_EQ(read_corpus({path("many")}, options).vocabulary.size(), 101);
}

TEST_F(CorpusFiles, AreReadWithAVocabularyThatIsThere) {
  const Vocabulary vocabulary({'z', 'c', 'b', 'a'}, Encoding::kUtf8, true);
  const Corpus corpus = read_corpus({write("known", "AbcCab")}, {}, vocabulary);
  EXPECT_EQ(text_of(corpus), "abccab");
  EXPECT_EQ(corpus.ids[0], 3);
  EXPECT_EQ(corpus.vocabulary, vocabulary);
  try {
    read_corpus({write("unknown", "abc\xE2\x82\xACQ1234567890\n\n")}, {}, vocabulary);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_EQ(error.code(), "unknown_characters");
    EXPECT_EQ(message(error),
              "the text has characters that the model doesn't know: '\xE2\x82\xAC', 'q', '1', '2', "
              "'3', '4', '5', '6', '7', '8' and 3 more (14 in all)");
  }
}

}  // namespace
}  // namespace charrnn
