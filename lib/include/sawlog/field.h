// A field: a key and a typed value, {"order_id", 7}.
//
// A field only looks at its value until the call that it was written for has copied it, so write it
// in that call: log.info("order placed", {{"order_id", id}, {"total", 12.5}}).
//
// Values: anything that converts to std::string_view (and std::filesystem::path), integers, enums
// (as integers), double, float, bool, char, nullptr, std::optional of these (empty: null), times of
// the system clock (RFC 3339, UTC), durations (nanoseconds, an integer), ranges of values (arrays),
// maps from text to values and sawlog::object (objects), and every type with a
//   auto log_value(const T&)
// in its own namespace that returns one of these (or a sawlog::Secret): redaction belongs to the
// type. Text is copied up to 1 MiB; what is longer is cut and ends in "…".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <sawlog/key.h>
#include <sawlog/raw_field.h>

namespace sawlog {

// Stands for a value that must not be logged: written as "[redacted]".
struct Secret {};

template <class T>
constexpr Secret secret(const T& /*value*/) noexcept {
  return {};
}

// What an exception says; becomes error.type, error.message and, when exceptions are nested in it
// or its stack is known (throw_stack.h), error.stack_trace: one "type: message" a line, the
// outermost first, each with its stack.
struct ErrorInfo {
  std::string type = {};
  std::string message = {};
  std::string stack_trace = {};
};

[[nodiscard]] ErrorInfo error(const std::exception& exception);
[[nodiscard]] ErrorInfo error(const std::exception_ptr& exception);
[[nodiscard]] ErrorInfo error(const std::error_code& code);

class Object;

namespace detail {

template <class T>
concept HasLogValue = requires(const T& value) { log_value(value); };

template <class T>
concept PathLike = !std::is_convertible_v<const T&, std::string_view> &&
                   std::is_convertible_v<const T&, std::string>;

template <class T>
concept TextLike = std::is_convertible_v<const T&, std::string_view> || PathLike<T>;

template <class T>
concept RangeLike = !TextLike<T> && !HasLogValue<T> && requires(const T& range) {
  std::begin(range);
  std::end(range);
};

template <class T>
concept MapLike = RangeLike<T> && requires(const T& map) {
  typename T::mapped_type;
  std::string_view(std::begin(map)->first);
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;
template <class T>
inline constexpr bool is_system_time = false;
template <class Duration>
inline constexpr bool is_system_time<std::chrono::sys_time<Duration>> = true;

// Holds what a field's value had to be turned into, until the end of the call.
template <class T>
struct Holder {};

template <HasLogValue T>
struct Holder<T> {
  using Value = std::remove_cvref_t<decltype(log_value(std::declval<const T&>()))>;
  std::optional<Value> value = {};
  Holder<Value> next = {};
};

template <PathLike T>
  requires(!HasLogValue<T>)
struct Holder<T> {
  std::string value = {};
};

template <RangeLike T>
struct Holder<T> {
  MemberBuffer elements = {};
};

template <class T>
struct Holder<std::optional<T>> {
  Holder<T> next = {};
};

template <class>
inline constexpr bool always_false = false;

template <class T>
constexpr void store_scalar(RawField& raw, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    raw.set_kind(Kind::kBool);
    raw.integer = value ? 1 : 0;
  } else if constexpr (std::is_same_v<T, char>) {
    store_text(raw, std::string_view(&value, 1));
  } else if constexpr (std::is_same_v<T, float>) {
    raw.set_kind(Kind::kFloat);
    raw.number = static_cast<double>(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    raw.set_kind(Kind::kDouble);
    raw.number = static_cast<double>(value);
  } else if constexpr (std::is_unsigned_v<T>) {
    raw.set_kind(Kind::kUnsigned);
    raw.unsigned_integer = value;
  } else {
    raw.set_kind(Kind::kInteger);
    raw.integer = value;
  }
}

template <class T>
constexpr void store_time(RawField& raw, const T& value) {
  using Nanoseconds = std::chrono::duration<std::int64_t, std::nano>;
  if constexpr (is_duration<T>) {
    raw.set_kind(Kind::kInteger);
    raw.integer = std::chrono::duration_cast<Nanoseconds>(value).count();
  } else {
    raw.set_kind(Kind::kTime);
    raw.integer = std::chrono::duration_cast<Nanoseconds>(value.time_since_epoch()).count();
  }
}

void store_object(RawField& raw, const Object& object);

template <class T>
void append_range(MemberBuffer& into, const T& range);

template <class T>
constexpr void store(RawField& raw, const T& value, Holder<T>& holder) {
  if constexpr (HasLogValue<T>) {
    store(raw, holder.value.emplace(log_value(value)), holder.next);
  } else if constexpr (std::is_same_v<T, Secret>) {
    store_text(raw, "[redacted]");
  } else if constexpr (std::is_same_v<T, Object>) {
    store_object(raw, value);
  } else if constexpr (is_optional<T>) {
    if (value) store(raw, *value, holder.next);
  } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
    raw.set_kind(Kind::kNull);
  } else if constexpr (std::is_arithmetic_v<T>) {
    store_scalar(raw, value);
  } else if constexpr (std::is_enum_v<T>) {
    store_scalar(raw, static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (is_duration<T> || is_system_time<T>) {
    store_time(raw, value);
  } else if constexpr (std::is_pointer_v<T> && std::is_convertible_v<T, const char*>) {
    if (value != nullptr) store_text(raw, value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    store_text(raw, value);
  } else if constexpr (PathLike<T>) {
    holder.value = static_cast<std::string>(value);
    store_text(raw, holder.value);
  } else if constexpr (RangeLike<T>) {
    append_range(holder.elements, value);
    holder.elements.store(raw, MapLike<T> ? Kind::kObject : Kind::kArray);
  } else {
    static_assert(always_false<T>, "sawlog cannot log this type: give it a log_value()");
  }
}

template <class T>
void append_value(MemberBuffer& into, Key key, const T& value) {
  RawField raw = raw_field_of(key);
  Holder<T> holder;
  store(raw, value, holder);
  into.append(raw);
}

template <class T>
void append_range(MemberBuffer& into, const T& range) {
  for (const auto& element : range) {
    if constexpr (MapLike<T>) {
      append_value(into, MemberKey(std::string_view(element.first)), element.second);
    } else {
      append_value(into, Key(OwnKey(), {}), element);
    }
  }
}

}  // namespace detail

class Field {
 public:
  template <class T>
  constexpr Field(Key key, const T& value, detail::Holder<T>&& holder = {})
      : raw_(detail::raw_field_of(key)) {
    detail::store(raw_, value, holder);
  }

  Field(const ErrorInfo& error) : raw_() {
    raw_.set_kind(detail::Kind::kError);
    raw_.error = &error;
  }

  [[nodiscard]] const detail::RawField& raw() const { return raw_; }

 private:
  detail::RawField raw_;
};
static_assert(sizeof(Field) == sizeof(detail::RawField));  // arrays of one are read as the other

// A field inside of an object: the same, but that no key is Sawlog's own there.
class Member {
 public:
  template <class T>
  Member(MemberKey key, const T& value, detail::Holder<T>&& holder = {})
      : raw_(detail::raw_field_of(key)) {
    detail::store(raw_, value, holder);
  }

  Member(const ErrorInfo& error) : raw_(Field(error).raw()) {}

  [[nodiscard]] const detail::RawField& raw() const { return raw_; }

 private:
  detail::RawField raw_;
};

// Fields in a field: {"customer", sawlog::object({{"id", 7}, {"tags", tags}})}. Owns a copy of all
// that is in it, so that log_value() may return one. The same key twice: the last wins. Deeper than
// 32 objects or arrays inside one another, "…" stands for what is there.
class Object {
 public:
  Object() = default;
  explicit Object(std::initializer_list<Member> members) {
    for (const Member& member : members) add(member);
  }
  // For objects that are put together at run time.
  void add(const Member& member);

 private:
  friend void detail::store_object(detail::RawField& raw, const Object& object);
  detail::MemberBuffer members_;
};

[[nodiscard]] inline Object object(std::initializer_list<Member> members) {
  return Object(members);
}

inline void detail::store_object(RawField& raw, const Object& object) {
  object.members_.store(raw, Kind::kObject);
}

}  // namespace sawlog
