// The agent's own copies of unread files that were deleted.

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/unit/tail/tail_rig.h"

namespace sawlog::agent {
namespace {

class TailHeldTest : public TailTest {
 protected:
  void looks(int count) {
    for (int i = 0; i < count; ++i) rig_.look();
  }
  // A part of a file was delivered when it was deleted; a service has it open and writes on.
  std::unique_ptr<tests::FakeFilesystem::Writer> delete_unread() {
    auto service = disk_.open_writer("/log/app.log");
    service->append(next_block());
    rig_.start();
    rig_.look();
    rig_.read(700);
    disk_.unlink("/log/app.log");
    looks(2);
    return service;
  }
  [[nodiscard]] size_t copies() {
    const auto entries = disk_.list("/state/held");
    return entries ? entries->size() : 0;
  }
};

TEST_F(TailHeldTest, ADeletedFileIsReadFromItsCopyAfterAKill) {
  auto service = delete_unread();
  service->append(next_lines());
  looks(1);
  EXPECT_GT(rig_.counters().held_bytes + copies(), 1u);
  rig_.kill();
  service.reset();
  rig_.start();
  rig_.settle();
  expect_all_once();
  EXPECT_TRUE(rig_.errors().empty());
  EXPECT_EQ(rig_.file_count(), 0u);
  EXPECT_EQ(copies(), 0u);
}

TEST_F(TailHeldTest, AlsoOverSeveralKillsWhileItIsRead) {
  auto service = delete_unread();
  looks(2);
  service.reset();
  for (int i = 0; i < 5; ++i) {
    rig_.restart();
    looks(12);
    rig_.read(300);
  }
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(copies(), 0u);
}

TEST_F(TailHeldTest, NothingIsCopiedOfWhatASiblingHolds) {
  disk_.append_to("/log/app.log", next_block());
  rig_.start();
  rig_.look();
  disk_.move("/log/app.log", "/log/app.log.1");
  disk_.compress_file("/log/app.log.1");
  disk_.unlink("/log/app.log.1");
  looks(5);
  EXPECT_EQ(copies(), 0u);
  rig_.settle();
  expect_all_once();
}

TEST_F(TailHeldTest, WhatWasDeliveredLeavesNoCopy) {
  auto service = delete_unread();
  looks(2);
  EXPECT_EQ(copies(), 1u);
  service.reset();
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(copies(), 0u);
  rig_.look();
  EXPECT_EQ(rig_.counters().held_bytes, 0u);
}

TEST_F(TailHeldTest, TheOldestIsGivenUpBeyondTheLimit) {
  rig_.source().held_bytes_max = 1;
  auto service = delete_unread();
  looks(3);
  ASSERT_EQ(rig_.errors().size(), 1u);
  EXPECT_NE(rig_.errors()[0].find("the limits of 'held' are reached: "), std::string::npos);
  EXPECT_GT(rig_.counters().abandoned_held_bytes, 0u);
  EXPECT_EQ(copies(), 0u);
}

TEST_F(TailHeldTest, AndWhatIsTooOld) {
  rig_.source().held_age_max_ns = 100 * base::kNsPerSecond;
  auto service = delete_unread();
  looks(3);
  EXPECT_TRUE(rig_.errors().empty());
  clock_.advance_seconds(100);
  looks(2);
  EXPECT_EQ(rig_.errors().size(), 1u);
  EXPECT_EQ(copies(), 0u);
}

// The power goes, or the agent is killed, at every change of the disk.
TEST_F(TailHeldTest, ACrashAtEachStepLosesNothingThatWasCopied) {
  for (uint64_t call = 0; call < 12; ++call) {
    const std::string state = "/state" + std::to_string(call);
    TailRig rig(disk_, clock_, "/log", state);
    written_.clear();
    auto service = disk_.open_writer("/log/app.log");
    service->append(next_block());
    rig.start();
    rig.look();
    rig.read(700);
    disk_.unlink("/log/app.log");
    disk_.fail_change(call, EIO, true);
    for (int i = 0; i < 3; ++i) {
      clock_.advance_seconds(1);
      std::ignore = rig.tail().step();
    }
    rig.kill();
    disk_.fail_change(UINT64_MAX / 2, EIO);
    rig.start();
    for (int i = 0; i < 3; ++i) rig.look();
    rig.kill();
    service.reset();
    rig.start();
    rig.settle();
    std::ranges::sort(written_);
    EXPECT_EQ(rig.sorted_lines(), written_) << call;
  }
}

TEST_F(TailHeldTest, AFullDiskIsSaidAndTriedAgain) {
  auto service = disk_.open_writer("/log/app.log");
  service->append(next_block());
  rig_.start();
  rig_.look();
  disk_.unlink("/log/app.log");
  disk_.set_free_bytes(0);
  clock_.advance_seconds(1);
  std::ignore = rig_.tail().step();
  clock_.advance_seconds(1);
  const auto failed = rig_.tail().step();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("No space left on device"), std::string::npos);
  disk_.set_free_bytes(UINT64_MAX);
  looks(2);
  rig_.kill();
  service.reset();
  rig_.start();
  rig_.settle();
  expect_all_once();
}

}  // namespace
}  // namespace sawlog::agent
