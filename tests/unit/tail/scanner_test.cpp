#include "agent/tail/scanner.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

class ScannerTest : public ::testing::Test {
 protected:
  ScannerTest() { disk_.make_directory("/log"); }

  Look look(const std::vector<std::string>& paths, const std::vector<std::string>& exclude = {}) {
    return Scanner(disk_, {{paths, exclude}}).look();
  }
  // "path" or "path~base" of a sibling.
  static std::set<std::string> names(const Look& look) {
    std::set<std::string> result;
    for (const FoundFile& file : look.files) {
      for (const FoundName& name : file.names) {
        result.insert(name.is_sibling ? name.path + "~" + name.base : name.path);
      }
    }
    return result;
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
};

TEST_F(ScannerTest, FindsFilesAndTheirSiblings) {
  for (const char* name : {"app.log", "app.log.1", "app.log.2.gz", "other.log", "app.txt",
                           "gone.log-20261120.xz", ".hidden.log"}) {
    disk_.write_file(std::string("/log/") + name, "x");
  }
  EXPECT_EQ(names(look({"/log/*.log"})),
            (std::set<std::string>{"/log/app.log", "/log/app.log.1~/log/app.log",
                                   "/log/app.log.2.gz~/log/app.log", "/log/other.log",
                                   "/log/gone.log-20261120.xz~/log/gone.log"}));
  EXPECT_EQ(names(look({"/log/app.log"})),
            (std::set<std::string>{"/log/app.log", "/log/app.log.1~/log/app.log",
                                   "/log/app.log.2.gz~/log/app.log"}));
  EXPECT_EQ(names(look({"/log/*.log"}, {"/log/app*"})),
            (std::set<std::string>{"/log/other.log", "/log/gone.log-20261120.xz~/log/gone.log"}));
}

TEST_F(ScannerTest, CrossesDirectories) {
  disk_.make_directory("/log/a/b");
  disk_.make_directory("/log/.git");
  disk_.write_file("/log/x.log", "");
  disk_.write_file("/log/a/x.log", "");
  disk_.write_file("/log/a/b/x.log", "");
  disk_.write_file("/log/.git/x.log", "");
  EXPECT_EQ(names(look({"/log/**/*.log"})),
            (std::set<std::string>{"/log/x.log", "/log/a/x.log", "/log/a/b/x.log"}));
  EXPECT_EQ(names(look({"/log/*/x.log"})), std::set<std::string>{"/log/a/x.log"});
  EXPECT_EQ(names(look({"/nowhere/*.log"})), std::set<std::string>{});
}

TEST_F(ScannerTest, OneInodeIsOneFile) {
  disk_.write_file("/log/a.log", "");
  disk_.link("/log/a.log", "/log/b.log");
  disk_.symlink("a.log", "/log/c.log");
  const Look result = look({"/log/*.log", "/log/a.*"});
  ASSERT_EQ(result.files.size(), 1u);
  EXPECT_EQ(names(result), (std::set<std::string>{"/log/a.log", "/log/b.log", "/log/c.log"}));
}

// As in Kubernetes: the container's log is a link, and is rotated where it really is.
TEST_F(ScannerTest, FollowsLinksToTheSiblings) {
  disk_.make_directory("/pods/x");
  disk_.write_file("/pods/x/0.log", "");
  disk_.write_file("/pods/x/0.log.20261121-070655.gz", "");
  disk_.write_file("/pods/x/1.log.1", "");
  disk_.symlink("/pods/x/0.log", "/log/pod.log");
  const Look result = look({"/log/*.log"});
  EXPECT_EQ(names(result), (std::set<std::string>{
                               "/log/pod.log", "/pods/x/0.log.20261121-070655.gz~/pods/x/0.log"}));
  EXPECT_EQ(result.directories, (std::vector<std::string>{"/log", "/pods/x"}));
}

TEST_F(ScannerTest, DirectoriesAndBrokenLinksAreNoFiles) {
  disk_.make_directory("/log/dir.log");
  disk_.symlink("/nowhere", "/log/broken.log");
  disk_.symlink("loop.log", "/log/loop.log");
  EXPECT_EQ(names(look({"/log/*.log"})), std::set<std::string>{});
}

TEST_F(ScannerTest, SaysWhatItCouldNotSee) {
  disk_.write_file("/log/a.log", "");
  disk_.set_fault([](std::string_view call, const std::string&) -> std::optional<int> {
    if (call == "list") return EACCES;
    return std::nullopt;
  });
  const Look result = look({"/log/*.log"});
  EXPECT_TRUE(result.files.empty());
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[0].message, "cannot list '/log': Permission denied");
  EXPECT_TRUE(result.may_have_missed("/log/a.log"));
  EXPECT_TRUE(result.may_have_missed("/log/b/a.log"));
  EXPECT_FALSE(result.may_have_missed("/logs/a.log"));
  EXPECT_EQ(names(look({"/log/a.log"})), std::set<std::string>{"/log/a.log"});
}

}  // namespace
}  // namespace sawlog::agent
