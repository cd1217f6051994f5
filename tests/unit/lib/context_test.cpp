// What goes with a thread's records, and how it is taken elsewhere.
#include <coroutine>
#include <thread>

#include <gtest/gtest.h>
#include <sawlog/coroutine.h>
#include <sawlog/sawlog.h>

#include "tests/unit/lib/log_directory.h"

namespace sawlog {
namespace {

constexpr std::string_view kHeader = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class ContextTest : public ::testing::Test {
 protected:
  ContextTest() { start({.service = "s", .file = logs_.path("log"), .source_location = false}); }
  ~ContextTest() override { stop(); }

  // What stands behind service.name in the line of a record without fields.
  std::string fields_now() {
    get("").info("m");
    EXPECT_TRUE(flush());
    const std::string line = logs_.lines("log").back();
    const std::string before = R"("service.name":"s")";
    return line.substr(line.find(before) + before.size());
  }

  LogDirectory logs_;
};

TEST_F(ContextTest, IsCarriedIntoAnotherThread) {
  Context context;
  {
    const Scope request{{"request.id", "r"}};
    const Scope step{{"step", 1}};
    context = Context::current();
  }
  EXPECT_EQ(fields_now(), "}");
  std::thread([&] {
    const Scope own{{"worker", 7}};
    {
      const Scope carried{context};
      EXPECT_EQ(fields_now(), R"(,"request.id":"r","step":1})");
      const Scope more{{"step", 2}};
      EXPECT_EQ(fields_now(), R"(,"request.id":"r","step":2})");
    }
    EXPECT_EQ(fields_now(), R"(,"worker":7})");
  }).join();
}

TEST_F(ContextTest, CanBeMadeWithoutAScope) {
  const Context context{{"job", "nightly"}};
  const Scope carried{context};
  EXPECT_EQ(fields_now(), R"(,"job":"nightly"})");
  const Scope nothing{Context()};
  EXPECT_EQ(fields_now(), "}");
}

TEST_F(ContextTest, TraceIsWritten) {
  const Scope trace{traceparent(kHeader)};
  EXPECT_EQ(fields_now(),
            R"(,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7",)"
            R"("trace_flags":"01"})");
  const Scope none{traceparent("rubbish")};
  EXPECT_NE(fields_now().find("4bf92f3577b34da6a3ce929d0e0e4736"), std::string::npos);
}

TEST(Traceparent, ReadsWhatIsValid) {
  EXPECT_EQ(traceparent(kHeader).header(), kHeader);
  // Of later versions: what 00 has, of the flags only whether it is sampled.
  EXPECT_EQ(traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0b-more").header(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

TEST(Traceparent, RefusesWhatIsNot) {
  for (const std::string_view wrong :
       {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    EXPECT_FALSE(traceparent(wrong)) << wrong;
  }
}

TEST(Traceparent, NewSpansAreTheirOwn) {
  const TraceContext first = TraceContext::start();
  const TraceContext child = first.child();
  EXPECT_TRUE(traceparent(first.header()));
  EXPECT_TRUE(traceparent(child.header()));
  EXPECT_EQ(child.trace_id, first.trace_id);
  EXPECT_NE(child.span_id, first.span_id);
  EXPECT_NE(TraceContext::start().trace_id, first.trace_id);
  EXPECT_FALSE(TraceContext().child());
  EXPECT_EQ(TraceContext().header(), "");
}

// A coroutine that begins at once and goes on when somebody resumes it.
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

struct Later {
  std::coroutine_handle<>& waiting;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) { waiting = coroutine; }
  int await_resume() { return 4; }
};

TEST_F(ContextTest, StaysWithACoroutineThatChangesItsThread) {
  std::coroutine_handle<> waiting;
  std::vector<std::string> seen;
  const auto coroutine = [&]() -> Task {
    Scope request{{"request.id", "r"}};
    seen.push_back(fields_now());
    const int got = co_await across(request, Later{waiting});
    seen.push_back(fields_now());
    EXPECT_EQ(got, 4);
    co_await across(request, std::suspend_never());
    seen.push_back(fields_now());
  };
  coroutine();
  EXPECT_EQ(fields_now(), "}");  // the thread is free while the coroutine waits
  std::thread([&] {
    const Scope own{{"worker", 7}};
    waiting.resume();
    EXPECT_EQ(fields_now(), R"(,"worker":7})");
  }).join();
  EXPECT_EQ(fields_now(), "}");
  EXPECT_EQ(seen, (std::vector<std::string>(3, R"(,"request.id":"r"})")));
}

}  // namespace
}  // namespace sawlog
