#include "engine/cpu/memory/huge_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace charrnn::cpu {
namespace {

constexpr int64_t kHugePage = int64_t{2} << 20;

struct Piece {
  unsigned char* data;
  int64_t bytes;
  unsigned char value;
};

bool holds_only(const Piece& piece, unsigned char value) {
  return std::all_of(piece.data, piece.data + piece.bytes,
                     [value](unsigned char byte) { return byte == value; });
}

Piece allocate(HugePool& pool, int64_t bytes, unsigned char value) {
  const Piece piece = {static_cast<unsigned char*>(pool.allocate(bytes)), bytes, value};
  EXPECT_TRUE(holds_only(piece, 0)) << bytes << " bytes were not zero";
  std::fill_n(piece.data, bytes, value);
  return piece;
}

// Any order of sizes below and above a huge page: what is held keeps its values, what is new is
// zero, and in the end everything goes back.
TEST(HugePool, KeepsArraysApartAndZeroesNewOnes) {
  HugePool pool;
  std::vector<Piece> pieces;
  for (uint64_t i = 0; i < 600; ++i) {
    if (pieces.size() > 12 || (i % 3 == 2 && !pieces.empty())) {
      const auto place = pieces.begin() + static_cast<int>(counter_key(1, i) % pieces.size());
      ASSERT_TRUE(holds_only(*place, place->value));
      pool.release(place->data, place->bytes);
      pieces.erase(place);
    } else {
      const int64_t most = i % 5 == 0 ? 3 * kHugePage : kHugePage / 8;
      const auto bytes = static_cast<int64_t>(1 + counter_key(2, i) % static_cast<uint64_t>(most));
      pieces.push_back(allocate(pool, bytes, static_cast<unsigned char>(1 + i % 255)));
    }
  }
  for (const Piece& piece : pieces) {
    EXPECT_TRUE(holds_only(piece, piece.value));
    pool.release(piece.data, piece.bytes);
  }
  EXPECT_EQ(pool.mapped_bytes(), 0);
}

TEST(HugePool, SmallArraysShareAPageAndTheEndsOfLargeOnes) {
  HugePool pool;
  const Piece large = allocate(pool, kHugePage + 1000, 1);
  EXPECT_EQ(pool.mapped_bytes(), 2 * kHugePage);
  std::vector<Piece> small;
  for (int i = 0; i < 10; ++i) small.push_back(allocate(pool, 100'000, 2));
  EXPECT_EQ(pool.mapped_bytes(), 2 * kHugePage);
  for (const Piece& piece : small) pool.release(piece.data, piece.bytes);
  pool.release(large.data, large.bytes);
  EXPECT_EQ(pool.mapped_bytes(), 0);
}

TEST(HugePool, UsesAgainWhatWasReleasedInTheMiddle) {
  HugePool pool;
  std::vector<Piece> pieces;
  for (int i = 0; i < 4; ++i) pieces.push_back(allocate(pool, kHugePage / 4, 3));
  pool.release(pieces[2].data, pieces[2].bytes);
  pool.release(pieces[1].data, pieces[1].bytes);
  const Piece joined = allocate(pool, kHugePage / 2, 4);
  EXPECT_EQ(joined.data, pieces[1].data);
  EXPECT_TRUE(holds_only(pieces[0], 3));
  EXPECT_TRUE(holds_only(pieces[3], 3));
  EXPECT_EQ(pool.mapped_bytes(), kHugePage);
}

TEST(HugePool, SaysThatMemoryIsOut) {
  HugePool pool;
  try {
    pool.allocate(int64_t{1} << 60);
    FAIL() << "an exabyte was there";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
  }
  EXPECT_EQ(pool.mapped_bytes(), 0);
  allocate(pool, 100, 5);  // goes on
}

TEST(HugePool, ServesManyThreads) {
  HugePool pool;
  std::vector<std::thread> threads;
  for (unsigned char id = 1; id <= 4; ++id) {
    threads.emplace_back([&pool, id] {
      for (uint64_t i = 0; i < 200; ++i) {
        const auto bytes = static_cast<int64_t>(1 + counter_key(id, i) % 50'000);
        const Piece piece = allocate(pool, bytes, id);
        std::this_thread::yield();
        EXPECT_TRUE(holds_only(piece, id));
        pool.release(piece.data, piece.bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.mapped_bytes(), 0);
}

}  // namespace
}  // namespace charrnn::cpu
