// Records of several lines on their way through a Consumer.
#include <gmock/gmock.h>

#include "tests/unit/agent/consumer_fixture.h"

namespace sawlog::agent {
namespace {

using outputs::FakeAnswer;
using testing::ElementsAre;
using testing::IsEmpty;
using ConsumerRecordTest = ConsumerTest;

TEST_F(ConsumerRecordTest, ARecordThatMayGoOnWaits) {
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

TEST_F(ConsumerRecordTest, ARecordThatWaitingEndedIsTheSameAfterACrash) {
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

TEST_F(ConsumerRecordTest, ARecordGoesOnOverTheRenameOfItsFile) {
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

TEST_F(ConsumerRecordTest, OnceDoesNotWaitForMoreOfARecord) {
  source.multiline = parsers::Multiline::kAuto;
  write("one\n  more\n");
  consumer->finish_at_current_sizes();
  run_steps();
  EXPECT_TRUE(consumer->is_finished());
  EXPECT_THAT(lines(), ElementsAre("one\n  more"));
  EXPECT_EQ(consumer->status().ledger.read_lines, 2) << "lines, not records";
  EXPECT_EQ(consumer->status().ledger.delivered_lines, 2);
}

}  // namespace
}  // namespace sawlog::agent
