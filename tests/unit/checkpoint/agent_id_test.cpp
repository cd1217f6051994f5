#include "agent/checkpoint/agent_id.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

class AgentIdTest : public ::testing::Test {
 protected:
  AgentIdTest() { disk_.make_directory("/state"); }
  base::Expected<std::string> load() {
    return load_agent_id(disk_, "/state", [this] { return ++drawn_ * 0x0123456789abcdefULL; });
  }

  uint64_t drawn_ = 0;
  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
};

TEST_F(AgentIdTest, IsMadeOnceAndStays) {
  const auto made = load();
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->size(), 24u);
  disk_.crash();
  EXPECT_EQ(*load(), *made);
  EXPECT_EQ(disk_.content("/state/id"), *made + "\n");
}

TEST_F(AgentIdTest, IsTheSameAfterACrashOnceItWasGiven) {
  for (uint64_t call = 0; call < 6; ++call) {
    (void)disk_.remove("/state/id");
    disk_.fail_change(call, ENOSPC, true);
    const auto made = load();
    disk_.crash(call);
    disk_.fail_change(UINT64_MAX, 0);
    const auto again = load();
    ASSERT_TRUE(again) << again.error().message;
    if (made) {
      EXPECT_EQ(*again, *made);
    }
  }
}

TEST_F(AgentIdTest, AnythingElseInTheFileIsAnError) {
  for (const char* content : {"", "0123", "0123456789abcdef01234567", "0123456789ABCDEF01234567\n",
                              "0123456789abcdef01234567\nx"}) {
    disk_.write_file("/state/id", content);
    const auto loaded = load();
    ASSERT_FALSE(loaded) << content;
    EXPECT_NE(loaded.error().message.find("/state/id"), std::string::npos);
  }
}

}  // namespace
}  // namespace sawlog::agent
