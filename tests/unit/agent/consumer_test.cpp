#include "agent/consumer.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_output.h"

namespace sawlog::agent {
namespace {

using outputs::FakeAnswer;
using outputs::FakeDestination;
using outputs::FakeOutput;
using testing::ElementsAre;
using testing::IsEmpty;

// One file, one consumer, and a destination that outlives them.
class ConsumerTest : public testing::Test {
 protected:
  void SetUp() override {
    disk.make_directory("/logs");
    disk.make_directory("/state");
    disk.write_file("/logs/a.log", "");
    start();
  }

  // As after a kill -9: new objects on the same disk.
  void start() {
    consumer.reset();
    publish();
    auto checkpoint = ConsumerCheckpoint::open(disk, "/state", "search");
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    auto made = std::make_unique<FakeOutput>(destination);
    output = made.get();
    const auto report = [this](const char*, const std::string& message) {
      reports.push_back(message);
    };
    ConsumerOptions options{"search", 0, {}, report, where, unsaved_bytes_max};
    auto opened =
        Consumer::open(std::move(options), table, std::move(*checkpoint), std::move(made), clock);
    ASSERT_TRUE(opened) << opened.error().message;
    consumer = std::move(*opened);
  }

  // What tail does at each look.
  void publish() {
    file = std::make_shared<TailedFile>(id(), &source, 1u << 20, "/logs/a.log", 1);
    auto opened = disk.open("/logs/a.log", base::OpenMode::kRead);
    ASSERT_TRUE(opened);
    auto content = std::make_shared<Content>();
    content->file = std::shared_ptr<base::File>(std::move(*opened));
    content->path = "/logs/a.log";
    file->set_content(content);
    look();
    table.publish({file});
  }
  void change() { table.note_changes({file->id()}); }
  void end() { file->set_end_is_final(), change(); }
  void look() { file->set_size_bytes(disk.content("/logs/a.log").size()), change(); }
  void write(std::string_view text) {
    disk.append_to("/logs/a.log", text);
    look();
  }
  void run_steps(int count = 5) {
    for (int i = 0; i < count; ++i) consumer->step();
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& entry : destination.entries) all.push_back(entry.line);
    return all;
  }
  static base::FileId id() {
    base::FileId result;
    result.bytes[0] = 42;
    return result;
  }

  tests::FakeClock clock;
  tests::FakeFilesystem disk{clock};
  parsers::SourceContext source{"app", {}, {}, true};
  FileTable table;
  std::shared_ptr<TailedFile> file;
  FakeDestination destination;
  FakeOutput* output = nullptr;
  std::vector<std::string> reports;
  std::string where;  // of the output
  uint64_t unsaved_bytes_max = 256u << 20;
  std::unique_ptr<Consumer> consumer;
};

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

TEST_F(ConsumerTest, ARecordThatMayGoOnWaits) {
  source.multiline = parsers::Multiline::kAuto;
  write("one\ntwo\n");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one"));
  EXPECT_FALSE(consumer->is_finished() && file->acknowledged(0) == 8);
  write("  more of two\n");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one"));
  const outputs::Wake wake = consumer->step();
  EXPECT_LE(wake.at_monotonic_ns, clock.monotonic_ns() + base::kNsPerSecond) << "it comes back";
  clock.advance_seconds(1);
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two\n  more of two"));
  EXPECT_EQ(file->acknowledged(0), 22);
  write("  too late\n{\"a\":1}\n");
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one", "two\n  more of two", "  too late", "{\"a\":1}"));
}

TEST_F(ConsumerTest, ARecordThatWaitingEndedIsTheSameAfterACrash) {
  source.multiline = parsers::Multiline::kAuto;
  output->answer = [] { return FakeAnswer::kLoseAnswer; };
  write("one\n  more\n");
  run_steps();
  clock.advance_seconds(1);
  run_steps(1);
  ASSERT_THAT(lines(), ElementsAre("one\n  more"));
  disk.crash();
  disk.append_to("/logs/a.log", "  later\n{\"a\":1}\n");
  start();
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("one\n  more", "one\n  more", "  later", "{\"a\":1}"));
  EXPECT_EQ(destination.entries[0].offset, destination.entries[1].offset);
}

TEST_F(ConsumerTest, ARecordGoesOnOverTheRenameOfItsFile) {
  source.multiline = parsers::Multiline::kAuto;
  write("ERROR x\nTraceback (most recent call last):\n  frame\n");
  run_steps();
  EXPECT_THAT(lines(), IsEmpty());
  ASSERT_TRUE(disk.rename("/logs/a.log", "/logs/a.log.1"));
  disk.append_to("/logs/a.log.1", "ValueError: y\n");
  file->set_size_bytes(disk.content("/logs/a.log.1").size());
  change();
  run_steps();
  end();
  run_steps();
  EXPECT_THAT(lines(), ElementsAre("ERROR x\nTraceback (most recent call last):\n  frame\n"
                                   "ValueError: y"));
}

TEST_F(ConsumerTest, OnceDoesNotWaitForMoreOfARecord) {
  source.multiline = parsers::Multiline::kAuto;
  write("one\n  more\n");
  consumer->finish_at_current_sizes();
  run_steps();
  EXPECT_TRUE(consumer->is_finished());
  EXPECT_THAT(lines(), ElementsAre("one\n  more"));
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
