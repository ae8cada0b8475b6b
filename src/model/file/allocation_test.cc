// How much memory a reader allocates depends on the size of a file, never on what its header says.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "model/file/model_file.h"
#include "model/testing/raw_safetensors.h"

namespace {
std::atomic<size_t> largest_request = 0;
}

// For this whole test program: remembers the largest request.
[[gnu::noinline]] void* operator new(size_t size) {
  size_t largest = largest_request;
  while (size > largest && !largest_request.compare_exchange_weak(largest, size)) {
  }
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace charrnn {
namespace {

// Reads a file that must be refused; returns the largest allocation on the way.
size_t largest_allocation(std::string content) {
  largest_request = 0;
  try {
    parse_model(std::move(content), "m");
    ADD_FAILURE() << "this is no model";
  } catch (const Error&) {
  }
  return largest_request;
}

TEST(Allocation, IsCountedAtAll) {
  largest_request = 0;
  const std::vector<float> values(1 << 20);
  EXPECT_GE(largest_request, values.size() * sizeof(float));
}

TEST(Allocation, IsBoundedByTheSizeOfTheFileWhateverItClaims) {
  const std::string rest(4000, ' ');
  for (const uint64_t length :
       {uint64_t{99'999'999}, uint64_t{1} << 40, uint64_t{1} << 63, UINT64_MAX}) {
    EXPECT_LE(largest_allocation(length_bytes(length) + "{" + rest), 8000u) << length;
  }
  for (const char* shape : {"[1000000,1000000]", "[4611686018427387904]", "[1000000000]"}) {
    for (const char* end : {"4", "4000000000", "4000000000000", "18446744073709551615"}) {
      const std::string header = fmt::format(
          R"({{"embedding.weight":{{"dtype":"F32","shape":{},"data_offsets":[0,{}]}}}})", shape,
          end);
      EXPECT_LE(largest_allocation(raw_safetensors(header, rest)), 8000u) << shape << end;
    }
  }
}

TEST(Allocation, OfAHeaderIsASmallMultipleOfIt) {
  std::string many = "{";
  for (int i = 0; i < 100'000; ++i) {
    many += fmt::format(R"("{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}},)", i);
  }
  many.back() = '}';
  const std::string content = raw_safetensors(many, "");
  EXPECT_LE(largest_allocation(content), 4 * content.size());
  const std::string vocabulary = raw_safetensors(
      R"({"__metadata__":{"vocabulary":")" + std::string(1'000'000, '[') + "\"}}", "");
  EXPECT_LE(largest_allocation(vocabulary), 4 * vocabulary.size());
}

}  // namespace
}  // namespace charrnn
