// Loggers and their levels, contexts, destinations, threads, full rings, the life of a process.
#include <future>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <sawlog/sawlog.h>
#include <sawlog/spdlog.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/ostream_sink.h>

#include "tests/unit/lib/log_directory.h"

namespace sawlog {
namespace {

using namespace std::chrono_literals;

// The text after "key": up to the next comma or brace.
std::string value_of(const std::string& line, const std::string& key) {
  const size_t at = line.find('"' + key + "\":");
  if (at == std::string::npos) return {};
  const size_t begin = at + key.size() + 3;
  return line.substr(begin, line.find_first_of(",}", begin) - begin);
}

std::vector<std::string> values_of(const std::vector<std::string>& lines, const std::string& key) {
  std::vector<std::string> values;
  for (const std::string& line : lines) values.push_back(value_of(line, key));
  return values;
}

TEST(Context, WithAndScopeAddToEachRecord) {
  const LogDirectory logs;
  start({.file = logs.path("log")});
  const Logger log = get("ctx").with({{"tenant", "t"}, {"n", 1}});
  {
    const Scope request{{"request.id", "r1"}};
    log.info("a");
    {
      const Scope inner{{"step", 2}, {"n", 5}};
      log.with({{"more", true}}).info("b", {{"tenant", "other"}});
    }
    std::async(std::launch::async, [&log] { log.info("thread"); }).get();
  }
  log.info("c");
  stop();
  const std::vector<std::string> lines = logs.lines("log");
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(values_of(lines, "request.id"), (std::vector<std::string>{"\"r1\"", "\"r1\"", "", ""}));
  EXPECT_EQ(values_of(lines, "n"), (std::vector<std::string>{"1", "5", "1", "1"}));
  EXPECT_EQ(values_of(lines, "tenant"),
            (std::vector<std::string>{"\"t\"", "\"other\"", "\"t\"", "\"t\""}));
  EXPECT_EQ(value_of(lines[1], "more"), "true");
  EXPECT_EQ(value_of(lines[1], "step"), "2");
}

TEST(Files, AreSplitByRule) {
  const LogDirectory logs;
  start({.file = logs.path("new/directory/application.log"),
         .error_file = logs.path("error.log"),
         .interactions_file = logs.path("agent_interactions.log")});
  const Logger log = get("split");
  log.info("plain");
  log.error("bad");
  log.fatal("worse");
  events::agent_execution(log, {.agent = "a"});
  events::llm_request(log, {.model = "m", .error_type = "timeout"});
  log.with({{"event.name", "tool.call"}}).info("from context");
  events::http_request(log, {.status = 200});
  stop();
  EXPECT_EQ(logs.lines("new/directory/application.log").size(), 7U);
  EXPECT_EQ(values_of(logs.lines("error.log"), "message"),
            (std::vector<std::string>{"\"bad\"", "\"worse\"", "\"llm request\""}));
  EXPECT_EQ(
      values_of(logs.lines("agent_interactions.log"), "message"),
      (std::vector<std::string>{"\"agent execution\"", "\"llm request\"", "\"from context\""}));
}

TEST(Start, SaysWhenAFileCannotBeOpened) {
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(start({.file = "/proc/no/such/place.log"}));
  get("x").info("kept");
  EXPECT_FALSE(flush());
  stop();
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("cannot open '/proc/no/such/place.log'"), std::string::npos) << said;
  EXPECT_EQ(said.find("cannot", said.find("cannot") + 1), std::string::npos) << said;
}

TEST(Start, AgainChangesTheDestination) {
  const LogDirectory logs;
  const Logger log = get("again");
  log.info("before");
  start({.file = logs.path("one")});
  log.info("first");
  start({.file = logs.path("two")});
  log.info("second");
  stop();
  EXPECT_EQ(values_of(logs.lines("one"), "message"),
            (std::vector<std::string>{"\"before\"", "\"first\""}));
  EXPECT_EQ(values_of(logs.lines("two"), "message"), (std::vector<std::string>{"\"second\""}));
}

// Each thread's numbers in the order they are in the file.
std::map<int, std::vector<int>> numbers_by_thread(const std::vector<std::string>& lines) {
  std::map<int, std::vector<int>> numbers;
  for (const std::string& line : lines) {
    numbers[std::stoi(value_of(line, "thread"))].push_back(std::stoi(value_of(line, "n")));
  }
  return numbers;
}

TEST(Threads, EachLineOnceAndInItsThreadsOrder) {
  const LogDirectory logs;
  start({.file = logs.path("log"), .when_full = block, .ring_bytes = 16 << 10});
  constexpr int kThreads = 6;
  constexpr int kRecords = 20'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t] {
      const Logger log = get("threads");
      for (int i = 0; i < kRecords; ++i) {
        log.info("x",
                 {{"thread", t}, {"n", i}, {"pad", std::string_view("0123456789").substr(i % 11)}});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop();
  const auto numbers = numbers_by_thread(logs.lines("log"));
  ASSERT_EQ(numbers.size(), size_t{kThreads});
  for (const auto& [thread, of_thread] : numbers) {
    ASSERT_EQ(of_thread.size(), size_t{kRecords}) << thread;
    for (int i = 0; i < kRecords; ++i) ASSERT_EQ(of_thread[static_cast<size_t>(i)], i);
  }
}

TEST(Threads, RecordsOfDifferentThreadsAreInTheOrderOfTheirTimes) {
  const LogDirectory logs;
  start({.file = logs.path("log"), .when_full = block});
  std::thread first([] { get("t").info("1"); });
  first.join();
  for (int i = 2; i < 200; ++i) {
    std::thread([i] { get("t").info(std::to_string(i)); }).join();
  }
  stop();
  const auto messages = values_of(logs.lines("log"), "message");
  ASSERT_EQ(messages.size(), 199U);
  for (size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(messages[i], '"' + std::to_string(i + 1) + '"');
  }
}

// A destination that holds everything up until it is opened.
struct Gate {
  std::mutex mutex;
  std::vector<std::string> lines;

  static void write(void* state, const Line& line) {
    auto& gate = *static_cast<Gate*>(state);
    const std::lock_guard lock(gate.mutex);
    gate.lines.emplace_back(line.text);
  }
};

// By a thread of its own, whose ring has the size that was just asked for.
void log_numbers(uint64_t count) {
  std::thread([count] {
    for (uint64_t i = 0; i < count; ++i) get("full").info("x", {{"n", i}});
  }).join();
}

TEST(FullRing, DropsAreCountedAndLogged) {
  const auto gate = std::make_shared<Gate>();
  start({.destinations = {{gate, &Gate::write, nullptr}}, .when_full = drop, .ring_bytes = 4096});
  std::unique_lock closed(gate->mutex);
  constexpr uint64_t kRecords = 1'000;
  log_numbers(kRecords);
  closed.unlock();
  stop();
  uint64_t dropped = 0;
  uint64_t written = 0;
  for (const std::string& line : gate->lines) {
    if (value_of(line, "event.name") == "\"log.dropped\"") {
      dropped += std::stoull(value_of(line, "dropped"));
      EXPECT_EQ(value_of(line, "reason"), "\"ring_full\"");
    } else {
      ++written;
    }
  }
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(written + dropped, kRecords);
}

TEST(FullRing, BlockForWaitsOnceThenDrops) {
  const auto gate = std::make_shared<Gate>();
  start({.destinations = {{gate, &Gate::write, nullptr}},
         .when_full = block_for(20ms),
         .ring_bytes = 4096});
  std::unique_lock closed(gate->mutex);
  const auto begin = std::chrono::steady_clock::now();
  log_numbers(1'000);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, 20ms);
  EXPECT_LT(took, 1s);  // not a wait for each of the hundreds that were dropped
  closed.unlock();
  stop();
  EXPECT_EQ(value_of(gate->lines.back(), "event.name"), "\"log.dropped\"");
}

TEST(FullRing, BlockLosesNothing) {
  const auto gate = std::make_shared<Gate>();
  start({.destinations = {{gate, &Gate::write, nullptr}}, .when_full = block, .ring_bytes = 4096});
  std::unique_lock closed(gate->mutex);
  std::thread caller([] { log_numbers(1'000); });
  closed.unlock();
  caller.join();
  stop();
  EXPECT_EQ(gate->lines.size(), 1'000U);
}

TEST(Destinations, ThatThrowAreCounted) {
  ::testing::internal::CaptureStderr();
  const LogDirectory logs;
  Destination bad;
  bad.write = [](void*, const Line& line) {
    if (line.logger_name == "bad") throw std::runtime_error("no");
  };
  start({.file = logs.path("log"), .destinations = {bad}});
  get("bad").info("x");
  get("bad").info("y");
  stop();
  EXPECT_EQ(value_of(logs.lines("log").back(), "dropped"), "2");
  EXPECT_EQ(value_of(logs.lines("log").back(), "reason"), "\"destination\"");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "sawlog: a destination threw: no; its losses are counted from here on\n");
}

TEST(Spdlog, SinksGetTheFinishedLine) {
  const LogDirectory logs;
  const auto errors = std::make_shared<spdlog::sinks::basic_file_sink_mt>(logs.path("errors"));
  errors->set_level(spdlog::level::err);
  std::ostringstream console;
  start({.file = logs.path("log"),
         .destinations = {to(errors),
                          to(std::make_shared<spdlog::sinks::ostream_sink_mt>(console))}});
  get("sinks").info("one {} %v");
  get("sinks").error("two");
  stop();
  EXPECT_EQ(console.str(), logs.text("log"));
  EXPECT_EQ(logs.lines("errors"), std::vector<std::string>{logs.lines("log").back()});
}

TEST(Spdlog, CallsWriteTheSameLines) {
  const LogDirectory logs;
  start({.service = "shop", .file = logs.path("log")});
  spdlog::logger old("old.module", std::make_shared<spdlog_sink>());
  const Scope scope{{"request.id", "r"}};
  old.log(spdlog::source_loc{"/src/old.cpp", 12, "place"}, spdlog::level::warn, "{} left", 3);
  old.info("below \"{}\"", "x");
  set_level("old", Level::error);
  old.info("not this");
  stop();
  const std::vector<std::string> lines = logs.lines("log");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].ends_with(
      R"("log.level":"warn","message":"3 left","ecs.version":"8.11.0","log.logger":"old.module",)"
      R"("service.name":"shop","request.id":"r","log.origin.file.name":"old.cpp",)"
      R"("log.origin.file.line":12,"log.origin.function":"place"})"))
      << lines[0];
  EXPECT_EQ(value_of(lines[1], "message"), R"("below \"x\"")");
}

}  // namespace
}  // namespace sawlog
