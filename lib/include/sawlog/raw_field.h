// Fields as they lie in a call's argument list and in the rings. Nothing here is for users.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <sawlog/key.h>

namespace sawlog {

struct ErrorInfo;

namespace detail {

constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;

enum class Kind : std::uint8_t {
  kNull,          // 0: what a field is before it is stored
  kBool,          // integer
  kInteger,       // integer
  kUnsigned,      // unsigned_integer
  kDouble,        // number
  kFloat,         // number
  kTime,          // integer: ns since 1970
  kText,          // from here on: text, text_size()
  kCutText,       // text that was longer
  kEncoded,       // text that is finished JSON
  kObject,        // text that is fields in the form of a ring, one behind the other
  kArray,         // the same; their keys are empty
  kError = 0x80,  // error; in a call only, never in a ring; a bit of its own
};

constexpr bool has_text(Kind kind) {
  return kind >= Kind::kText && kind != Kind::kError;
}
constexpr bool has_members(Kind kind) {
  return kind == Kind::kObject || kind == Kind::kArray;
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
  // From the lowest byte: size, hash and traits of the key; kind; the size of the text, 0 without
  // one. In one word, because a call writes it and reads it again at once.
  std::uint64_t traits;

  [[nodiscard]] constexpr std::uint8_t key_size() const {
    return static_cast<std::uint8_t>(traits);
  }
  [[nodiscard]] constexpr std::uint8_t key_hash() const {
    return static_cast<std::uint8_t>(traits >> 8);
  }
  [[nodiscard]] constexpr bool is_key_copied() const { return (traits >> 16 & kKeyIsCopied) != 0; }
  [[nodiscard]] constexpr Role role() const { return static_cast<Role>(traits >> 16 & kRoleMask); }
  [[nodiscard]] constexpr Kind kind() const { return static_cast<Kind>(traits >> 24 & 0xFF); }
  // Also true for the traits of several fields, or-ed, of which one is an error.
  [[nodiscard]] constexpr bool may_be_error() const {
    return (traits >> 24 & static_cast<std::uint8_t>(Kind::kError)) != 0;
  }
  [[nodiscard]] constexpr std::uint32_t text_size() const {
    return static_cast<std::uint32_t>(traits >> 32);
  }
  [[nodiscard]] constexpr std::string_view text_view() const { return {text, text_size()}; }

  constexpr void set_kind(Kind kind, std::size_t size_of_text = 0) {
    traits = (traits & 0xFFFFFF) | static_cast<std::uint64_t>(kind) << 24 |
             static_cast<std::uint64_t>(size_of_text) << 32;
  }
};
static_assert(sizeof(RawField) == 24 && std::is_trivially_copyable_v<RawField>);

constexpr RawField raw_field_of(Key key) {
  return {key.data(), {0}, key.tag()};
}

constexpr void store_text(RawField& raw, std::string_view text) {
  raw.text = text.data();
  if (text.size() <= kTextBytesMax) {
    raw.set_kind(Kind::kText, text.size());
  } else {
    raw.set_kind(Kind::kCutText, kTextBytesMax);
  }
}

// The members of an object or the elements of a range, copied in the form that rings use: up to
// 2 KiB in place, more on the heap, at most kTextBytesMax: what is beyond that is left out and
// stands as one member "…" (as it does when there is no memory).
class MemberBuffer {
 public:
  MemberBuffer() noexcept {}  // NOLINT: the bytes are not initialised, on purpose
  MemberBuffer(const MemberBuffer& other);
  MemberBuffer(MemberBuffer&& other) noexcept;
  MemberBuffer& operator=(MemberBuffer other) noexcept;
  ~MemberBuffer();

  // Copies its key (if it is not a literal) and text.
  void append(const RawField& field) noexcept;

  // As the value of a field, which lives as long as this.
  void store(RawField& raw, Kind kind) const {
    raw.set_kind(kind, size_bytes_);
    raw.text = data_;
  }

 private:
  static constexpr std::uint32_t kInlineBytes = 2048;

  bool make_room(std::size_t size_bytes) noexcept;
  void append_whole(const RawField& field) noexcept;

  char* data_ = inline_bytes_;
  std::uint32_t size_bytes_ = 0;
  std::uint32_t capacity_bytes_ = kInlineBytes;
  bool is_cut_ = false;
  alignas(8) char inline_bytes_[kInlineBytes];
};

}  // namespace detail

}  // namespace sawlog
