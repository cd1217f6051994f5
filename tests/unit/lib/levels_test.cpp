// Levels by name, from calls, a watched file and a signal.
#include <csignal>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <sawlog/sawlog.h>

#include "tests/unit/lib/log_directory.h"

namespace sawlog {
namespace {

using namespace std::chrono_literals;

TEST(Levels, AreInheritedByName) {
  set_level("levels", Level::warn);
  const Logger parent = get("levels");
  const Logger child = get("levels.a.b");
  EXPECT_FALSE(child.is_enabled(Level::info));
  EXPECT_TRUE(child.is_enabled(Level::warn));
  set_level("levels.a.*", Level::debug);
  EXPECT_TRUE(child.is_enabled(Level::debug));
  EXPECT_FALSE(parent.is_enabled(Level::debug));
  set_level("levels", Level::off);
  EXPECT_FALSE(parent.is_enabled(Level::fatal));
  EXPECT_TRUE(child.is_enabled(Level::debug));
  EXPECT_FALSE(get("levels.later").is_enabled(Level::fatal));
}

TEST(Levels, ASiblingWithTheSameBeginningIsNoChild) {
  set_level("sib", Level::error);
  EXPECT_TRUE(get("sibling").is_enabled(Level::info));
}

TEST(Levels, DecideWhatIsWritten) {
  const LogDirectory logs;
  start({.file = logs.path("log"), .level = Level::warn});
  get("decide").info("not this");
  get("decide").warn("this");
  set_level(Level::info);
  get("decide").info("now this");
  stop();
  ASSERT_EQ(logs.lines("log").size(), 2U);
  EXPECT_NE(logs.lines("log")[0].find("\"this\""), std::string::npos);
  EXPECT_NE(logs.lines("log")[1].find("\"now this\""), std::string::npos);
}

bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(LevelsFile, IsWatched) {
  const LogDirectory logs;
  const Logger cart = get("file.cart");
  const Logger other = get("file.other");
  std::ofstream(logs.path("levels")) << "# comment\nfile.cart.* = debug  # and here\n\n";
  start({.file = logs.path("log"), .levels_file = logs.path("levels")});
  EXPECT_TRUE(cart.is_enabled(Level::debug));
  EXPECT_FALSE(other.is_enabled(Level::debug));
  set_level("file.cart", Level::error);
  EXPECT_TRUE(cart.is_enabled(Level::debug)) << "the file wins";
  std::ofstream(logs.path("levels")) << "file trace\nfile.other off\n";
  EXPECT_TRUE(comes_true([&] { return get("file.new").is_enabled(Level::trace); }));
  EXPECT_FALSE(other.is_enabled(Level::fatal));
  EXPECT_FALSE(cart.is_enabled(Level::warn)) << "what it does not say is as it was";
  std::filesystem::remove(logs.path("levels"));
  EXPECT_TRUE(comes_true([&] { return other.is_enabled(Level::info); }));
  stop();
}

TEST(LevelsFile, SaysWhatItCannotRead) {
  const LogDirectory logs;
  std::ofstream(logs.path("levels")) << "a debug\nb loud\nc\nd debug now\n* warn\n";
  ::testing::internal::CaptureStderr();
  start({.file = logs.path("log"), .levels_file = logs.path("levels")});
  EXPECT_EQ(
      ::testing::internal::GetCapturedStderr(),
      joined({"sawlog: ", logs.path("levels"), ":2: not a name and a level: 'b loud'\n",
              "sawlog: ", logs.path("levels"), ":3: not a name and a level: 'c'\n",
              "sawlog: ", logs.path("levels"), ":4: not a name and a level: 'd debug now'\n"}));
  EXPECT_TRUE(get("a").is_enabled(Level::debug));
  EXPECT_FALSE(get("z").is_enabled(Level::info));
  start({.file = logs.path("log")});
  EXPECT_TRUE(get("z").is_enabled(Level::info)) << "the file is no longer asked";
  stop();
}

std::atomic<int> calls_of_the_handler_before{0};

TEST(DebugSignal, SwitchesToDebugAndBack) {
  const LogDirectory logs;
  std::signal(SIGUSR1, [](int) { ++calls_of_the_handler_before; });
  const Logger log = get("signal.a");
  set_level("signal.silent", Level::off);
  start({.file = logs.path("log"), .debug_signal = SIGUSR1});
  EXPECT_FALSE(log.is_enabled(Level::debug));
  raise(SIGUSR1);
  EXPECT_TRUE(comes_true([&] { return log.is_enabled(Level::debug); }));
  EXPECT_FALSE(get("signal.silent").is_enabled(Level::fatal));
  EXPECT_TRUE(get("signal.later").is_enabled(Level::debug));
  raise(SIGUSR1);
  EXPECT_TRUE(comes_true([&] { return !log.is_enabled(Level::debug); }));
  EXPECT_EQ(calls_of_the_handler_before, 2);
  start({.file = logs.path("log")});
  raise(SIGUSR1);
  EXPECT_EQ(calls_of_the_handler_before, 3) << "the handler before is back";
  stop();
  std::signal(SIGUSR1, SIG_DFL);
}

}  // namespace
}  // namespace sawlog
