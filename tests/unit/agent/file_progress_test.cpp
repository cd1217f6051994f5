#include "agent/file_progress.h"

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

class FileProgressTest : public testing::Test {
 protected:
  void give(uint64_t begin, uint64_t end, uint64_t lines) {
    progress.give({begin, {end, end * 7, 16}, lines, 0, 0});
  }
  void settle(uint64_t begin, uint64_t end, uint64_t lines) {
    progress.settle({{}, begin, end, lines}, {.delivered = lines});
  }

  parsers::SourceContext source;
  std::shared_ptr<TailedFile> file =
      std::make_shared<TailedFile>(base::FileId{}, &source, 1u << 20, "/logs/a.log", 1);
  FileProgress progress{file, Cursor{}};
  Ledger ledger;
};

TEST_F(FileProgressTest, TheCursorMovesOverSettledPiecesInOrder) {
  give(0, 100, 10);
  give(100, 250, 5);
  settle(100, 250, 5);
  EXPECT_FALSE(progress.advance(ledger)) << "an answer out of order must not move the cursor";
  EXPECT_EQ(progress.cursor().offset, 0);
  EXPECT_EQ(ledger, Ledger{});
  settle(0, 100, 10);
  EXPECT_TRUE(progress.advance(ledger));
  EXPECT_EQ(progress.cursor(), (Cursor{250, 1750, 16}));
  EXPECT_EQ(ledger.read_lines, 15);
  EXPECT_EQ(ledger.delivered_lines, 15);
  EXPECT_EQ(ledger.delivered_bytes, 250);
  EXPECT_FALSE(progress.has_in_flight());
}

TEST_F(FileProgressTest, AnUnknownPieceIsGivenAgainWithItsBorders) {
  give(0, 100, 10);
  give(100, 250, 5);
  give(250, 300, 1);
  progress.lose_track({{}, 100, 250, 5});
  EXPECT_EQ(progress.next().offset, 100);
  EXPECT_EQ(progress.next().end, 250);
  EXPECT_EQ(progress.in_flight_lines(), 11);
  give(100, 250, 5);
  EXPECT_EQ(progress.next().offset, 300) << "then reading goes on where it was";
  EXPECT_EQ(progress.next().end, std::nullopt);
  settle(0, 100, 10);
  settle(250, 300, 1);
  settle(100, 250, 5);
  EXPECT_TRUE(progress.advance(ledger));
  EXPECT_EQ(ledger.read_lines, 16) << "counted once, however often it was sent";
}

TEST_F(FileProgressTest, WhatCannotBeReadAgainIsAbandonedAndCounted) {
  give(0, 100, 10);
  progress.lose_track({{}, 0, 100, 10});
  progress.abandon(0, {}, 0);
  EXPECT_TRUE(progress.advance(ledger));
  EXPECT_EQ(ledger.read_lines, 10);
  EXPECT_EQ(ledger.abandoned_lines, 10);
  EXPECT_EQ(ledger.delivered_lines, 0);
  EXPECT_EQ(progress.in_flight_lines(), 0);
}

TEST_F(FileProgressTest, LinesAreDividedByWhatBecameOfThem) {
  give(0, 100, 10);
  progress.set_not_json_lines(0, 3);
  progress.settle({{}, 0, 100, 10}, {.delivered = 6, .dead_lettered = 1, .filtered = 3});
  EXPECT_TRUE(progress.advance(ledger));
  EXPECT_EQ(ledger.delivered_lines, 6);
  EXPECT_EQ(ledger.dead_lettered_lines, 1);
  EXPECT_EQ(ledger.filtered_lines, 3);
  EXPECT_EQ(ledger.not_json_lines, 3);
}

// Ten lines, of which two were filtered; the others are five records.
TEST_F(FileProgressTest, TheLedgerCountsTheLinesOfRecords) {
  const Piece piece{
      .begin = 0, .end = {100, 0, 0}, .line_count = 10, .filtered_lines = 2, .joined_lines = 3};
  progress.give(piece);
  progress.settle({{}, 0, 100, 5}, {.delivered = 4, .dead_lettered = 1});
  EXPECT_TRUE(progress.advance(ledger));
  EXPECT_EQ(ledger.read_lines, 10);
  EXPECT_EQ(ledger.delivered_lines, 7);
  EXPECT_EQ(ledger.dead_lettered_lines, 1);
  EXPECT_EQ(ledger.filtered_lines, 2);
}

using FileProgressDeathTest = FileProgressTest;

TEST_F(FileProgressDeathTest, PiecesMayNotLeaveAGap) {
  give(0, 100, 10);
  EXPECT_DEATH(give(120, 150, 1), "CHECK");
}

TEST_F(FileProgressDeathTest, APieceIsSettledOnce) {
  give(0, 100, 10);
  settle(0, 100, 10);
  EXPECT_DEATH(settle(0, 100, 10), "CHECK");
}

}  // namespace
}  // namespace sawlog::agent
