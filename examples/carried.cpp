// A request's fields on their way through threads and coroutines, and its trace.
#include <coroutine>
#include <exception>
#include <future>
#include <string>
#include <thread>

#include <sawlog/coroutine.h>
#include <sawlog/sawlog.h>

namespace {

// A coroutine that nobody waits for, and an event that it waits for.
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

struct InAnotherThread {
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    std::thread([coroutine] { coroutine.resume(); }).detach();
  }
  void await_resume() {}
};

Task handle(sawlog::Logger log, std::string request_id, std::promise<void>& done) {
  sawlog::Scope request{{"request.id", request_id}};
  log.info("before");
  co_await sawlog::across(request, InAnotherThread());
  log.info("in another thread, with the same request.id");
  done.set_value();
}

}  // namespace

int main() {
  sawlog::start({.service = "checkout", .file = "logs/application.log"});
  const sawlog::Logger log = sawlog::get("checkout");

  // The header of the request that came in; child() for our own span and for calls to others.
  const sawlog::TraceContext caller =
      sawlog::traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  const sawlog::Scope trace{caller.child()};
  log.info("working");  // with trace_id, span_id, trace_flags

  std::thread([&log, context = sawlog::Context::current()] {
    const sawlog::Scope scope{context};
    log.info("working for the same request in another thread");
  }).join();

  static std::promise<void> done;
  handle(log, "r-1", done);
  done.get_future().wait();
}
