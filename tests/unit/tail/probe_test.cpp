#include "agent/tail/probe.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

FoundFile found(tests::FakeFilesystem& disk, const std::string& path) {
  return {*disk.stat(path), 0, {{.path = path, .base = path}}};
}

// A service wrote its last line and renamed the file within one tick of the kernel's clock, so that
// neither size nor time tells that the name is another one.
TEST(Probes, AFileThatWasRenamedIsOpenedUnderItsNewName) {
  tests::FakeClock clock;
  tests::FakeFilesystem disk(clock);
  disk.make_directory("/log");
  disk.append_to("/log/a.log", "one\n");
  Probes probes(disk);
  ASSERT_TRUE(probes.get(found(disk, "/log/a.log")));
  probes.forget_unused();
  ASSERT_TRUE(disk.rename("/log/a.log", "/log/a.log.1"));
  disk.append_to("/log/a.log", "two\n");
  const auto probe = probes.get(found(disk, "/log/a.log.1"));
  ASSERT_TRUE(probe);
  EXPECT_TRUE((*probe)->file());
}

}  // namespace
}  // namespace sawlog::agent
