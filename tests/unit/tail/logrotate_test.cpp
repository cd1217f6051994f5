// The real logrotate on the real file system, driven step by step.

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <unistd.h>

#include <gtest/gtest.h>

#include "lib/base/posix_filesystem.h"
#include "tests/unit/tail/tail_rig.h"

namespace sawlog::agent {
namespace {

// A service that keeps its file open, as Python's logging does.
class Service {
 public:
  explicit Service(std::string path) : path_(std::move(path)) { reopen(); }
  ~Service() { close(descriptor_); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void reopen() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ASSERT_GE(descriptor_, 0);
  }
  void log(Lines& written, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      written.push_back("{\"message\":\"line " + std::to_string(1'000'000 + written.size()) +
                        "\"}");
      text += written.back() + "\n";
    }
    ASSERT_EQ(write(descriptor_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

 private:
  const std::string path_;
  int descriptor_ = -1;
};

class LogrotateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("logrotate --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no logrotate";
    root_ = std::filesystem::absolute(SAWLOG_BINARY_DIR).string() + "/logrotate_test." +
            std::to_string(getpid());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/log");
    std::filesystem::permissions(root_ + "/log", std::filesystem::perms(0755));
    rig_ = std::make_unique<TailRig>(disk_, clock_, root_ + "/log", root_ + "/state");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void configure(const std::string& directives) const {
    const std::string path = root_ + "/logrotate.conf";
    std::ofstream(path) << root_ << "/log/app.log {\n" << directives << "\n}\n";
    std::filesystem::permissions(path, std::filesystem::perms(0644));
  }
  void rotate() const {
    const std::string command =
        "logrotate --force --state " + root_ + "/logrotate.state " + root_ + "/logrotate.conf";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  // Rotations; before each, lines are written and some of them read.
  void run(const std::string& directives, bool reopens, bool kills, int rotations = 10) {
    configure(directives);
    Service service(root_ + "/log/app.log");
    rig_->start();
    rig_->look();
    for (int i = 0; i < rotations; ++i) {
      service.log(written_, 100);
      rig_->read(1000);
      const bool is_down = kills && i % 4 == 1;
      if (is_down) rig_->kill();
      service.log(written_, 50);
      rotate();
      if (!is_down) rig_->look();
      service.log(written_, 20);  // into the rotated inode: the service does not know yet
      if (is_down) rig_->start();
      rig_->look_and_read();
      if (reopens) service.reopen();
      service.log(written_, 20);
      if (kills && i % 4 == 2) rig_->restart();
      rig_->look();
    }
    service.reopen();
    rig_->settle();
    std::ranges::sort(written_);
    const Lines got = rig_->sorted_lines();
    Lines lost;
    Lines twice;
    std::ranges::set_difference(written_, got, std::back_inserter(lost));
    std::ranges::set_difference(got, written_, std::back_inserter(twice));
    EXPECT_EQ(lost.size(), 0u) << "first " << lost.front();
    EXPECT_EQ(twice.size(), 0u) << "first " << twice.front();
    EXPECT_TRUE(rig_->errors().empty()) << rig_->errors().front();
    EXPECT_EQ(rig_->counters().ends_by_timeout, 0u);
  }

  base::PosixFilesystem disk_;
  tests::FakeClock clock_;
  std::string root_;
  std::unique_ptr<TailRig> rig_;
  Lines written_;
};

constexpr const char* kGuide = "rotate 20\ncompress\nmissingok\nnotifempty";

TEST_F(LogrotateTest, CompressWithoutCreate) {
  run(kGuide, true, false);
}

TEST_F(LogrotateTest, CompressWithoutCreateAndAServiceThatNeverReopens) {
  run(kGuide, false, false);
}

TEST_F(LogrotateTest, CompressWithoutCreateKilled) {
  run(kGuide, true, true);
}

TEST_F(LogrotateTest, DelayCompressKilled) {
  run("rotate 20\ncompress\ndelaycompress\nmissingok\nnotifempty", true, true);
}

// logrotate cannot make two names in one second: one rotation.
TEST_F(LogrotateTest, CreateAndDateext) {
  run("rotate 20\ncreate 0644\ndateext\ndateformat -%Y%m%d-%s\ncompress", true, true, 1);
}

TEST_F(LogrotateTest, CopyTruncate) {
  run("rotate 20\ncopytruncate\nmissingok", false, true);
}

TEST_F(LogrotateTest, CopyTruncateCompress) {
  run("rotate 20\ncopytruncate\ncompress\nmissingok", false, true);
}

TEST_F(LogrotateTest, CompressWithZstd) {
  run("rotate 20\ncompress\ncompresscmd /usr/bin/zstd\ncompressext .zst\ncompressoptions -q", true,
      true);
}

TEST_F(LogrotateTest, CompressWithXz) {
  run("rotate 20\ncompress\ncompresscmd /usr/bin/xz\ncompressext .xz\ndelaycompress", true, true);
}

}  // namespace
}  // namespace sawlog::agent
