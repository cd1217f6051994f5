#include "agent/tail/directory_watcher.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

class DirectoryWatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::absolute(SAWLOG_BINARY_DIR).string() + "/watcher_test." +
            std::to_string(getpid());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/a");
    std::filesystem::create_directories(root_ + "/b");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void write(const std::string& name) const {
    std::ofstream(root_ + "/" + name, std::ios::app) << "x\n" << std::flush;
  }
  std::string root_;
};

TEST_F(DirectoryWatcherTest, TellsThatSomethingChanged) {
  DirectoryWatcher watcher;
  ASSERT_GE(watcher.fd(), 0);
  watcher.watch({root_ + "/a"});
  EXPECT_FALSE(watcher.drain());
  write("a/f");
  EXPECT_TRUE(watcher.drain());
  EXPECT_FALSE(watcher.drain());
  write("a/f");
  EXPECT_TRUE(watcher.drain());
  std::filesystem::rename(root_ + "/a/f", root_ + "/a/f.1");
  EXPECT_TRUE(watcher.drain());
  std::filesystem::remove(root_ + "/a/f.1");
  EXPECT_TRUE(watcher.drain());
  write("b/f");
  EXPECT_FALSE(watcher.drain());
}

TEST_F(DirectoryWatcherTest, WatchesWhatItIsTold) {
  DirectoryWatcher watcher;
  watcher.watch({root_ + "/a", root_ + "/b", root_ + "/missing"});
  EXPECT_EQ(watcher.unwatched_count(), 1u);
  watcher.watch({root_ + "/b"});
  EXPECT_EQ(watcher.unwatched_count(), 0u);
  watcher.drain();
  write("a/f");
  EXPECT_FALSE(watcher.drain());
  write("b/f");
  EXPECT_TRUE(watcher.drain());
}

TEST_F(DirectoryWatcherTest, AnOverflowIsJustAHint) {
  DirectoryWatcher watcher;
  watcher.watch({root_ + "/a"});
  for (int i = 0; i < 9000; ++i) {  // more than fs.inotify.max_queued_events would need it to be
    write("a/f" + std::to_string(i % 2));
  }
  EXPECT_TRUE(watcher.drain());
  EXPECT_FALSE(watcher.drain());
  write("a/f");
  EXPECT_TRUE(watcher.drain());
}

}  // namespace
}  // namespace sawlog::agent
