#include "agent/checkpoint/identity_store.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

IdentityRecord sample(uint8_t number) {
  IdentityRecord record;
  record.id.bytes[3] = number;
  record.source = "app";
  record.path = "/log/app.log.1";
  record.base = "/log/app.log";
  record.device = 5;
  record.inode = 1000u + number;
  record.evidence = {0x1234567890abcdef, 77};
  record.marks = {{7, 8, 9}};
  record.copies = {{1, 2, 3}, {4, 5, 6}};
  record.start_offset = 12;
  record.end_is_final = true;
  record.end = {500, 42, 256};
  record.is_released = true;
  record.last_seen_unix_ns = 99;
  return record;
}

class IdentityStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<IdentityStore> open() {
    auto opened = IdentityStore::open(disk_, "/var/state");
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return std::move(*opened);
  }
  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
};

TEST_F(IdentityStoreTest, KeepsWhatWasCommitted) {
  auto store = open();
  EXPECT_EQ(store->first_start_unix_ns("app"), std::nullopt);
  store->set_first_start("app", 7);
  store->put(sample(1));
  store->put(sample(2));
  ASSERT_TRUE(store->commit());
  store->forget(sample(2).id);
  ASSERT_TRUE(store->commit());
  store->put(sample(3));  // not committed
  disk_.crash();
  store = open();
  EXPECT_EQ(store->records().size(), 1u);
  EXPECT_EQ(store->records().at(sample(1).id), sample(1));
  EXPECT_EQ(store->first_start_unix_ns("app"), 7);
}

TEST_F(IdentityStoreTest, ACommitIsAllOrNothing) {
  for (uint64_t kept = 0; kept < 700; kept += 13) {
    tests::FakeFilesystem disk{clock_};
    auto store = std::move(*IdentityStore::open(disk, "/state"));
    store->put(sample(1));
    store->put(sample(2));
    disk.fail_change(1, EIO);  // the fdatasync
    EXPECT_FALSE(store->commit());
    disk.crash(kept);
    const auto again = IdentityStore::open(disk, "/state");
    ASSERT_TRUE(again);
    const size_t count = (*again)->records().size();
    EXPECT_TRUE(count == 0 || count == 2) << count;
  }
}

TEST_F(IdentityStoreTest, AFailedCommitIsTriedAgain) {
  auto store = open();
  store->put(sample(1));
  disk_.set_free_bytes(20);
  EXPECT_FALSE(store->commit());
  EXPECT_FALSE(store->commit());
  disk_.set_free_bytes(UINT64_MAX);
  EXPECT_TRUE(store->commit());
  disk_.crash();
  EXPECT_EQ(open()->records().size(), 1u);
}

TEST_F(IdentityStoreTest, CommittingNothingCostsNothing) {
  auto store = open();
  store->put(sample(1));
  ASSERT_TRUE(store->commit());
  const uint64_t changes = disk_.change_count();
  store->put(sample(1));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(disk_.change_count(), changes);
}

TEST_F(IdentityStoreTest, TheJournalStaysSmall) {
  auto store = open();
  for (int i = 0; i < 20'000; ++i) {
    IdentityRecord record = sample(static_cast<uint8_t>(i % 50));
    record.evidence.length_bytes = static_cast<uint32_t>(i);
    store->put(record);
    ASSERT_TRUE(store->commit());
    ASSERT_LT(store->journal_bytes(), 500'000u);
  }
  EXPECT_EQ(open()->records().size(), 50u);
}

}  // namespace
}  // namespace sawlog::agent
