#include "agent/consumer.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/consumer_fixture.h"

namespace sawlog::agent {
namespace {

using outputs::FakeAnswer;
using outputs::FakeOutput;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(ConsumerTest, DeliversWholeLinesAndSavesTheCursor) {
  write("one\ntwo\nthr");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two"));
  EXPECT_EQ(file->acknowledged(0), 8);
  write("ee\n");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two", "three"));
  const ConsumerStatus status = consumer->status();
  EXPECT_EQ(status.ledger.read_lines, 3);
  EXPECT_EQ(status.ledger.delivered_lines, 3);
  EXPECT_EQ(status.lag_bytes, 0);
}

TEST_F(ConsumerTest, AnUnfinishedLastLineIsDeliveredWhenTheEndIsFinal) {
  write("one\ntwo");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one"));
  end();
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two"));
  EXPECT_EQ(file->acknowledged(0), 7);
}

TEST_F(ConsumerTest, GoesOnAtTheSavedCursorAfterAKill) {
  write("one\ntwo\n");
  run_steps();
  start();
  write("three\n");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two", "three"));
  EXPECT_THAT(destination.restored_states, testing::Not(IsEmpty()));
}

TEST_F(ConsumerTest, WhatWasNotAcknowledgedIsSentAgainAtItsOffset) {
  output->answer = [] { return FakeAnswer::kLoseAnswer; };
  write("one\ntwo\n");
  consumer->step();
  EXPECT_EQ(file->acknowledged(0), 0);
  output->answer = [] { return FakeAnswer::kAccept; };
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two", "one", "two"));
  EXPECT_EQ(destination.entries[0].offset, destination.entries[2].offset);
  EXPECT_EQ(consumer->status().ledger.read_lines, 2) << "counted once";
}

TEST_F(ConsumerTest, WhatWasThereAtTheStartMayHaveBeenSentBefore) {
  run_steps();
  write("one\ntwo\n");
  run_steps();
  EXPECT_THAT(output->chunks_are_repeats, ElementsAre(false)) << "written while we ran";
  write("three\n");
  start();
  output->answer = [] { return FakeAnswer::kHold; };
  run_steps();
  EXPECT_THAT(output->chunks_are_repeats, ElementsAre(true));
  EXPECT_FALSE(output->is_past_repeats);
  write("four\n");
  output->answer = [] { return FakeAnswer::kAccept; };
  run_steps();
  EXPECT_THAT(output->chunks_are_repeats, ElementsAre(true, false));
  EXPECT_TRUE(output->is_past_repeats);
}

TEST_F(ConsumerTest, AFileIsNotReadFarBeyondItsSavedCursor) {
  unsaved_bytes_max = 8;
  start();
  output->save_delay = 3600 * base::kNsPerSecond;
  output->answer = [] { return FakeAnswer::kHold; };
  write("one\ntwo\n");
  run_steps();
  write("three\n");
  run_steps();
  EXPECT_EQ(output->chunks_are_repeats.size(), 1);
  output->answer = [] { return FakeAnswer::kAccept; };
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two", "three"));
  EXPECT_EQ(file->acknowledged(0), 8) << "saved at once, to go on";
}

TEST_F(ConsumerTest, AFullOutputIsGivenNothingMore) {
  output->answer = [] { return FakeAnswer::kHold; };
  output->chunks_max = 2;
  for (const char* line : {"one\n", "two\n", "three\n", "four\n"}) {
    write(line);
    run_steps(1);
  }
  EXPECT_EQ(output->chunk_times_unix_ns.size(), 2);
  EXPECT_EQ(consumer->status().in_flight_lines, 2);
  output->answer = [] { return FakeAnswer::kAccept; };
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two", "three", "four"));
}

TEST_F(ConsumerTest, NothingNewIsReadWhileTheStateCannotBeSaved) {
  write("one\n");
  disk.fail_change(0, ENOSPC, true);
  run_steps();
  EXPECT_EQ(file->acknowledged(0), 0) << "tail may not let go what is not saved";
  EXPECT_EQ(output->saves, 0);
  EXPECT_NE(consumer->status().save_error, "");
  write("two\n");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one"));
  disk.set_fault({});
  disk.fail_change(UINT64_MAX, 0);
  clock.advance_seconds(2);
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two"));
  EXPECT_EQ(file->acknowledged(0), 8);
  EXPECT_EQ(consumer->status().save_error, "");
}

TEST_F(ConsumerTest, TheTimeOfLinesWithoutOneIsTheSameAfterACrash) {
  output->uses_chunk_time = true;
  output->answer = [] { return FakeAnswer::kHold; };
  write("one\n");
  consumer->step();
  ASSERT_THAT(output->chunk_times_unix_ns, testing::SizeIs(1));
  const int64_t first_time = output->chunk_times_unix_ns[0];
  write("two\n");
  disk.crash();
  clock.advance_seconds(100);
  start();
  run_steps();
  EXPECT_THAT(output->chunk_times_unix_ns, ElementsAre(first_time, clock.unix_ns()))
      << "the noted part keeps its time and its border, the rest is new";
}

TEST_F(ConsumerTest, ANoteThatIsNotDurableKeepsTheLinesHere) {
  output->uses_chunk_time = true;
  disk.fail_change(0, ENOSPC, true);
  write("one\n");
  run_steps();
  EXPECT_THAT(lines(), IsEmpty());
  disk.fail_change(UINT64_MAX, 0);
  clock.advance_seconds(2);
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one"));
}

TEST_F(ConsumerTest, OtherContentBeforeTheCursorIsReadFromTheBeginning) {
  write("one\ntwo\n");
  run_steps();
  disk.truncate_file("/logs/a.log");
  disk.append_to("/logs/a.log", "neu\ntwi\ndrei\n");
  start();
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two", "neu", "twi", "drei"));
  EXPECT_THAT(reports, testing::Contains(testing::HasSubstr("has changed")));
}

TEST_F(ConsumerTest, SaysOnceThatTheOutputIsLostAndOnceThatItIsBack) {
  output->current_health = {outputs::Health::State::kUnreachable, "connection refused"};
  run_steps();
  output->current_health = {};
  run_steps();
  EXPECT_THAT(reports,
              ElementsAre(testing::HasSubstr("connection refused"), testing::HasSubstr("again")));
}

TEST_F(ConsumerTest, WhatVanishesUnreadIsCounted) {
  write("one\n");
  run_steps();
  output->chunks_max = 0;
  write("two\n");
  file->set_state(FileState::kReleased);
  table.publish({});
  run_steps();
  EXPECT_EQ(consumer->status().ledger.abandoned_bytes, 4);
}

TEST_F(ConsumerTest, WhatNoSourceMeansAnyMoreIsLeftAlone) {
  write("one\n");
  run_steps();
  output->chunks_max = 0;
  write("two\n");
  table.publish({});  // tail has not released it: its source left the configuration
  run_steps();
  EXPECT_EQ(consumer->status().ledger.abandoned_bytes, 0);
  output->chunks_max = SIZE_MAX;
  table.publish({file});
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two")) << "it goes on at its cursor";
}

TEST_F(ConsumerTest, FinishesAtTheSizesOfTheMoment) {
  write("one\ntwo\n");
  consumer->finish_at_current_sizes();
  write("three\n");
  EXPECT_FALSE(consumer->is_finished());
  run_steps();
  EXPECT_TRUE(consumer->is_finished());
  EXPECT_THAT(lines(), ElementsAre("one", "two"));
}

TEST_F(ConsumerTest, WhatDoesNotMatchIsFilteredAndCounted) {
  source.where = "a > 1";
  where = "a != 3";
  start();
  write("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\nno record of a\n{\"a\":4}\n");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("{\"a\":2}", "{\"a\":4}"));
  EXPECT_EQ(destination.entries[1].offset, 39) << "filtering moves no record";
  write("{\"a\":0}\n");
  run_steps();
  EXPECT_EQ(file->acknowledged(0), 55) << "also over a chunk of which nothing is left";
  const Ledger ledger = consumer->status().ledger;
  EXPECT_EQ(ledger.read_lines, 6);
  EXPECT_EQ(ledger.delivered_lines, 2);
  EXPECT_EQ(ledger.filtered_lines, 4);
}

TEST_F(ConsumerTest, AnOutputsExpressionIsChecked) {
  auto checkpoint = ConsumerCheckpoint::open(disk, "/state", "other");
  ASSERT_TRUE(checkpoint);
  const auto opened =
      Consumer::open({"other", 0, {}, [](const char*, const std::string&) {}, "a ="}, table,
                     std::move(*checkpoint), std::make_unique<FakeOutput>(destination), clock);
  EXPECT_FALSE(opened);
}

TEST_F(ConsumerTest, AfterDamageItCatchesUpWithWhatWasShown) {
  write("{\"a\":1}\n");
  run_steps();
  const size_t damaged_at = disk.content("/state/consumers/search").size() + 40;
  write("{\"a\":2}\n");
  run_steps();
  write("{\"a\":3}\n");
  run_steps();
  EXPECT_FALSE(consumer->status().is_catching_up);
  consumer.reset();
  std::string bytes = disk.content("/state/consumers/search");
  ASSERT_GT(bytes.size(), damaged_at);
  bytes[damaged_at] = static_cast<char>(bytes[damaged_at] ^ 4);
  disk.write_file("/state/consumers/search", bytes);
  start();
  EXPECT_TRUE(consumer->status().is_catching_up);
  run_steps();
  EXPECT_FALSE(consumer->status().is_catching_up);
  EXPECT_EQ(file->acknowledged(0), 24);
}

TEST_F(ConsumerTest, WhatIsMaskedIsMaskedForTheHandler) {
  source.redact = {{parsers::RedactKind::kEmail}};
  write("from ann@b.example\nnothing\n");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("from [email]", "nothing"));
  EXPECT_EQ(destination.entries[1].offset, 19);
}

TEST_F(ConsumerTest, OnlyTheWantedSourcesAreRead) {
  auto checkpoint = ConsumerCheckpoint::open(disk, "/state", "other");
  ASSERT_TRUE(checkpoint);
  auto opened =
      Consumer::open({"other", 0, {"web"}, [](const char*, const std::string&) {}}, table,
                     std::move(*checkpoint), std::make_unique<FakeOutput>(destination), clock);
  ASSERT_TRUE(opened);
  write("one\n");
  (*opened)->step();
  EXPECT_THAT(lines(), IsEmpty());
  EXPECT_EQ(file->acknowledged(0), UINT64_MAX) << "nobody waits for it";
}

}  // namespace
}  // namespace sawlog::agent
