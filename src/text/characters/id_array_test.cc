#include "text/characters/id_array.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace charrnn {
namespace {

std::vector<int32_t> all(const IdArray& ids) {
  std::vector<int32_t> values(ids.size());
  ids.copy(0, values);
  return values;
}

TEST(IdArray, TakesOneTwoOrFourBytesAnId) {
  EXPECT_EQ(IdArray(1).bytes_per_id(), 1);
  EXPECT_EQ(IdArray(256).bytes_per_id(), 1);
  EXPECT_EQ(IdArray(257).bytes_per_id(), 2);
  EXPECT_EQ(IdArray(65536).bytes_per_id(), 2);
  EXPECT_EQ(IdArray(65537).bytes_per_id(), 4);
}

TEST(IdArray, GivesBackWhatWasPutIn) {
  std::mt19937 random(3);
  for (const int64_t vocabulary_size : {1, 7, 256, 257, 65536, 65537, 1114112}) {
    IdArray ids(vocabulary_size);
    std::vector<int32_t> expected;
    for (int i = 0; i < 1000; ++i) {
      expected.push_back(static_cast<int32_t>(random() % vocabulary_size));
      ids.push_back(expected.back());
    }
    expected.push_back(static_cast<int32_t>(vocabulary_size - 1));
    ids.push_back(expected.back());
    EXPECT_EQ(all(ids), expected);
    for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(ids[i], expected[i]);
    std::vector<int32_t> part(33);
    view(ids).part(10, 900).copy(19, part);
    EXPECT_EQ(part, std::vector<int32_t>(expected.begin() + 29, expected.begin() + 62));
    const IdArray copied = ids;
    EXPECT_EQ(all(copied), expected);
  }
}

TEST(IdArray, KeepsItsIdsWhenTheyGetWider) {
  for (const int64_t first : {1, 300}) {
    for (const int64_t second : {300, 70000}) {
      IdArray ids(first);
      std::vector<int32_t> expected;
      for (int i = 0; i < 777; ++i) {
        expected.push_back(static_cast<int32_t>(i * 7 % first));
        ids.push_back(expected.back());
      }
      ids.grow_vocabulary(second);
      EXPECT_EQ(all(ids), expected);
      ids.push_back(299);
      EXPECT_EQ(ids[777], 299);
    }
  }
}

TEST(IdArray, IsRenumberedAndCutInPlace) {
  IdArray ids(3);
  for (const int32_t id : {0, 1, 2, 2, 1}) ids.push_back(id);
  ids.renumber(std::vector<int32_t>{2, 0, 1});
  EXPECT_EQ(all(ids), (std::vector<int32_t>{2, 0, 1, 1, 0}));
  ids.truncate(2);
  ids.shrink_to_fit();
  ids.extend(1);
  ids.visit([](auto all_ids) { all_ids[2] = 1; });
  EXPECT_EQ(all(ids), (std::vector<int32_t>{2, 0, 1}));
}

TEST(IdArray, RefusesIdsAndPlacesThatDoNotExist) {
  IdArray ids(256);
  EXPECT_ANY_THROW(ids.push_back(256));
  EXPECT_ANY_THROW(ids.push_back(-1));
  IdArray two(2);
  two.push_back(1);
  std::vector<int32_t> out(2);
  EXPECT_ANY_THROW(two.copy(0, out));
  EXPECT_ANY_THROW(two.copy(2, std::span(out).first(0)));
}

}  // namespace
}  // namespace charrnn
