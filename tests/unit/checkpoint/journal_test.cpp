#include "agent/checkpoint/journal.h"

#include <cerrno>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/checkpoint/journal_format.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

using Payloads = std::vector<std::string>;
const std::string kPath = "/state/journal";

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() { disk_.make_directory("/state"); }

  Journal::Opened open(const std::string& path = kPath) {
    auto opened = Journal::open(disk_, path, JournalKind::kConsumer);
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return std::move(*opened);
  }
  static Payloads payloads(const Journal::Opened& opened) {
    Payloads result;
    for (const JournalRecord& record : opened.records) result.push_back(record.payload);
    return result;
  }
  Payloads read(const std::string& path = kPath) { return payloads(open(path)); }
  std::string bytes_with(const Payloads& records) {
    auto opened = open("/state/sample");
    for (const std::string& payload : records) EXPECT_TRUE(opened.journal->append(7, payload));
    std::string bytes = disk_.content("/state/sample");
    disk_.unlink("/state/sample");
    return bytes;
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
};

TEST_F(JournalTest, KeepsRecordsInOrder) {
  {
    auto opened = open();
    EXPECT_TRUE(opened.records.empty());
    ASSERT_TRUE(opened.journal->append(1, "one"));
    ASSERT_TRUE(opened.journal->append(2, ""));
    ASSERT_TRUE(opened.journal->append(3, std::string(100'000, 'x')));
    EXPECT_EQ(opened.journal->size_bytes(), disk_.content(kPath).size());
  }
  const auto again = open();
  ASSERT_EQ(again.records.size(), 3u);
  EXPECT_EQ(again.records[0].type, 1u);
  EXPECT_EQ(again.records[0].payload, "one");
  EXPECT_EQ(again.records[1].payload, "");
  EXPECT_EQ(again.records[2].payload.size(), 100'000u);
  EXPECT_EQ(again.damage, "");
}

TEST_F(JournalTest, ARewriteReplacesEverythingAndIsAppendedTo) {
  auto opened = open();
  ASSERT_TRUE(opened.journal->append(1, "old"));
  ASSERT_TRUE(opened.journal->rewrite({{1, "a"}, {1, "b"}}));
  ASSERT_TRUE(opened.journal->append(1, "c"));
  EXPECT_EQ(read(), (Payloads{"a", "b", "c"}));
}

// Cut at every byte: what was whole stays, the rest goes, and the journal can be appended to.
TEST_F(JournalTest, ATornTailIsCutWhereverItIsTorn) {
  const std::string bytes = bytes_with({"first", "second", "third"});
  for (size_t size = 0; size < bytes.size(); ++size) {
    disk_.write_file(kPath, bytes.substr(0, size));
    Payloads want;
    {
      auto opened = open();
      EXPECT_EQ(opened.damage, "") << size;
      want = payloads(opened);
      ASSERT_LT(want.size(), 3u) << size;
      ASSERT_TRUE(opened.journal->append(1, "more"));
    }
    want.push_back("more");
    EXPECT_EQ(read(), want) << size;
  }
}

TEST_F(JournalTest, ATailOfZerosIsATornTail) {
  std::string bytes = bytes_with({"first", "second"});
  for (const size_t zeros : {1u, 31u, 32u, 4096u}) {
    disk_.write_file(kPath, bytes + std::string(zeros, '\0'));
    const auto opened = open();
    EXPECT_EQ(opened.damage, "") << zeros;
    EXPECT_EQ(payloads(opened), (Payloads{"first", "second"})) << zeros;
  }
}

// One bit at every byte: never a wrong record, and everything before the damage is there.
TEST_F(JournalTest, DamageIsFoundWhereverItIs) {
  const Payloads all = {"first", "second", "third"};
  const std::string bytes = bytes_with(all);
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    disk_.write_file(kPath, damaged);
    const auto opened = open();
    const Payloads got = payloads(opened);
    ASSERT_LT(got.size(), 3u) << at;
    EXPECT_EQ(got, Payloads(all.begin(), all.begin() + static_cast<ptrdiff_t>(got.size()))) << at;
    const bool is_in_last = at >= bytes.size() - kJournalRecordHeaderBytes - 5;
    EXPECT_EQ(opened.damage.empty(), is_in_last) << at << opened.damage;
    EXPECT_EQ(payloads(opened), read()) << at;
  }
}

TEST_F(JournalTest, ADamagedFileIsKeptAside) {
  std::string bytes = bytes_with({"first", "second", "third"});
  bytes[kJournalHeaderBytes + 33] ^= 1;
  disk_.write_file(kPath, bytes);
  const auto opened = open();
  EXPECT_EQ(opened.damage,
            "the state file '/state/journal' is damaged at byte 32: it was kept as "
            "'/state/journal.damaged-1', and the last good state before the damage is used");
  EXPECT_EQ(disk_.content("/state/journal.damaged-1"), bytes);
  EXPECT_TRUE(opened.records.empty());

  disk_.write_file(kPath, bytes);
  open();
  EXPECT_TRUE(disk_.exists("/state/journal.damaged-2"));
}

TEST_F(JournalTest, AnotherKindOfJournalIsNotTakenForOurs) {
  disk_.write_file(kPath, bytes_with({"x"}));
  const auto opened = Journal::open(disk_, kPath, JournalKind::kIdentities);
  ASSERT_TRUE(opened);
  EXPECT_NE(opened->damage, "");
  EXPECT_TRUE(opened->records.empty());
}

TEST_F(JournalTest, AnotherVersionIsAnErrorAndNothingIsTouched) {
  for (const auto& [version, which] : {std::pair(1u, "an older"), std::pair(3u, "a newer")}) {
    const std::string bytes = encode_journal_header(JournalKind::kConsumer, version) + "whatever";
    disk_.write_file(kPath, bytes);
    const auto opened = Journal::open(disk_, kPath, JournalKind::kConsumer);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().message,
              std::string("cannot use '/state/journal': it was written by ") + which +
                  " version of sawlog (format " + std::to_string(version) +
                  ", this version knows 2)");
    EXPECT_EQ(disk_.content(kPath), bytes);
    disk_.unlink(kPath);
  }
}

TEST_F(JournalTest, WhatAppendReturnedSurvivesAPowerCut) {
  for (const uint64_t kept : {0u, 1u, 20u, 1000u}) {
    auto opened = open();
    ASSERT_TRUE(opened.journal->append(1, "x"));
    disk_.crash(kept);
    EXPECT_EQ(read(), Payloads(1, "x"));
    disk_.unlink(kPath);
  }
}

// A power cut, or an error, at every call that changes the disk: afterwards the journal holds what
// was confirmed, or that and what was on its way.
TEST_F(JournalTest, SurvivesAFaultAtEveryCall) {
  for (const bool is_power_cut : {false, true}) {
    for (uint64_t call = 0; call < 12; ++call) {
      tests::FakeFilesystem disk{clock_};
      disk.make_directory("/state");
      Payloads confirmed;
      Payloads attempted;
      disk.fail_change(call, EIO, is_power_cut);
      if (auto opened = Journal::open(disk, kPath, JournalKind::kConsumer)) {
        const auto note = [&](const base::Expected<void>& done, const Payloads& want) {
          attempted = want;
          if (done) confirmed = want;
        };
        note(opened->journal->append(1, "a"), {"a"});
        note(opened->journal->rewrite({{1, "b"}}), {"b"});
        if (!opened->journal->needs_rewrite()) {
          note(opened->journal->append(1, "c"), {"b", "c"});
        }
      }
      if (is_power_cut) disk.crash(call);
      disk.fail_change(1000, EIO);
      auto again = Journal::open(disk, kPath, JournalKind::kConsumer);
      ASSERT_TRUE(again) << again.error().message;
      EXPECT_EQ(again->damage, "") << call;
      EXPECT_TRUE(payloads(*again) == confirmed || payloads(*again) == attempted)
          << call << ' ' << is_power_cut;
    }
  }
}

TEST_F(JournalTest, AfterAFailedAppendOnlyARewriteIsAccepted) {
  auto opened = open();
  ASSERT_TRUE(opened.journal->append(1, "a"));
  disk_.set_free_bytes(10);
  const auto failed = opened.journal->append(1, "b");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, base::ErrorCode::kNoSpace);
  EXPECT_TRUE(opened.journal->needs_rewrite());
  EXPECT_FALSE(opened.journal->append(1, "b"));
  EXPECT_FALSE(opened.journal->rewrite({{1, "a"}, {1, "b"}}));
  disk_.set_free_bytes(UINT64_MAX);
  EXPECT_TRUE(opened.journal->rewrite({{1, "a"}, {1, "b"}}));
  EXPECT_TRUE(opened.journal->append(1, "c"));
  EXPECT_EQ(read(), (Payloads{"a", "b", "c"}));
}

TEST_F(JournalTest, AReadOnlyDiskIsAnErrorThatSaysSo) {
  open();
  disk_.set_fault([](std::string_view call, const std::string&) -> std::optional<int> {
    if (call == "open") return EROFS;
    return std::nullopt;
  });
  const auto opened = Journal::open(disk_, kPath, JournalKind::kConsumer);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "cannot open '/state/journal': Read-only file system");
}

}  // namespace
}  // namespace sawlog::agent
