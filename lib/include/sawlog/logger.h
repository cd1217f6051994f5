// The calls that log.
//
//   auto log = sawlog::get("checkout.cart");
//   log.info("order placed", {{"order_id", id}, {"total", 12.5}});
//
// Any thread may log at any time: before start() (the records wait in their thread's ring, as far
// as it goes), after stop(), in destructors of static objects, in a forked child. A call copies its
// arguments into a ring that belongs to its thread; it takes no lock and allocates nothing (a
// record of more than 16 KiB does: its own block). What happens when the ring is full, Options
// says. Nothing here throws.
#pragma once

#include <atomic>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>

#include <sawlog/field.h>
#include <sawlog/level.h>
#include <sawlog/limit.h>

namespace sawlog {

namespace detail {

// What a Logger needs of its entry in the registry, which is never removed.
struct LevelCell {
  std::atomic<Level> level{Level::info};
};

// Fields encoded once, in the form that rings use.
struct EncodedFields {
  std::string bytes;
  std::size_t field_count = 0;
};

// One in each executable or shared library whose code logs. When that is unloaded, its records are
// written before: they point to its literals.
struct ModuleEnd {
  ~ModuleEnd();
};
[[gnu::visibility("hidden")]] inline const ModuleEnd module_end;

void submit(const LevelCell& logger, Level level, std::string_view message,
            const EncodedFields* context, const Field* fields, std::size_t field_count,
            const std::source_location& where) noexcept;

}  // namespace detail

using Fields = std::initializer_list<Field>;

class LimitedLogger;

namespace detail {

// The levels as calls, for those who have log().
template <class Self>
class LevelCalls {
 public:
  using Place = std::source_location;

  void trace(std::string_view message, Fields fields = {},
             const Place& where = Place::current()) const noexcept {
    self().log(Level::trace, message, fields, where);
  }
  void debug(std::string_view message, Fields fields = {},
             const Place& where = Place::current()) const noexcept {
    self().log(Level::debug, message, fields, where);
  }
  void info(std::string_view message, Fields fields = {},
            const Place& where = Place::current()) const noexcept {
    self().log(Level::info, message, fields, where);
  }
  void warn(std::string_view message, Fields fields = {},
            const Place& where = Place::current()) const noexcept {
    self().log(Level::warn, message, fields, where);
  }
  void error(std::string_view message, Fields fields = {},
             const Place& where = Place::current()) const noexcept {
    self().log(Level::error, message, fields, where);
  }
  // Logs, as the others do; it does not end the program.
  void fatal(std::string_view message, Fields fields = {},
             const Place& where = Place::current()) const noexcept {
    self().log(Level::fatal, message, fields, where);
  }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

}  // namespace detail

// A small value: copy it, keep it, share it between threads.
class Logger : public detail::LevelCalls<Logger> {
 public:
  // This logger, with fields that go into each of its records.
  [[nodiscard]] Logger with(Fields fields) const { return with(fields.begin(), fields.size()); }
  [[nodiscard]] Logger with(const Field* fields, std::size_t field_count) const;
  // For one call: log.limited(sawlog::every(1s)).warn(…). See limit.h.
  [[nodiscard]] LimitedLogger limited(const Limit& limit) const noexcept;

  [[nodiscard]] bool is_enabled(Level level) const noexcept {
    return level >= cell_->level.load(std::memory_order_relaxed);
  }

  void log(Level level, std::string_view message, Fields fields = {},
           const std::source_location& where = std::source_location::current()) const noexcept {
    log(level, message, fields.begin(), fields.size(), where);
  }
  // For fields that were put together at run time.
  void log(Level level, std::string_view message, const Field* fields, std::size_t field_count,
           const std::source_location& where = std::source_location::current()) const noexcept {
    if (!is_enabled(level)) return;
    detail::submit(*cell_, level, message, context_.get(), fields, field_count, where);
  }

 private:
  friend Logger get(std::string_view name);
  friend class LimitedLogger;
  Logger(const detail::LevelCell* cell, std::shared_ptr<const detail::EncodedFields> context)
      : cell_(cell), context_(std::move(context)) {}

  const detail::LevelCell* cell_;
  std::shared_ptr<const detail::EncodedFields> context_;  // shared by the copies of this logger
};

// A logger and a limit, until the end of the call.
class [[nodiscard]] LimitedLogger : public detail::LevelCalls<LimitedLogger> {
 public:
  void log(Level level, std::string_view message, Fields fields = {},
           const std::source_location& where = std::source_location::current()) const noexcept {
    if (logger_.is_enabled(level)) submit(level, message, fields, where);
  }

 private:
  friend class Logger;
  LimitedLogger(const Logger& logger, const Limit& limit) : logger_(logger), limit_(limit) {}
  void submit(Level level, std::string_view message, Fields fields,
              const std::source_location& where) const noexcept;

  const Logger& logger_;
  const Limit& limit_;
};

inline LimitedLogger Logger::limited(const Limit& limit) const noexcept {
  return {*this, limit};
}

// The logger of that name; "a.b" is below "a", and "" above all. Takes a lock: keep the result.
[[nodiscard]] Logger get(std::string_view name = {});

// For that name and everything below it that has no level of its own; "a.*" is the same as "a".
// May be called at any time, also before the name is used.
void set_level(std::string_view name, Level level);
void set_level(Level level);  // for all that have no level of their own

}  // namespace sawlog
