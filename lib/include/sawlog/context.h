// What goes with each record of a thread: fields of the request or the trace that it works on.
//
//   sawlog::Scope request{{"request.id", id}};              // until the end of the block
//   sawlog::Scope trace{sawlog::traceparent(header)};       // trace_id, span_id, trace_flags
//
// A thread's context is its own. To take it elsewhere, capture it as a value:
//
//   pool.run([context = sawlog::Context::current()] { sawlog::Scope scope{context}; work(); });
//
// A coroutine that may go on in another thread keeps its scope with it by co_await
// sawlog::across(scope, awaitable) (coroutine.h).
#pragma once

#include <memory>

#include <sawlog/logger.h>
#include <sawlog/trace.h>

namespace sawlog {

// The fields of a thread's scopes at one moment. A small immutable value: copy it, use it from all
// threads.
class Context {
 public:
  Context() = default;  // no fields
  explicit Context(Fields fields);

  // What records of this thread get now. Copies the fields once; copies of the result share them.
  [[nodiscard]] static Context current();

 private:
  friend class Scope;
  std::shared_ptr<const detail::EncodedFields> fields_;  // shared by the threads it is carried to
};

// Fields for each record that this thread logs while the scope lives. Scopes nest; leave them in
// reverse order and on their own thread, which a local variable does by itself. Encodes the fields
// once, when it is made.
class Scope {
 public:
  // Beside what the thread has already; of the same key, the innermost wins.
  explicit Scope(Fields fields) : Scope(fields.begin(), fields.size()) {}
  Scope(const Field* fields, std::size_t field_count);
  // Nothing, if the trace context is empty.
  explicit Scope(const TraceContext& trace);
  // Instead of what the thread has.
  explicit Scope(const Context& context);
  ~Scope() { leave(); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // For across(): takes the fields off this thread, and puts them onto the calling one.
  void leave() noexcept;
  void enter() noexcept;

 private:
  std::shared_ptr<const detail::EncodedFields> fields_;  // may be shared with a Context
  const detail::EncodedFields* outer_ = nullptr;
  bool is_entered_ = false;
};

}  // namespace sawlog
