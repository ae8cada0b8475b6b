#include "base/short_number.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(ShortNumber, HasTwoDigitsOrThree) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(950), "950");
  EXPECT_EQ(short_number(999.7), "1.0k");
  EXPECT_EQ(short_number(7800), "7.8k");
  EXPECT_EQ(short_number(21150), "21k");
  EXPECT_EQ(short_number(1234567), "1.2M");
}

TEST(ShortNumber, WritesSizesInBytesInOneWay) {
  EXPECT_EQ(byte_size(0), "0 bytes");
  EXPECT_EQ(byte_size(1), "1 byte");
  EXPECT_EQ(byte_size(999), "999 bytes");
  EXPECT_EQ(byte_size(999.7), "1.0 kB");
  EXPECT_EQ(byte_size(7800), "7.8 kB");
  EXPECT_EQ(byte_size(100200), "100 kB");
  EXPECT_EQ(byte_size(23.1e6), "23 MB");
  EXPECT_EQ(byte_size(268435456), "268 MB");
  EXPECT_EQ(byte_size(1.25e9), "1.2 GB");
}

TEST(ShortNumber, GroupsDigitsByThree) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(18446744073709551615u), "18,446,744,073,709,551,615");
}

TEST(ShortNumber, CountsInTheSingularAndThePlural) {
  EXPECT_EQ(counted(0, "character"), "0 characters");
  EXPECT_EQ(counted(1, "character"), "1 character");
  EXPECT_EQ(counted(1944, "character"), "1,944 characters");
  EXPECT_EQ(counted(1, "batch"), "1 batch");
  EXPECT_EQ(counted(2, "batch"), "2 batches");
  EXPECT_EQ(counted(3, "pass"), "3 passes");
}

}  // namespace
}  // namespace charrnn
