// Which files are one and which are two, and which are read at all.

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/support/compression.h"
#include "tests/unit/tail/tail_rig.h"

namespace sawlog::agent {
namespace {

using TailIdentityTest = TailTest;

TEST_F(TailIdentityTest, EqualFilesThatAreNoSiblingsAreTwo) {
  disk_.write_file("/log/a.log", "same\n");
  disk_.write_file("/log/b.log", "same\n");
  rig_.start();
  rig_.settle();
  EXPECT_EQ(rig_.lines(), (Lines{"same", "same"}));
}

TEST_F(TailIdentityTest, EqualHeadersInLiveAndRotatedFilesAreDifferentFiles) {
  rig_.start();
  rig_.look();
  const std::string header(3000, '#');
  disk_.write_file("/log/app.log", header + "\n" + next_lines());
  rig_.look_and_read();
  // Rotated while nobody looked, and again: the sibling is unknown and begins like the live file.
  disk_.move("/log/app.log", "/log/app.log.2");
  disk_.write_file("/log/app.log.1", header + "\n" + next_lines());
  disk_.compress_file("/log/app.log.1");
  disk_.unlink("/log/app.log.1");
  disk_.write_file("/log/app.log", header + "\n" + next_lines());
  rig_.settle();
  written_.insert(written_.end(), 3, header);
  expect_all_once();
}

TEST_F(TailIdentityTest, SmallFilesAreReadFromTheFirstByteAndGrow) {
  rig_.start();
  disk_.write_file("/log/app.log", "a\n");
  rig_.look_and_read();
  EXPECT_EQ(rig_.lines(), Lines{"a"});
  for (int i = 0; i < 5; ++i) {
    disk_.append_to("/log/app.log", "b\n");
    rig_.restart();
    rig_.look_and_read();
  }
  EXPECT_EQ(rig_.lines().size(), 6u);
}

TEST_F(TailIdentityTest, EmptyFiles) {
  rig_.start();
  auto service = disk_.open_writer("/log/app.log");
  rig_.look_and_read();
  disk_.move("/log/app.log", "/log/app.log.1");
  rig_.look_and_read();
  service->append(next_lines());  // into the rotated, until now empty file
  auto next_service = disk_.open_writer("/log/app.log");
  rig_.settle();
  service.reset();
  next_service->append(next_lines());
  rig_.settle();
  expect_all_once();
  disk_.unlink("/log/app.log");
  next_service.reset();
  disk_.write_file("/log/empty.log", "");
  rig_.settle();
  rig_.restart();
  rig_.settle();
  disk_.unlink("/log/empty.log");
  rig_.settle();
  expect_all_once();
  EXPECT_TRUE(rig_.errors().empty());
}

TEST_F(TailIdentityTest, HardAndSymbolicLinksAreOneFile) {
  disk_.write_file("/log/app.log", next_lines());
  disk_.link("/log/app.log", "/log/hard.log");
  disk_.symlink("app.log", "/log/soft.log");
  rig_.start();
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.file_count(), 1u);
  EXPECT_EQ(rig_.file()->path(), "/log/app.log");
}

// "current.log" leads to today's file; yesterday's is read to its end.
TEST_F(TailIdentityTest, ALinkThatMovesOn) {
  disk_.make_directory("/data");
  rig_.start();
  auto yesterday = disk_.open_writer("/data/app-1.log");
  disk_.symlink("/data/app-1.log", "/log/current.log");
  yesterday->append(next_block());
  rig_.look();
  disk_.unlink("/log/current.log");
  disk_.append_to("/data/app-2.log", next_lines());
  disk_.symlink("/data/app-2.log", "/log/current.log");
  yesterday->append(next_lines());
  rig_.look_and_read();
  yesterday.reset();
  rig_.settle();
  expect_all_once();
}

TEST_F(TailIdentityTest, KubernetesLogsRotateWhereTheyReallyAre) {
  disk_.make_directory("/pods/x");
  disk_.append_to("/pods/x/0.log", next_block());
  disk_.symlink("/pods/x/0.log", "/log/pod.log");
  rig_.start();
  rig_.look();
  rig_.read(300);
  rig_.kill();
  disk_.append_to("/pods/x/0.log", next_lines());
  disk_.move("/pods/x/0.log", "/pods/x/0.log.20261121-070655");
  disk_.compress_file("/pods/x/0.log.20261121-070655");
  disk_.unlink("/pods/x/0.log.20261121-070655");
  disk_.append_to("/pods/x/0.log", next_lines());
  rig_.start();
  rig_.settle();
  expect_all_once();
}

TEST_F(TailIdentityTest, InodeReuseWhileRunning) {
  disk_.set_inode_reuse(true);
  rig_.options().idle_close_after_ns = 0;  // else our descriptor would keep the inode
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.settle();
  const uint64_t inode = disk_.inode_of("/log/app.log");
  disk_.unlink("/log/app.log");
  disk_.append_to("/log/app.log", next_block() + next_lines());
  ASSERT_EQ(disk_.inode_of("/log/app.log"), inode);
  rig_.settle();
  expect_all_once();
}

TEST_F(TailIdentityTest, TruncatedWithoutACopyIsANewFileAndTheRestIsCounted) {
  rig_.start();
  disk_.append_to("/log/app.log", next_block());
  rig_.look();
  rig_.read(480);  // 20 lines
  disk_.truncate_file("/log/app.log");
  written_.resize(20);
  disk_.append_to("/log/app.log", next_lines());
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.counters().abandoned_bytes, 40u * 24);
  EXPECT_EQ(rig_.counters().files_truncated, 1u);
}

TEST_F(TailIdentityTest, OldSiblingsAreReadOnlyWithBackfill) {
  for (const bool backfill : {false, true}) {
    TailRig rig(disk_, clock_, "/log", backfill ? "/state1" : "/state2");
    rig.source().backfill = backfill;
    disk_.write_file("/log/app.log.2.gz", tests::gzip("oldest\n"));
    disk_.write_file("/log/app.log.1", "older\n");
    disk_.write_file("/log/app.log", "live\n");
    clock_.advance_seconds(10);
    rig.start();
    rig.settle();
    EXPECT_EQ(rig.lines(), backfill ? (Lines{"oldest", "older", "live"}) : Lines{"live"});
    rig.restart();
    rig.settle();
    EXPECT_EQ(rig.lines().size(), backfill ? 3u : 1u);
  }
}

// Old siblings stay ignored when they are renamed and compressed.
TEST_F(TailIdentityTest, IgnoredSiblingsStayIgnoredWhenTheyMove) {
  disk_.write_file("/log/app.log.1", "older\n");
  disk_.write_file("/log/app.log", next_block());
  clock_.advance_seconds(10);
  rig_.start();
  rig_.look_and_read();
  disk_.move("/log/app.log.1", "/log/app.log.2");
  disk_.compress_file("/log/app.log.2");
  disk_.unlink("/log/app.log.2");
  disk_.move("/log/app.log", "/log/app.log.1");
  disk_.write_file("/log/app.log", next_lines());
  rig_.settle();
  rig_.restart();
  rig_.settle();
  expect_all_once();
}

TEST_F(TailIdentityTest, ARotatedSiblingThatIsNewerThanTheFirstStartIsRead) {
  rig_.start();
  rig_.look();
  disk_.write_file("/log/app.log.1", next_block());
  disk_.write_file("/log/app.log.2.gz", tests::gzip(next_block()));
  rig_.settle();
  expect_all_once();
}

TEST_F(TailIdentityTest, WhatAGlobNamesItselfIsReadAsItIs) {
  rig_.source().paths = {"/log/*"};
  disk_.write_file("/log/worker-1", next_lines());
  disk_.write_file("/log/worker-2", next_lines());
  disk_.write_file("/log/old.gz", tests::gzip(next_lines()));
  clock_.advance_seconds(10);
  rig_.start();
  rig_.settle();
  expect_all_once();
  disk_.append_to("/log/worker-1", next_lines());
  rig_.settle();
  expect_all_once();
  EXPECT_EQ(rig_.file_count(), 2u);  // live, although nobody has them open
}

TEST_F(TailIdentityTest, StartAtEndIsForWhatIsThereAtTheFirstStart) {
  rig_.source().start_at_end = true;
  disk_.write_file("/log/app.log", "old\nold, too\nhalf a");
  disk_.write_file("/log/old.log", "old\n");
  rig_.start();
  rig_.look_and_read();
  EXPECT_TRUE(rig_.lines().empty());
  disk_.append_to("/log/app.log", " line\nnew\n");
  disk_.write_file("/log/later.log", "later\n");
  rig_.settle();
  rig_.restart();
  rig_.settle();
  EXPECT_EQ(rig_.sorted_lines(), (Lines{"half a line", "later", "new"}));
  const auto file = rig_.file();
  EXPECT_EQ(rig_.tail().start_offset(file->id()), file->start_offset());
}

TEST_F(TailIdentityTest, ExcludedFilesAndTheirSiblingsAreNotSeen) {
  rig_.source().exclude = {"/log/debug*"};
  rig_.start();
  rig_.look();
  disk_.write_file("/log/debug.log", "x\n");
  disk_.write_file("/log/debug.log.1", "x\n");
  disk_.write_file("/log/app.log", next_lines());
  rig_.settle();
  expect_all_once();
}

TEST_F(TailIdentityTest, OldestFirst) {
  rig_.source().backfill = true;
  for (const char* name : {"app.log.3.gz", "app.log.2", "app.log.1", "app.log"}) {
    clock_.advance_seconds(5);
    const std::string text = next_block();
    disk_.write_file(std::string("/log/") + name,
                     std::string(name).ends_with(".gz") ? tests::gzip(text) : text);
  }
  rig_.start();
  rig_.look_and_read();
  EXPECT_EQ(rig_.lines(), written_);
}

TEST_F(TailIdentityTest, IdleFilesHaveNoDescriptor) {
  for (int i = 0; i < 300; ++i) {
    disk_.write_file("/log/file" + std::to_string(i) + ".log", next_lines(1));
  }
  rig_.start();
  rig_.look_and_read();
  EXPECT_EQ(rig_.counters().files_open, 300u);
  clock_.advance_seconds(61);
  rig_.settle();
  EXPECT_EQ(rig_.counters().files_open, 0u);
  EXPECT_EQ(disk_.open_paths().size(), 1u);
  disk_.append_to("/log/file7.log", next_lines(1));
  rig_.settle();
  EXPECT_EQ(rig_.counters().files_open, 1u);
  expect_all_once();
}

TEST_F(TailIdentityTest, NoMoreFilesAreOpenThanAllowed) {
  rig_.options().open_files_max = 10;
  for (int i = 0; i < 100; ++i) {
    disk_.write_file("/log/file" + std::to_string(i) + ".log", next_lines(1));
  }
  rig_.start();
  for (int i = 0; i < 15; ++i) {
    rig_.look_and_read();
    EXPECT_LE(rig_.counters().files_open, 10u);
  }
  expect_all_once();
}

TEST_F(TailIdentityTest, ADamagedCompressedFileIsReadUpToTheDamage) {
  rig_.start();
  rig_.look();
  std::string bytes = tests::gzip(next_block());
  bytes.resize(bytes.size() / 2);
  disk_.write_file("/log/app.log.1.gz", bytes);
  rig_.settle();
  EXPECT_EQ(rig_.file_count(), 0u);
  ASSERT_EQ(rig_.errors().size(), 1u);
  EXPECT_TRUE(rig_.errors()[0].starts_with("the compressed file ends in the middle after "));
}

TEST_F(TailIdentityTest, AnUnreadableFileIsReportedOnce) {
  disk_.write_file("/log/app.log", next_lines());
  disk_.set_fault([](std::string_view call, const std::string& path) -> std::optional<int> {
    if (call == "open" && path == "/log/app.log") return EACCES;
    return std::nullopt;
  });
  rig_.start();
  rig_.settle();
  EXPECT_EQ(rig_.errors(),
            std::vector<std::string>{"cannot open '/log/app.log': Permission denied"});
  disk_.set_fault(nullptr);
  rig_.settle();
  expect_all_once();
}

TEST_F(TailIdentityTest, ADirectoryThatCannotBeListedTakesNothingAway) {
  rig_.options().idle_close_after_ns = 0;
  disk_.write_file("/log/app.log", next_lines());
  rig_.start();
  rig_.settle();
  disk_.set_fault([](std::string_view call, const std::string&) -> std::optional<int> {
    if (call == "list") return EIO;
    return std::nullopt;
  });
  rig_.settle();
  rig_.settle();
  EXPECT_EQ(rig_.file_count(), 1u);
  disk_.set_fault(nullptr);
  disk_.append_to("/log/app.log", next_lines());
  rig_.settle();
  expect_all_once();
}

TEST_F(TailIdentityTest, ForgottenAfterAWhile) {
  rig_.start();
  disk_.write_file("/log/app.log", next_lines());
  rig_.settle();
  disk_.unlink("/log/app.log");
  rig_.settle();
  EXPECT_EQ(rig_.counters().files_known, 1u);
  clock_.advance_seconds(8 * 24 * 3600);
  rig_.settle();
  EXPECT_EQ(rig_.counters().files_known, 0u);
}

}  // namespace
}  // namespace sawlog::agent
