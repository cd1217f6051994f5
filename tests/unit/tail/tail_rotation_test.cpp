// Rotation while the agent runs: each line once, whatever logrotate does.

#include <gtest/gtest.h>

#include "tests/unit/tail/tail_rig.h"

namespace sawlog::agent {
namespace {

using Format = tests::FakeFilesystem::Format;

TEST_F(TailTest, FollowsAGrowingFile) {
  rig_.start();
  rig_.look_and_read();
  EXPECT_EQ(rig_.file_count(), 0u);
  disk_.write_file("/log/app.log", next_lines(1));
  rig_.look_and_read();
  EXPECT_EQ(rig_.lines(), written_);
  for (int i = 0; i < 100; ++i) {
    disk_.append_to("/log/app.log", next_lines(1));
    rig_.look_and_read();
  }
  EXPECT_EQ(rig_.lines(), written_);
  EXPECT_EQ(rig_.file_count(), 1u);
  EXPECT_EQ(rig_.counters().files_discovered, 1u);
}

TEST_F(TailTest, APartialLineWaitsForItsEnd) {
  rig_.start();
  disk_.write_file("/log/app.log", "half");
  rig_.look_and_read();
  EXPECT_TRUE(rig_.lines().empty());
  disk_.append_to("/log/app.log", " and whole\nlast");
  rig_.look_and_read();
  EXPECT_EQ(rig_.lines(), Lines{"half and whole"});
  disk_.move("/log/app.log", "/log/app.log.1");
  rig_.settle();
  EXPECT_EQ(rig_.lines(), (Lines{"half and whole", "last"}));
}

TEST_F(TailTest, RenameAndCreate) {
  rig_.start();
  for (int rotation = 0; rotation < 5; ++rotation) {
    disk_.append_to("/log/app.log", next_block());
    rig_.look_and_read();
    disk_.append_to("/log/app.log", next_lines());
    disk_.move("/log/app.log", "/log/app.log.1");
    disk_.write_file("/log/app.log", next_lines());
    rig_.look_and_read();
  }
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.file_count(), 1u);  // the rotated ones are let go
  EXPECT_EQ(rig_.counters().files_rotated, 5u);
}

// No `create`, no postrotate: the service goes on writing into the old inode, then makes a new
// file.
TEST_F(TailTest, RenameWithoutCreateAndLateWrites) {
  rig_.start();
  auto service = disk_.open_writer("/log/app.log");
  service->append(next_block());
  rig_.look_and_read();
  disk_.move("/log/app.log", "/log/app.log.1");
  for (int i = 0; i < 20; ++i) {
    rig_.look_and_read();
    service->append(next_lines());
  }
  EXPECT_EQ(rig_.file()->state(), FileState::kRotated);
  EXPECT_FALSE(rig_.file()->end_is_final());
  service->append(next_lines() + "no line end");
  written_.push_back("no line end");
  service = disk_.open_writer("/log/app.log");
  service->append(next_lines());
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.counters().files_released, 1u);
}

TEST_F(TailTest, RotateAndCompressAtOnceWhileTheServiceWritesOn) {
  for (const Format format : {Format::kGzip, Format::kZstd, Format::kXz}) {
    TailRig rig(disk_, clock_, "/log", "/state" + std::to_string(int(format)));
    written_.clear();
    rig.start();
    auto service = disk_.open_writer("/log/app.log");
    service->append(next_block());
    rig.look();
    rig.read(100);
    disk_.move("/log/app.log", "/log/app.log.1");
    const std::string compressed = disk_.compress_file("/log/app.log.1", format);
    rig.look();  // both are there for a moment
    service->append(next_lines());
    disk_.unlink("/log/app.log.1");
    rig.look_and_read();
    service->append(next_lines());
    rig.look_and_read();
    service = disk_.open_writer("/log/app.log");
    service->append(next_lines());
    rig.settle();
    std::ranges::sort(written_);
    EXPECT_EQ(rig.sorted_lines(), written_);
    EXPECT_TRUE(rig.errors().empty());
    service.reset();
    disk_.unlink("/log/app.log");
    disk_.unlink(compressed);
    rig.kill();
  }
}

TEST_F(TailTest, DelayedCompression) {
  rig_.start();
  for (int rotation = 0; rotation < 6; ++rotation) {
    disk_.append_to("/log/app.log", next_block());
    if (rotation % 2 == 0) rig_.look_and_read();
    if (disk_.exists("/log/app.log.1")) {
      disk_.move("/log/app.log.1", "/log/app.log.2");
      const std::string compressed = disk_.compress_file("/log/app.log.2");
      rig_.look();
      disk_.unlink("/log/app.log.2");
      disk_.move(compressed, "/log/app.log." + std::to_string(9 - rotation) + ".gz");
    }
    disk_.append_to("/log/app.log", next_lines());
    disk_.move("/log/app.log", "/log/app.log.1");
    rig_.look_and_read();
  }
  rig_.settle();
  expect_all_once();
}

TEST_F(TailTest, CopyTruncate) {
  rig_.start();
  auto service = disk_.open_writer("/log/app.log");
  for (int rotation = 0; rotation < 5; ++rotation) {
    service->append(next_block());
    rig_.look();
    rig_.read(500);
    service->append(next_lines());
    disk_.copy_file("/log/app.log", "/log/app.log." + std::to_string(rotation + 1));
    if (rotation % 2 == 0) rig_.look();
    disk_.truncate_file("/log/app.log");
    if (rotation == 3) service->append(next_lines(200));  // longer than before, before we look
  }
  service->append(next_lines());
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.counters().identities_taken_over, 5u);
  EXPECT_TRUE(rig_.errors().empty());
}

TEST_F(TailTest, CopyTruncateThatLosesLinesLosesNoOthers) {
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.look();
  disk_.copy_file("/log/app.log", "/log/app.log.1");
  disk_.append_to("/log/app.log", next_lines());  // logrotate would lose these
  rig_.look_and_read();                           // but we have seen them
  disk_.truncate_file("/log/app.log");
  disk_.append_to("/log/app.log", next_lines());
  rig_.settle();
  expect_all_once();
}

// What is left after it begins like the file that it was, but is no copy of it.
TEST_F(TailTest, AFileThatWasShortenedInPlaceAndRenamedGrowsOn) {
  const std::string before = next_block();
  disk_.append_to("/log/app.log", before);
  rig_.start();
  rig_.look_and_read();
  disk_.truncate_file("/log/app.log", before.find('\n', before.size() / 2) + 1);
  disk_.move("/log/app.log", "/log/app.log.1");
  rig_.look_and_read();
  const std::string after = next_block();
  disk_.append_to("/log/app.log.1", after);
  rig_.settle();
  const Lines got = rig_.lines();
  for (const std::string& line : written_) EXPECT_EQ(std::ranges::count(got, line) > 0, true);
  EXPECT_EQ(std::ranges::count(got, written_.back()), 1);
}

// Of less than a kilobyte when tail sees it, and the original is gone meanwhile.
TEST_F(TailTest, ACopyThatIsBeingMadeIsWaitedFor) {
  disk_.append_to("/log/app.log", next_block());
  rig_.start();
  rig_.look();
  rig_.read(700);
  const std::string text = disk_.content("/log/app.log");
  auto copier = disk_.open_writer("/log/app.log.1");
  copier->append(text.substr(0, 500));
  disk_.truncate_file("/log/app.log");
  disk_.append_to("/log/app.log", next_lines());
  rig_.look_and_read();
  copier->append(text.substr(500));
  copier.reset();
  rig_.settle();
  expect_all_once();
}

TEST_F(TailTest, CopyTruncateAndCompress) {
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.look();
  rig_.read(300);
  disk_.copy_file("/log/app.log", "/log/app.log.1");
  disk_.truncate_file("/log/app.log");
  disk_.compress_file("/log/app.log.1");
  disk_.unlink("/log/app.log.1");
  disk_.append_to("/log/app.log", next_lines());
  rig_.settle();
  expect_all_once();
}

// logrotate's `copy`: the original goes on, the copies are none of our business.
TEST_F(TailTest, CopiesOfALiveFileAreLeftAlone) {
  rig_.start();
  for (int i = 1; i < 5; ++i) {
    disk_.append_to("/log/app.log", next_block());
    rig_.look_and_read();
    disk_.copy_file("/log/app.log", "/log/app.log." + std::to_string(i));
    disk_.compress_file("/log/app.log." + std::to_string(i));
    rig_.look_and_read();
    disk_.unlink("/log/app.log." + std::to_string(i));
  }
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.file_count(), 1u);
  rig_.restart();
  rig_.settle();
  expect_all_once();
}

TEST_F(TailTest, RotatedTwiceBetweenTwoLooks) {
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.look();
  disk_.move("/log/app.log", "/log/app.log.1");
  disk_.append_to("/log/app.log", next_block());
  disk_.move("/log/app.log.1", "/log/app.log.2");
  disk_.move("/log/app.log", "/log/app.log.1");
  disk_.append_to("/log/app.log", next_block());
  rig_.settle();
  expect_all_once();
}

TEST_F(TailTest, DeletedWhileUnread) {
  rig_.start();
  auto service = disk_.open_writer("/log/app.log");
  service->append(next_block());
  rig_.look();
  rig_.read(100);
  disk_.unlink("/log/app.log");
  rig_.look_and_read();
  service->append(next_lines());
  rig_.look_and_read();
  service->append(next_lines());
  service.reset();
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.counters().abandoned_bytes, 0u);
  EXPECT_EQ(rig_.file_count(), 0u);
  EXPECT_EQ(disk_.open_paths().size(), 1u);  // the identity store
}

TEST_F(TailTest, TheCompressedCopyTakesTheDeletedOriginalsPlace) {
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.look();
  disk_.move("/log/app.log", "/log/app.log.1");
  rig_.look();
  disk_.compress_file("/log/app.log.1");
  disk_.unlink("/log/app.log.1");
  for (int i = 0; i < 3; ++i) rig_.look();  // a dead output: nobody reads
  EXPECT_EQ(rig_.file()->content()->compression, Compression::kGzip);
  EXPECT_EQ(rig_.file()->size_bytes(), next_block().size());
  written_.resize(60);
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.file_count(), 0u);
}

// Everything of a compressed file is read again and again while the output is down.
TEST_F(TailTest, ACompressedFileIsHeldUntilItIsAcknowledged) {
  rig_.start();
  rig_.look();
  disk_.append_to("/log/app.log.1", next_block());
  disk_.compress_file("/log/app.log.1");
  disk_.unlink("/log/app.log.1");
  for (int i = 0; i < 5; ++i) {
    rig_.look();
    rig_.read_in_vain();
  }
  EXPECT_EQ(rig_.file_count(), 1u);
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.file_count(), 0u);
}

// A .gz that gzip has not finished does not take over anything, nor is it a file of its own.
TEST_F(TailTest, AnUnfinishedCompressedCopyIsWaitedFor) {
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.look();
  disk_.move("/log/app.log", "/log/app.log.1");
  rig_.look();
  const std::string path = disk_.compress_file("/log/app.log.1");
  const std::string whole = disk_.content(path);
  disk_.unlink(path);
  auto gzip = disk_.open_writer(path);
  for (const char byte : whole.substr(0, whole.size() - 10)) gzip->append(std::string(1, byte));
  rig_.look();
  disk_.unlink("/log/app.log.1");
  for (int i = 0; i < 3; ++i) rig_.look();
  EXPECT_EQ(rig_.file_count(), 1u);
  EXPECT_EQ(rig_.file()->content()->compression, Compression::kNone);
  gzip->append(whole.substr(whole.size() - 10));
  gzip.reset();
  for (int i = 0; i < 3; ++i) rig_.look();
  EXPECT_EQ(rig_.file()->content()->compression, Compression::kGzip);
  rig_.settle();
  expect_all_once();
}

TEST_F(TailTest, WhereWritersAreUnknownAnHourWithoutGrowthIsTheEnd) {
  disk_.set_writers_unknown(true);
  rig_.start();
  disk_.append_to("/log/app.log", next_lines() + "no end");
  written_.push_back("no end");
  rig_.look_and_read();
  disk_.move("/log/app.log", "/log/app.log.1");
  rig_.settle();
  EXPECT_EQ(rig_.lines().size(), 10u);
  EXPECT_EQ(rig_.file()->state(), FileState::kRotated);
  clock_.advance_seconds(3601);
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.counters().ends_by_timeout, 1u);
  EXPECT_EQ(rig_.file_count(), 0u);
}

TEST_F(TailTest, ARotatedFileThatGrowsAfterItsEndIsReadOn) {
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.look_and_read();
  disk_.move("/log/app.log", "/log/app.log.1");
  rig_.settle();
  EXPECT_EQ(rig_.file_count(), 0u);
  disk_.append_to("/log/app.log.1", next_lines());
  rig_.settle();
  expect_all_once();
  disk_.append_to("/log/app.log.1", next_lines());
  rig_.restart();
  rig_.settle();
  expect_all_once();
}

}  // namespace
}  // namespace sawlog::agent
