// Scopes of coroutines, which may go on in another thread after each co_await.
//
//   sawlog::Scope request{{"request.id", id}};
//   co_await sawlog::across(request, read_body());   // the scope is left here and entered there
//
// While the coroutine waits, the thread is free of its fields. The scope must be the innermost of
// the thread at that moment.
#pragma once

#include <coroutine>
#include <utility>

#include <sawlog/context.h>

namespace sawlog {

namespace detail {

// What co_await makes of an awaitable (C++20, [expr.await]).
template <class Awaitable>
decltype(auto) awaiter_of(Awaitable&& awaitable) {
  if constexpr (requires { std::forward<Awaitable>(awaitable).operator co_await(); }) {
    return std::forward<Awaitable>(awaitable).operator co_await();
  } else if constexpr (requires { operator co_await(std::forward<Awaitable>(awaitable)); }) {
    return operator co_await(std::forward<Awaitable>(awaitable));
  } else {
    return std::forward<Awaitable>(awaitable);
  }
}

template <class Awaiter>
class Across {
 public:
  Across(Scope& scope, Awaiter&& awaiter) : scope_(scope), awaiter_(std::move(awaiter)) {}

  bool await_ready() { return awaiter_.await_ready(); }

  // Left first: as soon as the awaiter knows the coroutine, another thread may go on with it.
  template <class Promise>
  auto await_suspend(std::coroutine_handle<Promise> coroutine) {
    scope_.leave();
    return awaiter_.await_suspend(coroutine);
  }

  decltype(auto) await_resume() {
    scope_.enter();
    return awaiter_.await_resume();
  }

 private:
  Scope& scope_;
  Awaiter awaiter_;
};

}  // namespace detail

template <class Awaitable>
[[nodiscard]] auto across(Scope& scope, Awaitable awaitable) {
  using Awaiter =
      std::remove_cvref_t<decltype(detail::awaiter_of(std::forward<Awaitable>(awaitable)))>;
  return detail::Across<Awaiter>(scope, detail::awaiter_of(std::forward<Awaitable>(awaitable)));
}

}  // namespace sawlog
