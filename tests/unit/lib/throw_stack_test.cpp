// Stacks of exceptions, from where they were thrown.
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <sawlog/sawlog.h>

// Not in an unnamed namespace: their names are looked for in the stacks.
namespace shop {

[[gnu::noinline]] void connect_to_the_store() {
  throw std::runtime_error("connection refused");
}

[[gnu::noinline]] void reserve_the_item() {
  try {
    connect_to_the_store();
  } catch (...) {
    std::throw_with_nested(std::logic_error("cannot reserve"));
  }
}

}  // namespace shop

namespace sawlog {
namespace {

TEST(ThrowStack, IsThatOfEachException) {
  record_throw_stacks();
  try {
    shop::reserve_the_item();
    FAIL();
  } catch (const std::exception& exception) {
    const std::string trace = error(exception).stack_trace;
    const size_t outer = trace.find("std::logic_error: cannot reserve\n  at ");
    const size_t cause = trace.find("\ncaused by std::runtime_error: connection refused\n  at ");
    ASSERT_EQ(outer, 0U) << trace;
    ASSERT_NE(cause, std::string::npos) << trace;
    EXPECT_LT(trace.find("shop::reserve_the_item()"), cause) << trace;
    EXPECT_GT(trace.find("shop::connect_to_the_store()"), cause) << trace;
  }
}

TEST(ThrowStack, GoesWithAnExceptionToAnotherThread) {
  record_throw_stacks();
  std::exception_ptr carried;
  std::thread([&carried] {
    try {
      shop::connect_to_the_store();
    } catch (...) {
      carried = std::current_exception();
    }
  }).join();
  EXPECT_NE(error(carried).stack_trace.find("shop::connect_to_the_store()"), std::string::npos);
}

TEST(ThrowStack, OfWhatWasNeverThrownThereIsNone) {
  record_throw_stacks();
  EXPECT_EQ(error(std::out_of_range("made, not thrown")).stack_trace, "");
}

}  // namespace
}  // namespace sawlog
