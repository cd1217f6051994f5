// How a process, a thread or a library ends, and that what was logged before is written. Each in a
// child process.
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <stdexcept>
#include <sys/resource.h>
#include <thread>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sawlog/sawlog.h>

#include "tests/unit/lib/child.h"
#include "tests/unit/lib/log_directory.h"

namespace sawlog {
namespace {

using namespace std::chrono_literals;

class Life : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kChildMayHaveThreads) GTEST_SKIP() << "the child would need threads";
  }

  void start_child() const {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    start({.file = logs_.path("log"), .when_full = block});
  }
  [[nodiscard]] std::vector<std::string> messages() const {
    std::vector<std::string> messages;
    const std::string key = R"("message":")";
    for (const std::string& line : logs_.lines("log")) {
      EXPECT_TRUE(line.ends_with('}')) << "torn: " << line;
      const size_t begin = line.find(key) + key.size();
      messages.push_back(line.substr(begin, line.find('"', begin) - begin));
    }
    return messages;
  }
  [[nodiscard]] size_t count(std::string_view message) const {
    const std::vector<std::string> all = messages();
    return static_cast<size_t>(std::count(all.begin(), all.end(), message));
  }

  LogDirectory logs_;
};

// ---- fork -------------------------------------------------------------------------------------

TEST_F(Life, BothSidesOfAForkGoOnLogging) {
  start_child();
  const Logger log = get("fork");
  std::atomic<bool> stop_noise = false;
  std::thread noise([&] {
    for (int i = 0; !stop_noise; ++i) log.info("noise");
  });
  for (int i = 0; i < 5; ++i) {
    log.info("parent");
    EXPECT_EQ(in_child([&log] {
                for (int k = 0; k < 5'000; ++k) log.info("child");
                std::thread([&log] { log.info("child's thread"); }).join();
                stop();
              }),
              0);
  }
  stop_noise = true;
  noise.join();
  log.info("end");
  stop();
  EXPECT_EQ(count("parent"), 5U);
  EXPECT_EQ(count("child"), 25'000U);
  EXPECT_EQ(count("child's thread"), 5U);
  EXPECT_EQ(count("end"), 1U);
}

TEST_F(Life, AForkedChildThatExecutesLeavesNothingOpen) {
  start_child();
  get("x").info("m");
  flush();
  EXPECT_EQ(in_child([this] {
              const std::string target = logs_.path("log");
              for (int descriptor = 3; descriptor < 256; ++descriptor) {
                const int flags = fcntl(descriptor, F_GETFD);
                std::error_code gone;
                const auto link = std::filesystem::read_symlink(
                    joined({"/proc/self/fd/", std::to_string(descriptor)}), gone);
                if (flags >= 0 && link == target && (flags & FD_CLOEXEC) == 0) std::_Exit(1);
              }
            }),
            0);
  stop();
}

// ---- exit -------------------------------------------------------------------------------------

TEST_F(Life, ExitWritesWhatWasLoggedUntilTheEnd) {
  EXPECT_EQ(in_child([this] {
              start_child();
              struct Late {
                ~Late() { get("exit").info("static destructor"); }
              };
              static const Late late;
              get("exit").info("last words");
              std::exit(0);
            }),
            0);
  EXPECT_EQ(messages(), (std::vector<std::string>{"last words", "static destructor"}));
}

// Made before the library is used first, so destroyed after the library's own end of the program.
TEST_F(Life, DestructorsOfOlderStaticObjectsMayLog) {
  EXPECT_EQ(in_child([this] {
              static const Life* const life = this;
              std::atexit([] { get("exit").info("older"); });
              start_child();
              get("exit").info("younger");
              static_cast<void>(life);
              std::exit(0);
            }),
            0);
  EXPECT_EQ(messages(), (std::vector<std::string>{"younger", "older"}));
}

TEST_F(Life, ExitWhileOtherThreadsLog) {
  EXPECT_EQ(in_child([this] {
              start_child();
              std::atomic<int> logging = 0;
              for (int i = 0; i < 3; ++i) {
                std::thread([&logging] {
                  for (int n = 0;; ++n) {
                    get("exit").info("noise");
                    if (n == 100) ++logging;
                  }
                }).detach();
              }
              while (logging < 3) std::this_thread::yield();
              get("exit").info("before exit");
              std::exit(0);
            }),
            0);
  EXPECT_EQ(count("before exit"), 1U);
}

TEST_F(Life, QuickExitWritesWhatWasLogged) {
  EXPECT_EQ(in_child([this] {
              start_child();
              for (int i = 0; i < 1'000; ++i) get("exit").info("m");
              std::quick_exit(3);
            }),
            3);
  EXPECT_EQ(count("m"), 1'000U);
}

TEST_F(Life, ExitInsideOfADestructorInFlight) {
  EXPECT_EQ(in_child([this] {
              start_child();
              struct Guard {
                ~Guard() { get("flight").error("unwinding", {{"n", std::uncaught_exceptions()}}); }
              };
              try {
                const Guard guard;
                throw std::runtime_error("in flight");
              } catch (const std::exception& exception) {
                get("flight").error("caught", {error(exception)});
              }
              std::exit(0);
            }),
            0);
  EXPECT_EQ(messages(), (std::vector<std::string>{"unwinding", "caught"}));
}

// ---- crash ------------------------------------------------------------------------------------

void log_many() {
  for (int i = 0; i < 3'000; ++i) get("crash").info("m");
}

// A little more than what was logged: the record of the crash itself.
void expect_all_written(const std::vector<std::string>& messages) {
  ASSERT_EQ(messages.size(), 3'001U);
  EXPECT_EQ(messages.back(), "process crashed");
}

TEST_F(Life, AbortAfterTheCrashHandlerWroteEverything) {
  EXPECT_EQ(in_child([this] {
              start_child();
              install_crash_handler();
              log_many();
              std::abort();
            }),
            -SIGABRT);
  expect_all_written(messages());
  EXPECT_NE(logs_.lines("log").back().find(R"("event.name":"process.crashed","signal":"SIGABRT")"),
            std::string::npos);
}

TEST_F(Life, AnExceptionThatNobodyCatches) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(in_child([this] {
              start_child();
              install_crash_handler();
              log_many();
              throw std::runtime_error("nobody catches this");
            }),
            -SIGABRT);
  ::testing::internal::GetCapturedStderr();
  expect_all_written(messages());
}

[[gnu::noinline, gnu::no_sanitize("undefined", "address")]] void write_to_nowhere() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}

TEST_F(Life, AFaultInAnotherThread) {
  ::testing::internal::CaptureStderr();
  const int end = in_child([this] {
    start_child();
    install_crash_handler();
    std::signal(SIGUSR1, SIG_IGN);
    std::thread([] {
      log_many();
      raise(SIGSEGV);
    }).join();
  });
  ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(kSignalsEndInAReport || end == -SIGSEGV) << end;
  expect_all_written(messages());
}

TEST_F(Life, TheHandlerBeforeIsCalledAfterwards) {
  EXPECT_EQ(in_child([this] {
              struct sigaction own = {};
              own.sa_handler = [](int) {
                // Everything is written by now.
                std::_Exit(7);
              };
              sigaction(SIGSEGV, &own, nullptr);
              start_child();
              install_crash_handler();
              install_crash_handler();  // a second time changes nothing
              log_many();
              write_to_nowhere();
            }),
            7);
  expect_all_written(messages());
}

int overflow(int depth) {
  volatile char frame[4096] = {};
  return depth > 0 ? overflow(depth + 1) + frame[depth % 4096] : 0;
}

TEST_F(Life, AStackThatOverflows) {
  if (kSignalsEndInAReport) GTEST_SKIP() << "the sanitizer watches the stack itself";
  EXPECT_EQ(in_child([this] {
              start_child();
              install_crash_handler();
              std::thread([] {
                log_many();
                overflow(1);
              }).join();
            }),
            -SIGSEGV);
  expect_all_written(messages());
}

// ---- threads ----------------------------------------------------------------------------------

TEST(ThreadEnd, RecordsOfItsDestructorsAreWritten) {
  const LogDirectory logs;
  start({.file = logs.path("log"), .source_location = false});
  struct Late {
    ~Late() { get("end").info("destructor"); }
  };
  std::thread([] {
    static thread_local const Late late;  // made before the ring's end is minded, so it goes later
    static_cast<void>(late);
    get("end").info("body");
  }).join();
  stop();
  const std::vector<std::string> lines = logs.lines("log");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("body"), std::string::npos);
  EXPECT_NE(lines[1].find("destructor"), std::string::npos);
}

// Nobody reads before the threads are gone.
TEST(ThreadEnd, WithAFullRing) {
  const LogDirectory logs;
  stop();
  start({.ring_bytes = 4096});
  stop();
  constexpr int kThreads = 20;
  for (int i = 0; i < kThreads; ++i) {
    std::thread([] {
      for (int n = 0; n < 1'000; ++n) get("end").info("m", {{"n", n}});
    }).join();
  }
  start({.file = logs.path("log"), .source_location = false});
  stop();
  std::map<std::string, int> seen;
  long dropped = 0;
  for (const std::string& line : logs.lines("log")) {
    const std::string key = R"("dropped":)";
    const size_t at = line.find(key);
    if (at != std::string::npos)
      dropped += std::stol(line.substr(at + key.size()));
    else
      ++seen["written"];
  }
  EXPECT_GT(seen["written"], kThreads);
  EXPECT_EQ(seen["written"] + dropped, kThreads * 1'000L);
}

// ---- dlclose ----------------------------------------------------------------------------------

// A library that logs (plugin.cpp) and is unloaded at once: its keys and places go with it.
constexpr const char* kPlugin = SAWLOG_BINARY_DIR "/liblib_test_plugin.so";

void use_plugin() {
  void* const plugin = dlopen(kPlugin, RTLD_NOW);
  ASSERT_NE(plugin, nullptr) << dlerror();
  const auto log = reinterpret_cast<void (*)(int)>(dlsym(plugin, "plugin_log"));
  ASSERT_NE(log, nullptr);
  log(100);
  ASSERT_EQ(dlclose(plugin), 0);
  ASSERT_EQ(dlopen(kPlugin, RTLD_NOW | RTLD_NOLOAD), nullptr) << "it is still there";
}

TEST_F(Life, ALibraryThatIsUnloaded) {
  EXPECT_EQ(in_child([this] {
              start_child();
              for (int i = 0; i < 20; ++i) use_plugin();
              stop();
              std::_Exit(::testing::Test::HasFailure() ? 1 : 0);
            }),
            0);
  EXPECT_EQ(count("from the plugin"), 2'000U);
}

TEST_F(Life, ALibraryThatIsUnloadedWhileNobodyWrites) {
  EXPECT_EQ(in_child([this] {
              use_plugin();
              start_child();
              get("x").info("after");
              stop();
              std::_Exit(::testing::Test::HasFailure() ? 1 : 0);
            }),
            0);
  EXPECT_EQ(messages(), (std::vector<std::string>{"after"}));
}

}  // namespace
}  // namespace sawlog
