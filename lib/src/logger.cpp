// The calls that log, behind their inline part: into the ring, or a good reason why not.
#include <algorithm>
#include <new>
#include <utility>

#include <sawlog/foreign.h>
#include <sawlog/logger.h>
#include <sawlog/options.h>

#include "lib/src/record_writer.h"
#include "lib/src/runtime.h"

namespace sawlog {

using detail::EncodedFields;

namespace {

// Beyond these a record is dropped and counted.
constexpr size_t kRecordBytesMax = size_t{16} << 20;
constexpr size_t kInlineRecordBytesMax = size_t{16} << 10;

[[gnu::always_inline]] inline bool is_inline(const Ring& ring, const RecordExtent& extent) {
  return extent.size_bytes <= std::min(kInlineRecordBytesMax, ring.record_bytes_max());
}

bool is_too_large(const RecordExtent& extent) {
  return extent.size_bytes > kRecordBytesMax || extent.field_count > kFieldCountMax;
}

[[gnu::always_inline]] inline char* room_for(Ring& ring, size_t size_bytes) {
  if (char* const room = ring.reserve(size_bytes)) [[likely]]
    return room;
  return Runtime::instance().wait_for_room(ring, size_bytes);
}

[[gnu::always_inline]] inline bool put_inline(Ring& ring, const RecordExtent& extent,
                                              const Submission& submission) {
  char* const room = room_for(ring, extent.size_bytes);
  if (room == nullptr) return false;
  write_record(room, extent, ticks_now(ring.uses_counter()), submission);
  ring.publish(extent.size_bytes);
  return true;
}

// A record that would take too much of a ring goes into a block of its own.
bool put_external(Ring& ring, const RecordExtent& extent, const Submission& submission) {
  std::unique_ptr<char[]> storage(new (std::nothrow) char[extent.size_bytes]);
  char* const room = storage != nullptr ? room_for(ring, kExternalBytes) : nullptr;
  if (room == nullptr) return false;
  const uint64_t ticks = ticks_now(ring.uses_counter());
  write_record(storage.get(), extent, ticks, submission);
  write_external(room, ticks, storage.release());
  ring.publish(kExternalBytes);
  return true;
}

[[gnu::noinline, gnu::cold]] bool put_unusual(Ring& ring, const RecordExtent extent,
                                              Submission submission) try {
  if (!extent.has_errors) {
    return !is_too_large(extent) && put_external(ring, extent, submission);
  }
  const std::vector<Field> expanded = expand_errors(submission.fields);
  submission.fields = expanded;
  const RecordExtent whole = measure(submission);
  if (is_too_large(whole)) return false;
  return is_inline(ring, whole) ? put_inline(ring, whole, submission)
                                : put_external(ring, whole, submission);
} catch (const std::exception&) {
  return false;  // no memory
}

[[gnu::always_inline]] inline void put(Ring& ring, const Submission& submission) {
  if (ring.is_busy) {  // a signal handler in the middle of a call
    ring.count_dropped();
    return;
  }
  ring.is_busy = true;
  const RecordExtent extent = measure(submission);
  const bool is_usual = is_inline(ring, extent) && !extent.has_errors;
  const bool is_put =
      is_usual ? put_inline(ring, extent, submission)
               : put_unusual(ring, extent,
                             {submission.logger, submission.level, submission.message,
                              submission.context, submission.scope, submission.fields,
                              submission.where, submission.has_own_time, submission.own_unix_ns});
  if (!is_put) ring.count_dropped();
  ring.is_busy = false;
  if (ring.wants_reader) {
    ring.wants_reader = false;
    Runtime::instance().wake();
  }
  if (ring.attention.load(std::memory_order_relaxed)) Runtime::instance().attend(ring);
}

[[gnu::always_inline]] inline void put(const Submission& submission) {
  if (t_thread.ring != nullptr) [[likely]] {
    put(*t_thread.ring, submission);
    return;
  }
  Runtime& runtime = Runtime::instance();
  Ring* const ring = runtime.ring_of_this_thread();
  if (ring == nullptr) return;
  put(*ring, submission);
  if (t_thread.is_ending) runtime.give_up_ring_of_this_thread();
}

}  // namespace

namespace detail {

void submit(const LevelCell& logger, Level level, std::string_view message,
            const EncodedFields* context, const Field* fields, std::size_t field_count,
            const std::source_location& where) noexcept {
  if (level >= Level::off) return;
  put({static_cast<const LoggerNode*>(&logger),
       level,
       message,
       context,
       t_thread.scope,
       {fields, field_count},
       where});
}

}  // namespace detail

void log_foreign(std::string_view logger_name, const ForeignRecord& record) noexcept try {
  LoggerNode& logger = Runtime::instance().loggers().get(logger_name);
  if (record.level >= Level::off || record.level < logger.level.load(std::memory_order_relaxed)) {
    return;
  }
  const bool has_place = record.file != nullptr && record.line != 0;
  const std::string_view path(has_place ? record.file : "");
  const Field place[] = {
      {Key(detail::OwnKey(), "log.origin.file.name"), path.substr(path.rfind('/') + 1)},
      {Key(detail::OwnKey(), "log.origin.file.line"), record.line},
      {Key(detail::OwnKey(), "log.origin.function"), record.function}};
  put({&logger,
       record.level,
       record.message,
       nullptr,
       t_thread.scope,
       {place, has_place ? std::size(place) : 0},
       {},
       true,
       record.time_unix_ns});
} catch (const std::exception&) {
  return;  // no memory for a new logger's name: there is nobody to tell
}

Logger get(std::string_view name) {
  return {&Runtime::instance().loggers().get(name), nullptr};
}

void set_level(std::string_view name, Level level) {
  Runtime::instance().loggers().set_level(name, level);
}

void set_level(Level level) {
  set_level({}, level);
}

Logger Logger::with(const Field* fields, size_t field_count) const {
  auto context = context_ != nullptr ? std::make_shared<detail::EncodedFields>(*context_)
                                     : std::make_shared<detail::EncodedFields>();
  encode_fields({fields, field_count}, *context);
  return {cell_, std::move(context)};
}

void LimitedLogger::submit(Level level, std::string_view message, Fields fields,
                           const std::source_location& where) const noexcept {
  uint64_t suppressed = 0;
  if (!limit_.admit(suppressed)) return;
  const auto go = [&](const EncodedFields* context) {
    detail::submit(*logger_.cell_, level, message, context, fields.begin(), fields.size(), where);
  };
  if (suppressed == 0) return go(logger_.context_.get());
  try {
    const Logger counted = logger_.with({{"log.suppressed", suppressed}});
    go(counted.context_.get());
  } catch (const std::exception&) {
    go(logger_.context_.get());  // no memory to say how many
  }
}

bool start(Options options) {
  return Runtime::instance().start(std::move(options));
}

bool flush() {
  return Runtime::instance().flush();
}

void reopen() noexcept {
  reopen_requested.store(true, std::memory_order_relaxed);
}

void stop() {
  Runtime::instance().stop();
}

}  // namespace sawlog
