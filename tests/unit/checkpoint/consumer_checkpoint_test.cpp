#include "agent/checkpoint/consumer_checkpoint.h"

#include <cerrno>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

base::FileId file_id(uint8_t number) {
  base::FileId id;
  id.bytes[0] = number;
  return id;
}

class ConsumerCheckpointTest : public ::testing::Test {
 protected:
  std::unique_ptr<ConsumerCheckpoint> open(const std::string& name = "search") {
    auto opened = ConsumerCheckpoint::open(disk_, "/state", name);
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return std::move(*opened);
  }
  static ConsumerSave save_of(uint8_t file, uint64_t offset, const std::string& handler_state = "",
                              bool is_full = false) {
    ConsumerSave save;
    save.cursors = {{file_id(file), Cursor{offset, offset * 3, 10}}};
    save.ledger.read_lines = offset;
    save.ledger.not_json_lines = 1;
    save.handler_state = handler_state;
    save.handler_state_is_full = is_full;
    return save;
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
};

TEST_F(ConsumerCheckpointTest, BeginsEmpty) {
  const auto checkpoint = open();
  EXPECT_TRUE(checkpoint->state().cursors.empty());
  EXPECT_TRUE(checkpoint->wants_full_state());
  EXPECT_EQ(checkpoint->damage(), "");
}

TEST_F(ConsumerCheckpointTest, LoadsWhatWasSaved) {
  {
    auto checkpoint = open();
    ASSERT_TRUE(checkpoint->save(save_of(1, 100, "full", true)));
    EXPECT_FALSE(checkpoint->wants_full_state());
    ASSERT_TRUE(checkpoint->save(save_of(2, 200, "delta")));
    ASSERT_TRUE(checkpoint->save(save_of(1, 300)));
  }
  disk_.crash();
  const auto checkpoint = open();
  const ConsumerState& state = checkpoint->state();
  EXPECT_EQ(state.cursors.size(), 2u);
  EXPECT_EQ(state.cursors.at(file_id(1)), (Cursor{300, 900, 10}));
  EXPECT_EQ(state.cursors.at(file_id(2)), (Cursor{200, 600, 10}));
  EXPECT_EQ(state.ledger.read_lines, 300u);
  EXPECT_EQ(state.ledger.not_json_lines, 1u);
  EXPECT_EQ(state.handler_states, (std::vector<std::string>{"full", "delta"}));
}

// Saved to 100 and 300; the second save is damaged, the third is there.
TEST_F(ConsumerCheckpointTest, DamageLeavesWhatHadBeenReached) {
  size_t damaged_at = 0;
  {
    auto checkpoint = open();
    ASSERT_TRUE(checkpoint->save(save_of(1, 100, "full", true)));
    damaged_at = disk_.content("/state/consumers/search").size() + 40;
    ASSERT_TRUE(checkpoint->save(save_of(1, 200, "delta")));
    ASSERT_TRUE(checkpoint->save(save_of(1, 300, "delta")));
  }
  std::string bytes = disk_.content("/state/consumers/search");
  bytes[damaged_at] = static_cast<char>(bytes[damaged_at] ^ 4);
  disk_.write_file("/state/consumers/search", bytes);
  {
    const auto checkpoint = open();
    EXPECT_NE(checkpoint->damage(), "");
    EXPECT_EQ(checkpoint->state().cursors.at(file_id(1)).offset, 100u);
    EXPECT_EQ(checkpoint->state().reached.at(file_id(1)), 300u);
  }
  disk_.crash();
  {
    const auto checkpoint = open();
    EXPECT_EQ(checkpoint->damage(), "");
    EXPECT_EQ(checkpoint->state().reached.at(file_id(1)), 300u) << "it survives the next start";
    ASSERT_TRUE(checkpoint->save(save_of(1, 299)));
    EXPECT_FALSE(checkpoint->state().reached.empty());
    ASSERT_TRUE(checkpoint->save(save_of(1, 300)));
    EXPECT_TRUE(checkpoint->state().reached.empty());
  }
  EXPECT_TRUE(open()->state().reached.empty());
}

TEST_F(ConsumerCheckpointTest, AFullStateReplacesTheDeltas) {
  auto checkpoint = open();
  ASSERT_TRUE(checkpoint->save(save_of(1, 1, "full", true)));
  ASSERT_TRUE(checkpoint->save(save_of(1, 2, "delta")));
  ASSERT_TRUE(checkpoint->save(save_of(1, 3, "new full", true)));
  EXPECT_EQ(open()->state().handler_states, std::vector<std::string>{"new full"});
}

TEST_F(ConsumerCheckpointTest, AsksForAFullStateWhenDeltasOutgrowIt) {
  auto checkpoint = open();
  ASSERT_TRUE(checkpoint->save(save_of(1, 1, std::string(1000, 'f'), true)));
  int saves = 0;
  for (; !checkpoint->wants_full_state(); ++saves) {
    ASSERT_TRUE(checkpoint->save(save_of(1, 2, std::string(1000, 'd'))));
    ASSERT_LT(saves, 1000);
  }
  EXPECT_GT(saves, 10);
}

TEST_F(ConsumerCheckpointTest, ForgetsReleasedFiles) {
  auto checkpoint = open();
  ASSERT_TRUE(checkpoint->save(save_of(1, 100)));
  ASSERT_TRUE(checkpoint->note_time(file_id(1), {100, 200, 5}));
  ConsumerSave save;
  save.forgotten = {file_id(1)};
  ASSERT_TRUE(checkpoint->save(save));
  EXPECT_TRUE(checkpoint->state().cursors.empty());
  EXPECT_TRUE(open()->state().cursors.empty());
  EXPECT_TRUE(open()->state().time_notes.empty());
}

TEST_F(ConsumerCheckpointTest, TimeNotesStayUntilTheCursorHasPassedThem) {
  auto checkpoint = open();
  ASSERT_TRUE(checkpoint->note_time(file_id(1), {0, 100, 5}));
  ASSERT_TRUE(checkpoint->note_time(file_id(1), {100, 200, 6}));
  disk_.crash();
  checkpoint = open();
  EXPECT_EQ(checkpoint->state().time_notes.at(file_id(1)).size(), 2u);
  ASSERT_TRUE(checkpoint->save(save_of(1, 199)));
  const std::vector<TimeNote> want = {{100, 200, 6}};
  EXPECT_EQ(checkpoint->state().time_notes.at(file_id(1)), want);
  EXPECT_EQ(open()->state().time_notes.at(file_id(1)), want);
  ASSERT_TRUE(checkpoint->save(save_of(1, 200)));
  EXPECT_TRUE(open()->state().time_notes.empty());
}

TEST_F(ConsumerCheckpointTest, APreparedSaveCountsWhenItIsConcluded) {
  for (const bool holds : {false, true}) {
    auto checkpoint = open(holds ? "a" : "b");
    ASSERT_TRUE(checkpoint->save(save_of(1, 100, "first", true)));
    ASSERT_TRUE(checkpoint->prepare(save_of(1, 200, "second", true)));
    EXPECT_EQ(checkpoint->state().cursors.at(file_id(1)).offset, 100u);
    disk_.crash();
    checkpoint = open(holds ? "a" : "b");
    ASSERT_TRUE(checkpoint->state().prepared);
    EXPECT_EQ(checkpoint->state().prepared->handler_state, "second");
    EXPECT_EQ(checkpoint->state().handler_states, std::vector<std::string>{"first"});
    ASSERT_TRUE(checkpoint->conclude(holds));
    disk_.crash();
    checkpoint = open(holds ? "a" : "b");
    EXPECT_FALSE(checkpoint->state().prepared);
    EXPECT_EQ(checkpoint->state().cursors.at(file_id(1)).offset, holds ? 200u : 100u);
    EXPECT_EQ(checkpoint->state().handler_states,
              std::vector<std::string>{holds ? "second" : "first"});
  }
}

TEST_F(ConsumerCheckpointTest, APreparedSaveSurvivesTheRewrite) {
  auto checkpoint = open();
  ASSERT_TRUE(checkpoint->save(save_of(1, 1, "state", true)));
  ASSERT_TRUE(checkpoint->prepare(save_of(1, 2, "prepared", true)));
  const uint64_t before = checkpoint->journal_bytes();
  uint64_t noted = 0;
  do {
    ASSERT_TRUE(checkpoint->note_time(file_id(2), {noted, noted + 1, 5}));
    ASSERT_LT(++noted, 1'000'000u);
  } while (checkpoint->journal_bytes() < before + (1u << 20) - 200);
  ASSERT_TRUE(checkpoint->note_time(file_id(2), {noted, noted + 1, 5}));
  ASSERT_TRUE(checkpoint->note_time(file_id(2), {noted + 1, noted + 2, 5}));
  ASSERT_TRUE(checkpoint->note_time(file_id(2), {noted + 2, noted + 3, 5}));
  ASSERT_TRUE(open()->state().prepared);
  EXPECT_EQ(open()->state().prepared->cursors.at(0).second.offset, 2u);
}

TEST_F(ConsumerCheckpointTest, TheJournalStaysSmall) {
  auto checkpoint = open();
  ASSERT_TRUE(checkpoint->save(save_of(1, 1, std::string(100'000, 'f'), true)));
  ASSERT_TRUE(checkpoint->note_time(file_id(1), {1'000'000, 2'000'000, 7}));
  for (uint64_t offset = 0; offset < 30'000; ++offset) {
    ASSERT_TRUE(checkpoint->save(save_of(static_cast<uint8_t>(offset % 100), offset)));
    ASSERT_LT(checkpoint->journal_bytes(), 2'000'000u);
  }
  const auto again = open();
  EXPECT_EQ(again->state().cursors.size(), 100u);
  EXPECT_EQ(again->state().cursors.at(file_id(99)).offset, 29'999u);
  EXPECT_EQ(again->state().handler_states.at(0).size(), 100'000u);
  EXPECT_EQ(again->state().time_notes.at(file_id(1)).at(0).unix_ns, 7);
}

TEST_F(ConsumerCheckpointTest, ConsumersDoNotShareAnything) {
  for (const char* name : {"a/b", "a", "..", ".hidden", "A"}) {
    ASSERT_TRUE(open(name)->save(save_of(1, std::string_view(name).size())));
  }
  EXPECT_EQ(open("a/b")->state().ledger.read_lines, 3u);
  EXPECT_EQ(open("..")->state().ledger.read_lines, 2u);
  EXPECT_TRUE(disk_.exists("/state/consumers/a%2Fb"));
}

// An error or a power cut at every call: what save() confirmed is there; a save that failed is
// wholly there or not at all, and state() never shows what was not confirmed.
TEST_F(ConsumerCheckpointTest, SavesAreAtomicUnderFaults) {
  for (const bool is_power_cut : {false, true}) {
    for (uint64_t call = 0; call < 20; ++call) {
      tests::FakeFilesystem disk{clock_};
      disk.fail_change(call, ENOSPC, is_power_cut);
      uint64_t confirmed = 0;
      uint64_t attempted = 0;
      if (auto opened = ConsumerCheckpoint::open(disk, "/state", "x")) {
        for (uint64_t offset = 1; offset <= 5; ++offset) {
          attempted = offset;
          if ((*opened)->save(save_of(1, offset))) confirmed = offset;
          EXPECT_EQ((*opened)->state().ledger.read_lines, confirmed);
        }
      }
      if (is_power_cut) disk.crash(call * 7);
      disk.fail_change(1000, EIO);
      auto again = ConsumerCheckpoint::open(disk, "/state", "x");
      ASSERT_TRUE(again) << again.error().message;
      const uint64_t loaded = (*again)->state().ledger.read_lines;
      EXPECT_GE(loaded, confirmed) << call;
      EXPECT_LE(loaded, attempted) << call;
      if (loaded > 0) {
        EXPECT_EQ((*again)->state().cursors.at(file_id(1)).offset, loaded);
      }
    }
  }
}

}  // namespace
}  // namespace sawlog::agent
