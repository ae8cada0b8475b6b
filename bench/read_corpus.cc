// Makes a large text, times reading it into ids, and says how much memory that took.
//   read_corpus [ascii|cyrillic|chinese] [BYTES] [ROUNDS]
// The file is written to the temporary folder and removed; the best round is the one with the file
// in the system's cache.
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/number.h"
#include "text/characters/utf8.h"
#include "text/corpus/corpus.h"

namespace charrnn {
namespace {

// The letters that words are made of.
struct Script {
  char32_t first;
  int letters;
};

Script script_of(std::string_view name) {
  if (name == "ascii") return {'a', 26};
  if (name == "cyrillic") return {0x430, 32};
  if (name == "chinese") return {0x4E00, 3000};
  throw Error(ErrorKind::kUsage, "bad_value", fmt::format("unknown script '{}'", name),
              "choose ascii, cyrillic or chinese");
}

// Words, spaces and line feeds; the same for each run.
void write_text(const std::filesystem::path& path, Script script, int64_t bytes) {
  std::mt19937 random(1);
  std::vector<std::string> words(5000);
  for (std::string& word : words) {
    const auto length = static_cast<int>(1 + random() % 9);
    for (int i = 0; i < length; ++i) {
      append_utf8(static_cast<char32_t>(script.first + random() % script.letters), word);
    }
  }
  std::ofstream file(path, std::ios::binary);
  std::string block;
  for (int64_t written = 0; written < bytes; written += static_cast<int64_t>(block.size())) {
    block.clear();
    while (block.size() < 1 << 20) {
      block += words[random() % words.size()];
      block += random() % 9 == 0 ? '\n' : ' ';
    }
    file << block;
  }
  if (!file) throw Error(ErrorKind::kIo, "cannot_write", "cannot write the text", "make room");
}

int64_t peak_memory() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

void run(const std::string& script, int64_t bytes, int64_t rounds) {
  const auto path =
      std::filesystem::temp_directory_path() / fmt::format("charrnn-read-corpus-{}.txt", getpid());
  struct Remover {
    const std::filesystem::path& path;
    ~Remover() { std::filesystem::remove(path); }
  } remover{path};
  write_text(path, script_of(script), bytes);
  std::vector<double> seconds, cpu_seconds;
  size_t characters = 0, id_bytes = 0;
  for (int64_t round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu_start = std::clock();
    const Corpus corpus = read_corpus({path.native()}, {});
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    cpu_seconds.push_back(static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC);
    characters = corpus.ids.size();
    id_bytes = characters * corpus.ids.bytes_per_id();
  }
  const double cpu = *std::min_element(cpu_seconds.begin(), cpu_seconds.end());
  std::sort(seconds.begin(), seconds.end());
  const auto size = static_cast<double>(std::filesystem::file_size(path));
  fmt::print("{}: {:.2f} GB, {} characters: best {:.2f} s, median {:.2f} s, processor {:.2f} s\n",
             script, size / 1e9, characters, seconds.front(), seconds[seconds.size() / 2], cpu);
  fmt::print("ids {:.1f} MB, peak memory of the process {:.1f} MB\n",
             static_cast<double>(id_bytes) / 1e6, static_cast<double>(peak_memory()) / 1e6);
}

}  // namespace
}  // namespace charrnn

int main(int count, char** words) {
  try {
    using charrnn::parse_integer;
    const std::string script = count > 1 ? words[1] : "ascii";
    const int64_t bytes =
        count > 2 ? parse_integer(words[2], "BYTES", {1, int64_t{1} << 40}) : int64_t{1000000000};
    const int64_t rounds = count > 3 ? parse_integer(words[3], "ROUNDS", {1, 1000}) : 3;
    charrnn::run(script, bytes, rounds);
  } catch (const charrnn::Error& error) {
    fmt::print(stderr, "read_corpus: {}\n  {}\n", error.what(), error.hint());
    return static_cast<int>(error.kind());
  }
  return 0;
}
