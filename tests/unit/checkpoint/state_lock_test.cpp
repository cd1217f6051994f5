#include "agent/checkpoint/state_lock.h"

#include <filesystem>
#include <optional>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

TEST(StateLock, OneHolderAtATimeAndTheRefusalNamesIt) {
  const std::string directory = std::filesystem::absolute(SAWLOG_BINARY_DIR).string() +
                                "/state_lock_test." + std::to_string(getpid());
  std::filesystem::create_directories(directory);
  {
    const auto first = StateLock::acquire(directory);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = StateLock::acquire(directory);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, base::ErrorCode::kUnavailable);
    EXPECT_EQ(second.error().message, "cannot use the state directory '" + directory +
                                          "': process " + std::to_string(getpid()) +
                                          " uses it (one agent at a time)");
  }
  EXPECT_TRUE(StateLock::acquire(directory));
  std::filesystem::remove_all(directory);
}

TEST(StateLock, AMissingDirectoryIsAnError) {
  const auto lock = StateLock::acquire("/nowhere/at/all");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().message, "cannot open '/nowhere/at/all/lock': No such file or directory");
}

}  // namespace
}  // namespace sawlog::agent
