// Runs a fuzzer's function without libFuzzer, the same way each time: on its seeds
// (fuzz/seeds/NAME) and on edits of them. For the tests; what a fuzzer finds becomes a seed.
//   x_regress FOLDER [EDITS]
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::string;

std::vector<Bytes> read_seeds(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry);
  std::ranges::sort(paths);
  std::vector<Bytes> seeds;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

// Draws from a counter: the same numbers on every machine.
class Draw {
 public:
  explicit Draw(uint64_t edit) : edit_(edit) {}
  uint32_t below(size_t limit) {
    const uint32_t bits = charrnn::counter_bits(edit_, number_++);
    return limit == 0 ? 0 : bits % static_cast<uint32_t>(limit);
  }

 private:
  uint64_t edit_;
  uint32_t number_ = 0;
};

// One edit: a byte changed, a part left out, doubled, or taken from another seed.
void edit(Draw& draw, const std::vector<Bytes>& seeds, Bytes& bytes) {
  constexpr unsigned char kOdd[] = {0,   0xFF, 0x80, 0x7F, '0', '9', '"', '{',
                                    '[', '\\', '\n', '\r', ' ', ':', '=', 0xEF};
  const size_t at = draw.below(bytes.size() + 1);
  const size_t length = std::min<size_t>(1 + draw.below(16), bytes.size() - at);
  switch (draw.below(5)) {
    case 0:
      if (at < bytes.size()) bytes[at] = static_cast<char>(draw.below(256));
      return;
    case 1:
      bytes.insert(at, 1, static_cast<char>(kOdd[draw.below(std::size(kOdd))]));
      return;
    case 2:
      bytes.erase(at, length);
      return;
    case 3:
      bytes.insert(at, bytes.substr(at, length));
      return;
    default: {
      const Bytes& other = seeds[draw.below(seeds.size())];
      const size_t from = draw.below(other.size() + 1);
      bytes.insert(at, other.substr(from, 1 + draw.below(32)));
    }
  }
}

const Bytes* running = nullptr;

// Prints what the fuzzer's function could not take, then ends as it would have.
void show_input(int signal) {
  std::fputs("the input, as hex: ", stderr);
  for (const char byte : *running) std::fprintf(stderr, "%02x", static_cast<unsigned char>(byte));
  std::fputc('\n', stderr);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  const std::vector<Bytes> seeds = read_seeds(words[1]);
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: no seeds\n", words[1]);
    return 2;
  }
  const long edits = count > 2 ? std::atol(words[2]) : 20000;
  std::signal(SIGABRT, show_input);
  std::signal(SIGSEGV, show_input);
  const auto run = [](const Bytes& bytes) {
    running = &bytes;
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  };
  for (const Bytes& seed : seeds) run(seed);
  for (long i = 0; i < edits; ++i) {
    Draw draw(static_cast<uint64_t>(i));
    Bytes bytes = seeds[draw.below(seeds.size())];
    for (uint32_t left = 1 + draw.below(6); left > 0; --left) edit(draw, seeds, bytes);
    run(bytes);
  }
}
