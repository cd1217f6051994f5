// Rotation while the agent is down, and kill -9 at any moment.

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/unit/tail/tail_rig.h"

namespace sawlog::agent {
namespace {

using TailRestartTest = TailTest;

TEST_F(TailRestartTest, GoesOnWhereItWas) {
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.look();
  rig_.read(500);
  for (int i = 0; i < 5; ++i) {
    rig_.restart();
    disk_.append_to("/log/app.log", next_lines());
    rig_.look();
    rig_.read(400);
  }
  rig_.settle();
  EXPECT_EQ(rig_.lines(), written_);
  EXPECT_EQ(rig_.counters().files_discovered, 0u);
}

TEST_F(TailRestartTest, DownDuringTwoRotationsThatCompress) {
  for (const bool delays_compression : {false, true}) {
    TailRig rig(disk_, clock_, "/log", delays_compression ? "/state1" : "/state2");
    written_.clear();
    disk_.append_to("/log/app.log", next_block());
    rig.start();
    rig.look();
    rig.read(700);
    rig.kill();
    clock_.advance_seconds(100);
    disk_.append_to("/log/app.log", next_lines());
    disk_.move("/log/app.log", "/log/app.log.1");
    disk_.append_to("/log/app.log", next_block());
    clock_.advance_seconds(100);
    disk_.move("/log/app.log.1", "/log/app.log.2");
    disk_.compress_file("/log/app.log.2");
    disk_.unlink("/log/app.log.2");
    disk_.move("/log/app.log", "/log/app.log.1");
    if (!delays_compression) {
      disk_.compress_file("/log/app.log.1");
      disk_.unlink("/log/app.log.1");
    }
    disk_.append_to("/log/app.log", next_lines());
    rig.start();
    rig.settle();
    std::ranges::sort(written_);
    EXPECT_EQ(rig.sorted_lines(), written_);
    EXPECT_TRUE(rig.errors().empty());
    EXPECT_EQ(rig.file_count(), 1u);
    rig.restart();
    rig.settle();
    EXPECT_EQ(rig.sorted_lines(), written_);
    rig.kill();
    for (const char* name : {"app.log", "app.log.1", "app.log.1.gz", "app.log.2.gz"}) {
      if (disk_.exists(std::string("/log/") + name)) disk_.unlink(std::string("/log/") + name);
    }
  }
}

// The service writes on into an inode without a name; its descriptor is the only way there.
TEST_F(TailRestartTest, ADeletedFileThatAServiceHasOpenIsFoundAgain) {
  auto service = disk_.open_writer("/log/app.log");
  service->append(next_block());
  rig_.start();
  rig_.look();
  rig_.read(700);
  disk_.move("/log/app.log", "/log/app.log.1");
  disk_.compress_file("/log/app.log.1");
  disk_.unlink("/log/app.log.1");
  rig_.look_and_read();
  rig_.kill();
  service->append(next_lines());
  rig_.start();
  rig_.look_and_read();
  service->append(next_lines());
  service = disk_.open_writer("/log/app.log");
  service->append(next_lines());
  rig_.settle();
  expect_all_once();
}

TEST_F(TailRestartTest, CopyTruncateWhileDown) {
  auto service = disk_.open_writer("/log/app.log");
  service->append(next_block());
  rig_.start();
  rig_.look();
  rig_.read(700);
  rig_.kill();
  clock_.advance_seconds(100);
  service->append(next_lines());
  disk_.copy_file("/log/app.log", "/log/app.log.1");
  disk_.truncate_file("/log/app.log");
  service->append(next_block());
  service->append(next_lines());
  disk_.move("/log/app.log.1", "/log/app.log.2");
  disk_.copy_file("/log/app.log", "/log/app.log.1");
  disk_.truncate_file("/log/app.log");
  disk_.compress_file("/log/app.log.2");
  disk_.unlink("/log/app.log.2");
  service->append(next_block());
  rig_.start();
  rig_.settle();
  expect_all_once();
}

// The copy lacks lines that were delivered before the truncation; the cursor stands behind its end.
TEST_F(TailRestartTest, ACopyThatIsShorterThanTheCursor) {
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.look();
  disk_.copy_file("/log/app.log", "/log/app.log.1");
  disk_.append_to("/log/app.log", next_lines());
  rig_.look_and_read();
  disk_.truncate_file("/log/app.log");
  rig_.look_and_read();
  rig_.restart();
  rig_.settle();
  rig_.restart();
  rig_.settle();
  expect_all_once();
}

TEST_F(TailRestartTest, InodeReuseWhileDown) {
  disk_.set_inode_reuse(true);
  disk_.append_to("/log/app.log", next_block());
  rig_.start();
  rig_.look_and_read();
  const uint64_t inode = disk_.inode_of("/log/app.log");
  rig_.kill();
  disk_.unlink("/log/app.log");
  disk_.append_to("/log/app.log", next_block() + next_block());
  ASSERT_EQ(disk_.inode_of("/log/app.log"), inode);
  rig_.start();
  rig_.settle();
  expect_all_once();
}

// With the same header of more than 1,024 bytes only the bytes before the cursor tell them apart.
TEST_F(TailRestartTest, InodeReuseWithAnEqualHeader) {
  const std::string header(2000, '#');
  disk_.set_inode_reuse(true);
  disk_.append_to("/log/app.log", header + "\n" + next_block());
  rig_.start();
  rig_.look_and_read();
  rig_.kill();
  disk_.unlink("/log/app.log");
  disk_.append_to("/log/app.log", header + "\n" + next_block() + next_block());
  rig_.start();
  rig_.settle();
  written_.insert(written_.end(), 2, header);
  expect_all_once();
}

TEST_F(TailRestartTest, TheDeviceNumberChanges) {
  disk_.append_to("/log/app.log", next_block());
  disk_.append_to("/log/small.log", next_lines(1));
  rig_.start();
  rig_.look_and_read();
  disk_.append_to("/log/old.log", next_block());
  disk_.move("/log/old.log", "/log/old.log.1");
  rig_.look();
  rig_.kill();
  disk_.set_device(77);
  disk_.append_to("/log/app.log", next_lines());
  disk_.append_to("/log/small.log", next_lines());
  rig_.start();
  rig_.settle();
  expect_all_once();
}

TEST_F(TailRestartTest, DeletedUnreadWhileDownIsReported) {
  disk_.append_to("/log/app.log", next_block());
  rig_.start();
  rig_.look();
  rig_.read(700);
  rig_.kill();
  disk_.unlink("/log/app.log");
  rig_.start();
  rig_.settle();
  EXPECT_EQ(rig_.file_count(), 0u);
  EXPECT_GE(rig_.events().size(), 1u);
  rig_.restart();
  rig_.settle();
  EXPECT_EQ(rig_.file_count(), 0u);
}

TEST_F(TailRestartTest, GoneWhileRunningCountsWhatIsLost) {
  rig_.options().idle_close_after_ns = 0;
  rig_.options().open_files_max = 0;  // so that nothing is held open
  disk_.append_to("/log/app.log", next_block());
  rig_.start();
  rig_.look();
  disk_.unlink("/log/app.log");
  rig_.settle();
  EXPECT_EQ(rig_.counters().abandoned_bytes, 60u * 24);
  EXPECT_EQ(rig_.errors(), std::vector<std::string>{"file is gone, and no copy of it was found: "
                                                    "1440 bytes that not every output had are "
                                                    "lost"});
}

TEST_F(TailRestartTest, AFileThatComesBackIsReadOn) {
  disk_.append_to("/log/app.log", next_block());
  disk_.make_directory("/elsewhere");
  rig_.start();
  rig_.look_and_read();
  rig_.kill();
  disk_.move("/log/app.log", "/elsewhere/app.log");
  rig_.start();
  rig_.settle();
  EXPECT_EQ(rig_.file_count(), 0u);
  disk_.append_to("/elsewhere/app.log", next_lines());
  disk_.move("/elsewhere/app.log", "/log/app.log");
  rig_.settle();
  disk_.append_to("/log/app.log", next_lines());
  rig_.settle();
  expect_all_once();
}

// The state disk fails or the machine loses power at each change of the disk in turn.
TEST_F(TailRestartTest, FaultsAndPowerCutsLoseNothing) {
  for (const bool is_power_cut : {false, true}) {
    for (uint64_t call = 0; call < 24; ++call) {
      tests::FakeFilesystem disk(clock_);
      disk.make_directory("/log");
      TailRig rig(disk, clock_, "/log", "/state");
      written_.clear();
      rig.start();
      disk.append_to("/log/app.log", next_lines(2));
      rig.look_and_read();
      disk.fail_change(call, is_power_cut ? EIO : ENOSPC, is_power_cut);
      bool is_failing = false;
      for (int i = 0; i < 12; ++i) {
        disk.append_to("/log/app.log", next_lines(5));
        if (i % 4 == 3) disk.move("/log/app.log", "/log/app.log." + std::to_string(i));
        clock_.advance_seconds(1);
        if (rig.tail().step()) {
          rig.read();
        } else {
          is_failing = true;
        }
        if (is_failing && is_power_cut) {
          rig.kill();
          disk.crash(call * 5);
          rig.start();
          is_failing = false;
        }
      }
      rig.settle();
      std::ranges::sort(written_);
      EXPECT_EQ(rig.sorted_lines(), written_) << call << ' ' << is_power_cut;
    }
  }
}

// A FileId must be durable before its file is shown: else a power cut would draw another one.
TEST_F(TailRestartTest, NothingIsPublishedBeforeItIsDurable) {
  rig_.start();
  rig_.look();
  disk_.append_to("/log/app.log", next_block());
  disk_.set_free_bytes(10);
  clock_.advance_seconds(1);
  const auto failed = rig_.tail().step();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "cannot write '/state/files': No space left on device");
  EXPECT_EQ(rig_.file_count(), 0u);
  disk_.set_free_bytes(UINT64_MAX);
  rig_.settle();
  expect_all_once();
}

// A copy of less than a kilobyte of a file that had more when it was truncated.
TEST_F(TailRestartTest, ACopyThatIsShorterThanTheEvidence) {
  disk_.append_to("/log/app.log", next_lines(20));
  rig_.start();
  rig_.look();
  disk_.copy_file("/log/app.log", "/log/app.log.1");
  const Lines copied = written_;
  disk_.append_to("/log/app.log", next_block());
  rig_.look();
  rig_.kill();
  disk_.truncate_file("/log/app.log");
  rig_.start();
  rig_.settle();
  EXPECT_EQ(rig_.lines(), copied);
}

// Two copies of a file that is gone, one of them half made.
TEST_F(TailRestartTest, TheLongestCopyTakesItsPlace) {
  disk_.append_to("/log/app.log", next_block());
  rig_.start();
  rig_.look();
  rig_.read(700);
  rig_.kill();
  disk_.append_to("/log/app.log", next_lines());
  disk_.copy_file("/log/app.log", "/log/app.log.2");
  disk_.append_to("/log/app.log", next_block());
  disk_.compress_file("/log/app.log");
  disk_.move("/log/app.log.gz", "/log/app.log.1.gz");
  disk_.unlink("/log/app.log");
  rig_.start();
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.counters().files_discovered, 0u);
}

}  // namespace
}  // namespace sawlog::agent
