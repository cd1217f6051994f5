// A field: a key and a typed value, {"order_id", 7}.
//
// A field only looks at its value until the call that it was written for has copied it, so write it
// in that call: log.info("order placed", {{"order_id", id}, {"total", 12.5}}).
//
// Values: anything that converts to std::string_view (and std::filesystem::path), integers, enums
// (as integers), double, float, bool, char, nullptr, std::optional of these (empty: null), times of
// the system clock (RFC 3339, UTC), durations (nanoseconds, an integer), and every type with a
//   auto log_value(const T&)
// in its own namespace that returns one of these (or a sawlog::Secret): redaction belongs to the
// type. Text is copied up to 1 MiB; what is longer is cut and ends in "…".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <sawlog/key.h>

namespace sawlog {

// Stands for a value that must not be logged: written as "[redacted]".
struct Secret {};

template <class T>
constexpr Secret secret(const T& /*value*/) noexcept {
  return {};
}

// What an exception says; becomes error.type, error.message and, when exceptions are nested in it,
// error.stack_trace: one "type: message" a line, the outermost first.
struct ErrorInfo {
  std::string type = {};
  std::string message = {};
  std::string stack_trace = {};
};

[[nodiscard]] ErrorInfo error(const std::exception& exception);
[[nodiscard]] ErrorInfo error(const std::exception_ptr& exception);
[[nodiscard]] ErrorInfo error(const std::error_code& code);

namespace detail {

constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;

enum class Kind : std::uint8_t {
  kNull,      // 0: what a field is before it is stored
  kBool,      // integer
  kInteger,   // integer
  kUnsigned,  // unsigned_integer
  kDouble,    // number
  kFloat,     // number
  kTime,      // integer: ns since 1970
  kError,     // error; in a call only, never in a ring
  kText,      // from here on: text, text_size
  kCutText,   // text that was longer
  kEncoded,   // text that is finished JSON
};

constexpr bool has_text(Kind kind) {
  return kind >= Kind::kText;
}

// A field as it lies in a call's argument list, and, its text behind it, in a ring.
struct RawField {
  const char* key;
  union {
    std::int64_t integer;
    std::uint64_t unsigned_integer;
    double number;
    const char* text;
    const ErrorInfo* error;
  };
  std::uint32_t text_size;  // 0 without a text
  std::uint32_t tag;        // from the lowest byte: size, hash and traits of the key; kind

  [[nodiscard]] constexpr std::uint8_t key_size() const { return static_cast<std::uint8_t>(tag); }
  [[nodiscard]] constexpr std::uint8_t key_hash() const {
    return static_cast<std::uint8_t>(tag >> 8);
  }
  [[nodiscard]] constexpr bool is_key_copied() const { return (tag >> 16 & kKeyIsCopied) != 0; }
  [[nodiscard]] constexpr Role role() const { return static_cast<Role>(tag >> 16 & kRoleMask); }
  [[nodiscard]] constexpr Kind kind() const { return static_cast<Kind>(tag >> 24); }
  constexpr void set_kind(Kind kind) {
    tag = (tag & 0xFFFFFF) | static_cast<std::uint32_t>(kind) << 24;
  }
};
static_assert(sizeof(RawField) == 24 && std::is_trivially_copyable_v<RawField>);

constexpr void store_text(RawField& raw, std::string_view text) {
  raw.set_kind(text.size() <= kTextBytesMax ? Kind::kText : Kind::kCutText);
  raw.text = text.data();
  raw.text_size =
      static_cast<std::uint32_t>(text.size() <= kTextBytesMax ? text.size() : kTextBytesMax);
}

template <class T>
concept HasLogValue = requires(const T& value) { log_value(value); };

template <class T>
concept PathLike = !std::is_convertible_v<const T&, std::string_view> &&
                   std::is_convertible_v<const T&, std::string>;

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

template <class T>
constexpr void store(RawField& raw, const T& value, Holder<T>& holder) {
  if constexpr (HasLogValue<T>) {
    store(raw, holder.value.emplace(log_value(value)), holder.next);
  } else if constexpr (std::is_same_v<T, Secret>) {
    store_text(raw, "[redacted]");
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
  } else {
    static_assert(always_false<T>, "sawlog cannot log this type: give it a log_value()");
  }
}

}  // namespace detail

class Field {
 public:
  template <class T>
  constexpr Field(Key key, const T& value, detail::Holder<T>&& holder = {}) : raw_(start(key)) {
    detail::store(raw_, value, holder);
  }

  Field(const ErrorInfo& error) : raw_() {
    raw_.set_kind(detail::Kind::kError);
    raw_.error = &error;
  }

  [[nodiscard]] const detail::RawField& raw() const { return raw_; }

 private:
  static constexpr detail::RawField start(Key key) { return {key.data(), {0}, 0, key.tag()}; }

  detail::RawField raw_;
};
static_assert(sizeof(Field) == sizeof(detail::RawField));  // arrays of one are read as the other

}  // namespace sawlog
