// The name of a field.
//
// A literal is checked when it is compiled: printable ASCII without quotes and backslashes, at
// most 255 bytes, and none of the names that Sawlog writes itself. A name that is only known at run
// time is a std::string or std::string_view: it is copied, cut after 255 bytes, escaped where it
// needs to be, and moved below "labels." if it is one of Sawlog's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace sawlog {

namespace detail {

constexpr std::size_t kKeyBytesMax = 255;

// Fields with a role have their place in the line (design: the order of keys); `kReserved` are the
// keys that Sawlog writes itself.
enum class Role : std::uint8_t { kNone, kEventName, kTraceId, kSpanId, kTraceFlags, kReserved };
constexpr std::uint8_t kRoleMask = 0x0F;
constexpr std::uint8_t kKeyIsCopied = 0x80;  // not a literal: its bytes travel with the record

constexpr Role role_of(std::string_view key) {
  if (key == "event.name") return Role::kEventName;
  if (key == "trace_id") return Role::kTraceId;
  if (key == "span_id") return Role::kSpanId;
  if (key == "trace_flags") return Role::kTraceFlags;
  for (const std::string_view reserved :
       {"@timestamp", "log.level", "message", "ecs.version", "log.logger", "service.name",
        "service.version", "service.environment", "log.origin.file.name", "log.origin.file.line",
        "log.origin.function"}) {
    if (key == reserved) return Role::kReserved;
  }
  return Role::kNone;
}

// Equal keys have equal hashes; eight bits are enough to find most fields to be different.
constexpr std::uint8_t hash_of(std::string_view key) {
  std::uint32_t hash = 0;
  for (const char c : key) hash = hash * 31 + static_cast<std::uint8_t>(c);
  return static_cast<std::uint8_t>(hash ^ hash >> 8 ^ hash >> 16);
}

// Not constexpr: a literal key that leads here does not compile, and the name says why.
inline void a_key_has_1_to_255_bytes() {}
inline void a_key_is_printable_ascii_without_quotes_and_backslashes() {}
inline void this_key_is_written_by_sawlog_itself() {}

consteval void check_member_key(std::string_view key) {
  if (key.empty() || key.size() > kKeyBytesMax) a_key_has_1_to_255_bytes();
  for (const char c : key) {
    if (c < 0x20 || c > 0x7E || c == '"' || c == '\\') {
      a_key_is_printable_ascii_without_quotes_and_backslashes();
    }
  }
}

consteval void check_key(std::string_view key) {
  check_member_key(key);
  if (role_of(key) == Role::kReserved) this_key_is_written_by_sawlog_itself();
}

struct OwnKey {};  // marks the keys that Sawlog writes itself

template <class T>
concept RunTimeText = std::is_convertible_v<const T&, std::string_view> && !std::is_array_v<T> &&
                      !std::is_pointer_v<T>;

}  // namespace detail

class Key {
 public:
  consteval Key(const char* literal)
      : Key(std::string_view(literal), 0, detail::role_of(std::string_view(literal))) {
    detail::check_key(std::string_view(literal));
  }

  template <detail::RunTimeText T>
  constexpr Key(const T& text)
      : Key(std::string_view(text).substr(0, detail::kKeyBytesMax), detail::kKeyIsCopied,
            detail::role_of(text)) {}

  // A literal, unchecked and without a role: for Sawlog itself.
  constexpr Key(detail::OwnKey, std::string_view literal) : Key(literal, 0, detail::Role::kNone) {}

  [[nodiscard]] constexpr const char* data() const { return data_; }
  // Size, hash and traits in one word (detail::RawField::traits), so that it can be stored at once.
  [[nodiscard]] constexpr std::uint32_t tag() const { return tag_; }

 protected:
  constexpr Key(std::string_view text, std::uint8_t flags, detail::Role role)
      : data_(text.data()),
        tag_(static_cast<std::uint32_t>(text.size()) | std::uint32_t{detail::hash_of(text)} << 8 |
             (std::uint32_t{flags} | static_cast<std::uint32_t>(role)) << 16) {}

 private:
  const char* data_;
  std::uint32_t tag_;
};

// The name of a member of an object, where no name is Sawlog's own.
class MemberKey : public Key {
 public:
  consteval MemberKey(const char* literal)
      : Key(std::string_view(literal), 0, detail::Role::kNone) {
    detail::check_member_key(std::string_view(literal));
  }

  template <detail::RunTimeText T>
  constexpr MemberKey(const T& text)
      : Key(std::string_view(text).substr(0, detail::kKeyBytesMax), detail::kKeyIsCopied,
            detail::Role::kNone) {}
};

}  // namespace sawlog
