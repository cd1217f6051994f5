// A consumer whose output decides by transactions: the save is prepared, committed, concluded.
#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/consumer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_output.h"
#include "tests/support/fake_transactional_output.h"

namespace sawlog::agent {
namespace {

using outputs::FakeTransactionalOutput;
using outputs::FakeTransactions;
using testing::ElementsAre;
using testing::IsEmpty;

class ConsumerTransactionTest : public testing::Test {
 protected:
  void SetUp() override {
    disk.make_directory("/logs");
    disk.make_directory("/state");
    disk.write_file("/logs/a.log", "one\ntwo\n");
    start();
  }

  // As after a kill -9: new objects on the same disk.
  void start() {
    auto made = std::make_unique<FakeTransactionalOutput>(destination);
    output = made.get();
    start_with(std::move(made));
  }
  void start_with(std::unique_ptr<outputs::Output> made) {
    consumer.reset();
    publish();
    auto checkpoint = ConsumerCheckpoint::open(disk, "/state", "stream");
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    auto opened = Consumer::open({"stream", 0, {}, [](const char*, const std::string&) {}}, table,
                                 std::move(*checkpoint), std::move(made), clock);
    ASSERT_TRUE(opened) << opened.error().message;
    consumer = std::move(*opened);
  }
  void publish() {
    base::FileId id;
    id.bytes[0] = 42;
    file = std::make_shared<TailedFile>(id, &source, 1u << 20, "/logs/a.log", 1);
    auto opened = disk.open("/logs/a.log", base::OpenMode::kRead);
    ASSERT_TRUE(opened);
    auto content = std::make_shared<Content>();
    content->file = std::shared_ptr<base::File>(std::move(*opened));
    file->set_content(content);
    file->set_size_bytes(disk.content("/logs/a.log").size());
    table.publish({file});
  }
  void run_steps(int count = 5) {
    for (int i = 0; i < count; ++i) consumer->step();
  }

  tests::FakeClock clock;
  tests::FakeFilesystem disk{clock};
  parsers::SourceContext source{"app", {}, {}, true};
  FileTable table;
  std::shared_ptr<TailedFile> file;
  FakeTransactions destination;
  FakeTransactionalOutput* output = nullptr;
  std::unique_ptr<Consumer> consumer;
};

TEST_F(ConsumerTransactionTest, NothingCountsBeforeTheCommit) {
  output->commits = false;
  run_steps();
  EXPECT_EQ(file->acknowledged(0), 0);
  EXPECT_EQ(consumer->status().ledger.read_lines, 0);
  EXPECT_EQ(consumer->status().in_flight_lines, 2);
  EXPECT_FALSE(consumer->is_finished());
  output->commits = true;
  run_steps();
  EXPECT_EQ(file->acknowledged(0), 8);
  EXPECT_EQ(consumer->status().ledger.delivered_lines, 2);
  EXPECT_EQ(consumer->status().in_flight_lines, 0);
  EXPECT_TRUE(consumer->is_finished());
  start();
  run_steps();
  EXPECT_THAT(destination.lines, ElementsAre("one", "two"));
}

TEST_F(ConsumerTransactionTest, AKillBeforeTheCommitSendsAgain) {
  output->commits = false;
  run_steps();
  start();
  run_steps();
  EXPECT_THAT(destination.lines, ElementsAre("one", "two"));
  EXPECT_EQ(consumer->status().ledger.read_lines, 2);
  EXPECT_EQ(file->acknowledged(0), 8);
}

TEST_F(ConsumerTransactionTest, AKillAfterTheCommitDoesNot) {
  output->commits = false;
  run_steps();
  output->commit_unheard();
  disk.append_to("/logs/a.log", "three\n");
  start();
  run_steps(1);
  EXPECT_EQ(file->acknowledged(0), 8) << "concluded before anything is read";
  run_steps();
  EXPECT_THAT(destination.lines, ElementsAre("one", "two", "three"));
  EXPECT_EQ(consumer->status().ledger.delivered_lines, 3);
  EXPECT_EQ(file->acknowledged(0), 14);
}

TEST_F(ConsumerTransactionTest, WhatVanishedMeanwhileIsNotAbandonedWhenItWasCommitted) {
  output->commits = false;
  run_steps();
  output->commit_unheard();
  start();
  consumer->finish_at_current_sizes();
  table.publish({});
  run_steps();
  EXPECT_EQ(consumer->status().ledger.abandoned_bytes, 0);
  EXPECT_EQ(consumer->status().ledger.delivered_lines, 2);
}

TEST_F(ConsumerTransactionTest, AnOutputWithoutTransactionsSendsAgain) {
  output->commits = false;
  run_steps();
  outputs::FakeDestination plain;
  start_with(std::make_unique<outputs::FakeOutput>(plain));
  run_steps();
  EXPECT_EQ(plain.entries.size(), 2);
  EXPECT_EQ(file->acknowledged(0), 8);
}

// An error or a power cut at every write, while the transaction commits unheard or not at all.
TEST_F(ConsumerTransactionTest, EachLineOnceWhateverTheDiskDoes) {
  for (const bool is_power_cut : {false, true}) {
    for (uint64_t call = 0; call < 12; ++call) {
      SCOPED_TRACE(call);
      disk.set_fault({});
      disk.fail_change(UINT64_MAX, 0);
      destination = {};
      (void)disk.remove("/state/consumers/stream");
      start();
      disk.fail_change(call, ENOSPC, is_power_cut);
      run_steps();
      if (is_power_cut) disk.crash(call * 7);
      disk.set_fault({});
      disk.fail_change(UINT64_MAX, 0);
      clock.advance_seconds(2);
      if (is_power_cut) start();
      run_steps(8);
      EXPECT_THAT(destination.lines, ElementsAre("one", "two"));
      EXPECT_EQ(file->acknowledged(0), 8);
    }
  }
}

}  // namespace
}  // namespace sawlog::agent
