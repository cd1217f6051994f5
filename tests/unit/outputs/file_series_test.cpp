#include "outputs/file_series.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::outputs {
namespace {

class FileSeriesTest : public testing::Test {
 protected:
  FileSeriesTest() { disk_.make_directory("/out"); }

  // As after a start of the agent.
  base::Expected<void> start(uint32_t keep = 7) {
    series_ = std::make_unique<FileSeries>(disk_, clock_, "/out/log", keep);
    return series_->restore(saved_);
  }
  void save() {
    saved_ = series_->save_state();
    series_->saved();
  }
  void append(std::string_view bytes) {
    const auto appended = series_->append(bytes);
    ASSERT_TRUE(appended) << appended.error().message;
  }
  void next_file() {
    save();
    series_->end_file();
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
  std::unique_ptr<FileSeries> series_;
  std::string saved_;
};

TEST_F(FileSeriesTest, NamesFollowTheOrder) {
  ASSERT_TRUE(start());
  EXPECT_TRUE(series_->needs_save()) << "the first name must be known as ours before it is used";
  save();
  append("a");
  next_file();
  append("b");
  next_file();
  append("c");
  EXPECT_EQ(disk_.content("/out/log"), "a");
  EXPECT_EQ(disk_.content("/out/log.000001"), "b");
  EXPECT_EQ(disk_.content("/out/log.000002"), "c");
}

TEST_F(FileSeriesTest, CutsToTheSavedSizeAndRemovesLaterFiles) {
  ASSERT_TRUE(start());
  save();
  append("saved ");
  save();
  append("not saved");
  ASSERT_TRUE(start());
  EXPECT_EQ(disk_.content("/out/log"), "saved ");
  append("again");
  EXPECT_EQ(disk_.content("/out/log"), "saved again");
  next_file();
  append("not saved");
  ASSERT_TRUE(start());
  EXPECT_FALSE(disk_.exists("/out/log.000001"));
  EXPECT_TRUE(series_->take_notices().empty());
}

TEST_F(FileSeriesTest, TheFirstFileOfACrashedFirstRunIsOurs) {
  ASSERT_TRUE(start());
  save();
  append("not saved");
  ASSERT_TRUE(start());
  EXPECT_FALSE(disk_.exists("/out/log"));
  append("again");
  EXPECT_EQ(disk_.content("/out/log"), "again");
}

TEST_F(FileSeriesTest, FilesFromBeforeTheFirstStartStay) {
  disk_.write_file("/out/log", "old");
  disk_.write_file("/out/log.000004", "old");
  disk_.write_file("/out/log.gz", "not of this series");
  ASSERT_TRUE(start());
  save();
  append("new");
  EXPECT_EQ(disk_.content("/out/log"), "old");
  EXPECT_EQ(disk_.content("/out/log.000004"), "old");
  EXPECT_EQ(disk_.content("/out/log.000005"), "new");
}

// What happened to the file while the agent was down, and what is said about it.
TEST_F(FileSeriesTest, NeverExtendsAFileThatIsNotAsSaved) {
  const auto check = [&](const char* what, const std::function<void()>& happens,
                         const char* want_content, const char* want_notice) {
    SCOPED_TRACE(what);
    saved_.clear();
    for (const char* name : {"/out/log", "/out/log.000001"}) {
      if (disk_.exists(name)) disk_.unlink(name);
    }
    ASSERT_TRUE(start());
    save();
    append("0123456789");
    save();
    happens();
    ASSERT_TRUE(start());
    const auto notices = series_->take_notices();
    ASSERT_EQ(notices.size(), 1);
    EXPECT_NE(notices[0].find(want_notice), std::string::npos) << notices[0];
    append("new");
    EXPECT_EQ(disk_.content("/out/log.000001"), "new");
    EXPECT_EQ(disk_.exists("/out/log") ? disk_.content("/out/log") : "-", want_content);
    save();
    ASSERT_TRUE(start());
    EXPECT_TRUE(series_->take_notices().empty()) << "told once";
    append("er");
    EXPECT_EQ(disk_.content("/out/log.000001"), "newer");
  };
  check(
      "shorter", [&] { disk_.truncate_file("/out/log", 9); }, "012345678",
      "9 bytes of the 10 that were delivered");
  check("gone", [&] { disk_.unlink("/out/log"); }, "-", "it is gone");
  check(
      "replaced",
      [&] {
        disk_.unlink("/out/log");
        disk_.write_file("/out/log", "0123456789 of somebody else");
      },
      "0123456789 of somebody else", "not the file that was written before");
}

TEST_F(FileSeriesTest, NoticesWhatHappensToTheFileWhileItIsWritten) {
  const auto check = [&](const char* what, const std::function<void()>& happens,
                         const char* want_notice) {
    SCOPED_TRACE(what);
    saved_.clear();
    for (const char* name : {"/out/log", "/out/log.000001"}) {
      if (disk_.exists(name)) disk_.unlink(name);
    }
    ASSERT_TRUE(start());
    save();
    append("first");
    happens();
    append("second");
    EXPECT_EQ(disk_.content("/out/log.000001"), "second");
    const auto notices = series_->take_notices();
    ASSERT_EQ(notices.size(), 1);
    EXPECT_NE(notices[0].find(want_notice), std::string::npos) << notices[0];
  };
  check("moved away", [&] { disk_.move("/out/log", "/out/elsewhere"); }, "gone");
  check("truncated", [&] { disk_.truncate_file("/out/log"); }, "somebody else");
  check("written to", [&] { disk_.append_to("/out/log", "!"); }, "somebody else");
  check(
      "replaced",
      [&] {
        disk_.write_file("/out/new", "");
        disk_.move("/out/new", "/out/log");
      },
      "another file");
}

TEST_F(FileSeriesTest, ANumberThatSomebodyTookIsLeftToThem) {
  ASSERT_TRUE(start());
  save();
  disk_.write_file("/out/log", "theirs");
  ASSERT_FALSE(series_->append("ours"));
  EXPECT_TRUE(series_->needs_save()) << "or a crash would make the file ours";
  save();
  append("ours");
  ASSERT_TRUE(start());
  EXPECT_EQ(disk_.content("/out/log"), "theirs");
}

TEST_F(FileSeriesTest, AFileGrowsOldOverRestarts) {
  ASSERT_TRUE(start());
  save();
  EXPECT_EQ(series_->age_ns(), 0) << "there is none";
  clock_.advance_seconds(100);
  append("a");
  EXPECT_EQ(series_->age_ns(), 0);
  save();
  clock_.advance_seconds(50);
  append("b");
  EXPECT_EQ(series_->age_ns(), 50 * base::kNsPerSecond);
  ASSERT_TRUE(start());
  EXPECT_EQ(series_->age_ns(), 50 * base::kNsPerSecond);
  next_file();
  EXPECT_EQ(series_->age_ns(), 0);
  append("c");
  EXPECT_EQ(series_->age_ns(), 0);
}

TEST_F(FileSeriesTest, KeepsTheNewestFullFiles) {
  ASSERT_TRUE(start(2));
  save();
  for (int i = 0; i < 6; ++i) {
    append("x");
    next_file();
  }
  append("x");
  save();
  std::vector<std::string> names;
  const auto listed = disk_.list("/out");
  for (const auto& entry : *listed) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"log.000004", "log.000005", "log.000006"}));
}

TEST_F(FileSeriesTest, DoesNotRemoveAFileThatTookAnOldName) {
  ASSERT_TRUE(start(0));
  save();
  append("x");
  save();
  disk_.unlink("/out/log");
  disk_.write_file("/out/log", "theirs");
  series_->end_file();
  append("y");
  save();
  EXPECT_EQ(disk_.content("/out/log"), "theirs");
}

TEST_F(FileSeriesTest, AFailedWriteLeavesNothingBehind) {
  ASSERT_TRUE(start());
  save();
  append("whole");
  disk_.set_free_bytes(3);
  const auto refused = series_->append("partial");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kNoSpace);
  EXPECT_EQ(disk_.content("/out/log"), "whole");
  disk_.set_free_bytes(UINT64_MAX);
  append(" again");
  EXPECT_EQ(disk_.content("/out/log"), "whole again");
  EXPECT_TRUE(series_->take_notices().empty());
}

TEST_F(FileSeriesTest, RefusesAStateThatIsNotOne) {
  for (const char* state :
       {"?", "sawlog files 1\nnext ", "sawlog files 1\nnext x\n", "sawlog files 1\nnext 1\n0 5",
        "sawlog files 1\nnext 1\n0 5 7\n", "sawlog files 1\nnext 1\n0 5 7 9",
        "sawlog files 1\nnext 1\n1 5 7 9\n"}) {
    saved_ = state;
    const auto restored = start();
    ASSERT_FALSE(restored) << state;
    EXPECT_EQ(restored.error().code, base::ErrorCode::kCorrupt);
  }
}

}  // namespace
}  // namespace sawlog::outputs
