// A file among others who move, cut and write it.
#include "lib/src/log_file.h"

#include <csignal>
#include <set>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/unit/lib/log_directory.h"

namespace sawlog {
namespace {

constexpr mode_t kMode = 0640;

TEST(LogFile, FollowsARenameWithoutCreate) {
  const LogDirectory logs;
  LogFile file(logs.path("log"), kMode);
  ASSERT_TRUE(file.open());
  EXPECT_TRUE(file.write("one\n"));
  logs.rename("log", "log.1");
  EXPECT_TRUE(file.write("two\n"));
  EXPECT_EQ(logs.text("log.1"), "one\n");
  EXPECT_EQ(logs.text("log"), "two\n");
}

TEST(LogFile, FollowsARenameWithCreate) {
  const LogDirectory logs;
  LogFile file(logs.path("log"), kMode);
  ASSERT_TRUE(file.open());
  EXPECT_TRUE(file.write("one\n"));
  logs.rename("log", "log.1");
  std::ofstream(logs.path("log")).flush();
  EXPECT_TRUE(file.write("two\n"));
  EXPECT_EQ(logs.text("log.1"), "one\n");
  EXPECT_EQ(logs.text("log"), "two\n");
}

TEST(LogFile, GoesOnAtTheBeginningAfterCopytruncate) {
  const LogDirectory logs;
  LogFile file(logs.path("log"), kMode);
  ASSERT_TRUE(file.open());
  EXPECT_TRUE(file.write("one\n"));
  std::filesystem::resize_file(logs.path("log"), 0);
  EXPECT_TRUE(file.write("two\n"));
  EXPECT_EQ(logs.text("log"), "two\n");
}

TEST(LogFile, ComesBackAfterItsDirectoryDid) {
  const LogDirectory logs;
  LogFile file(logs.path("d/log"), kMode);
  ASSERT_TRUE(file.open());
  std::filesystem::remove_all(logs.path("d"));
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(file.write("one\n"));
  EXPECT_FALSE(file.write("two\n"));
  EXPECT_TRUE(file.has_pending());
  std::filesystem::create_directory(logs.path("d"));
  EXPECT_TRUE(file.write("three\n"));
  EXPECT_EQ(logs.text("d/log"), "one\ntwo\nthree\n");
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2) << said;  // trouble, and its end
}

TEST(LogFile, LetsGoOfARotatedFileWithoutWritingOne) {
  const LogDirectory logs;
  LogFile file(logs.path("log"), kMode);
  ASSERT_TRUE(file.open());
  logs.rename("log", "log.1");
  file.release_if_rotated();
  EXPECT_FALSE(std::filesystem::exists(logs.path("log")));
  EXPECT_TRUE(file.write("one\n"));
  EXPECT_EQ(logs.text("log"), "one\n");
}

TEST(LogFile, ReopensWhenTold) {
  const LogDirectory logs;
  LogFile file(logs.path("log"), kMode);
  ASSERT_TRUE(file.open());
  file.reopen();
  EXPECT_TRUE(file.write("one\n"));
  EXPECT_EQ(logs.text("log"), "one\n");
}

TEST(LogFile, EndsALineThatSomebodyElseTore) {
  const LogDirectory logs;
  std::ofstream(logs.path("log")) << "torn";
  LogFile file(logs.path("log"), kMode);
  ASSERT_TRUE(file.open());
  EXPECT_TRUE(file.write("one\n"));
  EXPECT_EQ(logs.text("log"), "torn\none\n");
}

TEST(LogFile, CountsWhatItCannotKeep) {
  ::testing::internal::CaptureStderr();
  LogFile file("/proc/no/such", kMode);
  const std::string line = joined({std::string(1'023, 'x'), "\n"});
  for (int i = 0; i < 1'100; ++i) EXPECT_FALSE(file.write(line));
  EXPECT_EQ(file.take_lost_lines(), 1'100U - 1'024U);
  EXPECT_EQ(file.take_lost_lines(), 0U);
  ::testing::internal::GetCapturedStderr();
}

// A disk that is full after `bytes`, for this process.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    ::testing::internal::CaptureStderr();
  }
  ~FullDisk() { end(); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  void end() {
    if (is_over_) return;
    is_over_ = true;
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
    ::testing::internal::GetCapturedStderr();
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
  bool is_over_ = false;
};

TEST(LogFile, CompletesALineWhenTheDiskHasRoomAgain) {
  const LogDirectory logs;
  LogFile file(logs.path("log"), kMode);
  ASSERT_TRUE(file.open());
  FullDisk disk(10);
  EXPECT_FALSE(file.write("first\nsecond\n"));
  EXPECT_FALSE(file.write("third\n"));
  EXPECT_EQ(logs.text("log"), "first\nseco");
  disk.end();
  EXPECT_TRUE(file.write_pending());
  EXPECT_EQ(logs.text("log"), "first\nsecond\nthird\n");
}

TEST(LogFile, RepeatsATornLineOnItsOwnWhenOthersWroteBehindIt) {
  const LogDirectory logs;
  LogFile file(logs.path("log"), kMode);
  ASSERT_TRUE(file.open());
  FullDisk disk(10);
  EXPECT_FALSE(file.write("first\nsecond\n"));
  disk.end();
  std::ofstream(logs.path("log"), std::ios::app) << "of another\n";
  EXPECT_TRUE(file.write("third\n"));
  EXPECT_EQ(logs.text("log"), "first\nsecoof another\n\nsecond\nthird\n");
}

TEST(LogFile, RepeatsATornLineInTheNextFile) {
  const LogDirectory logs;
  LogFile file(logs.path("log"), kMode);
  ASSERT_TRUE(file.open());
  FullDisk disk(10);
  EXPECT_FALSE(file.write("first\nsecond\n"));
  disk.end();
  logs.rename("log", "log.1");
  EXPECT_TRUE(file.write("third\n"));
  EXPECT_EQ(logs.text("log.1"), "first\nseco");
  EXPECT_EQ(logs.text("log"), "second\nthird\n");
}

void write_lines_while_rotating(const std::string& path, int process) {
  LogFile file(path, kMode);
  for (int i = 0; i < 3'000; ++i) {
    const std::string line = std::to_string(process) + " " + std::to_string(i) + "\n";
    if (!file.write(line)) std::_Exit(1);
  }
  std::_Exit(0);
}

TEST(LogFile, SeveralProcessesAndRotationsLoseAndTearNothing) {
  const LogDirectory logs;
  constexpr int kProcesses = 3;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t child = fork();
    if (child == 0) write_lines_while_rotating(logs.path("log"), process);
    children.push_back(child);
  }
  int rotations = 0;
  size_t running = children.size();
  while (running > 0) {
    int status = 0;
    if (waitpid(-1, &status, WNOHANG) > 0) {
      EXPECT_EQ(status, 0);
      --running;
    }
    std::error_code missing;
    std::filesystem::rename(logs.path("log"), logs.path("log." + std::to_string(rotations)),
                            missing);
    if (!missing) ++rotations;
  }
  std::multiset<std::string> lines;
  for (int i = 0; i < rotations; ++i) {
    for (const std::string& line : logs.lines("log." + std::to_string(i))) lines.insert(line);
  }
  for (const std::string& line : logs.lines("log")) lines.insert(line);
  EXPECT_EQ(lines.size(), size_t{kProcesses * 3'000});
  for (int process = 0; process < kProcesses; ++process) {
    for (int i = 0; i < 3'000; ++i) {
      ASSERT_EQ(lines.count(std::to_string(process) + " " + std::to_string(i)), 1U);
    }
  }
}

}  // namespace
}  // namespace sawlog
