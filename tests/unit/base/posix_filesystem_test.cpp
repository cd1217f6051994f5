#include "lib/base/posix_filesystem.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "lib/base/proc_descriptors.h"

namespace sawlog::base {
namespace {

class PosixFilesystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::absolute(SAWLOG_BINARY_DIR).string() + "/posix_filesystem_test." +
            std::to_string(getpid());
    std::filesystem::remove_all(root_);
    ASSERT_TRUE(disk_.create_directories(root_));
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }

  PosixFilesystem disk_;
  std::string root_;
};

TEST_F(PosixFilesystemTest, WritesAndReads) {
  auto file = disk_.open(path("f"), OpenMode::kAppend);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE((*file)->append("hello "));
  ASSERT_TRUE((*file)->append("world"));
  ASSERT_TRUE((*file)->sync_data());
  std::string bytes(100, '\0');
  EXPECT_EQ((*file)->read_at(6, bytes), 5u);
  EXPECT_EQ(bytes.substr(0, 5), "world");
  EXPECT_EQ((*file)->read_at(100, bytes), 0u);
  ASSERT_TRUE((*file)->truncate(5));
  ASSERT_TRUE((*file)->append("!"));
  EXPECT_EQ((*file)->read_at(0, bytes), 6u);
  EXPECT_EQ(bytes.substr(0, 6), "hello!");
  EXPECT_EQ(disk_.stat(path("f"))->size_bytes, 6u);
  EXPECT_EQ(std::filesystem::status(path("f")).permissions(), std::filesystem::perms(0600));
}

TEST_F(PosixFilesystemTest, OpenModes) {
  write("f", "text");
  EXPECT_TRUE(disk_.open(path("f"), OpenMode::kRead));
  EXPECT_FALSE(disk_.open(path("f"), OpenMode::kCreateNew));
  EXPECT_TRUE(disk_.open(path("new"), OpenMode::kCreateNew));
  EXPECT_TRUE(disk_.open(path("f"), OpenMode::kTruncate));
  EXPECT_EQ(disk_.stat(path("f"))->size_bytes, 0u);
  const auto missing = disk_.open(path("missing"), OpenMode::kRead);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message,
            "cannot open '" + path("missing") + "': No such file or directory");
  // A FIFO without a writer would block for ever.
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_TRUE(disk_.open(path("fifo"), OpenMode::kRead));
  EXPECT_FALSE(disk_.stat(path("fifo"))->is_regular);
}

TEST_F(PosixFilesystemTest, NamesAndInodes) {
  write("a", "x");
  const auto a = disk_.stat(path("a"));
  ASSERT_TRUE(a);
  EXPECT_TRUE(a->is_regular);
  EXPECT_EQ(a->link_count, 1u);
  std::filesystem::create_hard_link(path("a"), path("b"));
  std::filesystem::create_symlink("a", path("l"));
  EXPECT_EQ(disk_.stat(path("l"))->inode, a->inode);
  EXPECT_EQ(disk_.stat(path("l"))->link_count, 2u);
  EXPECT_GT(disk_.stat(path("a"))->changed_unix_ns, 0);
  EXPECT_EQ(disk_.real_path(path("l")), std::filesystem::canonical(path("a")).string());
  ASSERT_TRUE(disk_.create_directories(path("d/e/f")));
  ASSERT_TRUE(disk_.create_directories(path("d/e/f")));
  EXPECT_FALSE(disk_.create_directories(path("a/b")));
  auto entries = disk_.list(root_);
  ASSERT_TRUE(entries);
  std::ranges::sort(*entries, {}, &DirectoryEntry::name);
  ASSERT_EQ(entries->size(), 4u);
  EXPECT_EQ((*entries)[2].name, "d");
  EXPECT_TRUE((*entries)[2].is_directory);
  EXPECT_TRUE((*entries)[3].is_link);
  EXPECT_FALSE((*entries)[0].is_link);
  ASSERT_TRUE(disk_.rename(path("a"), path("c")));
  ASSERT_TRUE(disk_.remove(path("b")));
  ASSERT_TRUE(disk_.sync_directory(root_));
  EXPECT_FALSE(disk_.stat(path("a")));
  EXPECT_FALSE(disk_.remove(path("b")));
  EXPECT_GT(*disk_.free_bytes(root_), 0u);
}

TEST_F(PosixFilesystemTest, KnowsWhetherSomebodyMayStillWrite) {
  write("f", "text");
  auto file = disk_.open(path("f"), OpenMode::kRead);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->writer_state(), WriterState::kNone);
  const int reader = open(path("f").c_str(), O_RDONLY);
  EXPECT_EQ((*file)->writer_state(), WriterState::kNone);
  const int writer = open(path("f").c_str(), O_WRONLY | O_APPEND);
  EXPECT_EQ((*file)->writer_state(), WriterState::kSome);
  ASSERT_TRUE(disk_.remove(path("f")));
  EXPECT_EQ((*file)->writer_state(), WriterState::kSome);
  EXPECT_EQ((*file)->stat()->link_count, 0u);
  close(writer);
  EXPECT_EQ((*file)->writer_state(), WriterState::kNone);
  close(reader);
}

// The lease must never be in the way of a writer, nor its signal end us.
TEST_F(PosixFilesystemTest, AskingForWritersDisturbsNobody) {
  write("f", "");
  auto file = disk_.open(path("f"), OpenMode::kRead);
  ASSERT_TRUE(file);
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 2000; ++i) {
      const int writer = open(path("f").c_str(), O_WRONLY | O_APPEND);
      if (writer < 0 || ::write(writer, "x", 1) != 1) _exit(1);
      close(writer);
    }
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    static_cast<void>((*file)->writer_state());
  }
  EXPECT_EQ(status, 0);
  EXPECT_EQ((*file)->writer_state(), WriterState::kNone);
  EXPECT_EQ((*file)->stat()->size_bytes, 2000u);
}

TEST_F(PosixFilesystemTest, WritersInProc) {
  write("f", "text");
  const auto status = disk_.stat(path("f"));
  ASSERT_TRUE(status);
  EXPECT_NE(writers_in_proc(status->device, status->inode), WriterState::kSome);
  const int reader = open(path("f").c_str(), O_RDONLY);
  EXPECT_NE(writers_in_proc(status->device, status->inode), WriterState::kSome);
  const int writer = open(path("f").c_str(), O_WRONLY);
  EXPECT_EQ(writers_in_proc(status->device, status->inode), WriterState::kSome);
  close(writer);
  close(reader);
}

TEST_F(PosixFilesystemTest, OpensAFileWithoutAName) {
  write("f", "still here");
  const auto status = disk_.stat(path("f"));
  ASSERT_TRUE(status);
  const int writer = open(path("f").c_str(), O_WRONLY | O_APPEND);
  ASSERT_TRUE(disk_.remove(path("f")));
  auto file = disk_.open_unnamed(status->device, status->inode);
  ASSERT_TRUE(file) << file.error().message;
  std::string bytes(20, '\0');
  EXPECT_EQ((*file)->read_at(0, bytes), 10u);
  EXPECT_EQ((*file)->writer_state(), WriterState::kSome);
  close(writer);
  EXPECT_EQ((*file)->writer_state(), WriterState::kNone);
  file->reset();
  const auto gone = disk_.open_unnamed(status->device, status->inode);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sawlog::base
