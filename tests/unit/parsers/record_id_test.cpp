#include "parsers/record_id.h"

#include <gtest/gtest.h>

namespace sawlog::parsers {
namespace {

base::FileId file_of(uint8_t first) {
  base::FileId id;
  id.bytes[0] = first;
  return id;
}

TEST(RecordId, IsTheSameForTheSameBytesAtTheSamePlace) {
  EXPECT_EQ(RecordId(file_of(1), 7, "a").text(), RecordId(file_of(1), 7, "a").text());
}

TEST(RecordId, DiffersByFileOffsetAndContent) {
  const RecordId id(file_of(1), 7, "a");
  EXPECT_NE(id.text(), RecordId(file_of(2), 7, "a").text());
  EXPECT_NE(id.text(), RecordId(file_of(1), 8, "a").text());
  EXPECT_NE(id.text(), RecordId(file_of(1), 7, "b").text());
}

TEST(RecordId, IsUrlSafeAndOfFixedLength) {
  const RecordId id(file_of(0xff), UINT64_MAX, "x");
  EXPECT_EQ(id.text().size(), 38);
  EXPECT_EQ(id.text().find_first_not_of(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string_view::npos);
}

TEST(RecordId,
     RisesWithTheOffsetUpToTheAlphabet) {  // one file's ids share their first 16 characters
  EXPECT_EQ(RecordId(file_of(3), 1, "a").text().substr(0, 16),
            RecordId(file_of(3), 999, "b").text().substr(0, 16));
}

TEST(RecordId, SaysWhatItIsMadeOf) {
  const RecordId id(file_of(0xa7), 0x0102030405060708, "line");
  const auto parts = RecordId::parse(id.text());
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->file, file_of(0xa7));
  EXPECT_EQ(parts->offset, 0x0102030405060708);
  EXPECT_FALSE(RecordId::parse(id.text().substr(1)));
  EXPECT_FALSE(RecordId::parse(std::string(38, '+')));
}

}  // namespace
}  // namespace sawlog::parsers
