#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include <sawlog/field.h>

#include "lib/src/record_writer.h"

namespace sawlog {

namespace detail {

namespace {

constexpr RawField kRestIsLeftOut = [] {
  RawField rest = raw_field_of(Key(OwnKey(), "…"));
  store_text(rest, "…");
  return rest;
}();

}  // namespace

MemberBuffer::MemberBuffer(const MemberBuffer& other) : is_cut_(other.is_cut_) {
  if (!make_room(other.size_bytes_)) return;
  std::memcpy(data_, other.data_, other.size_bytes_);
  size_bytes_ = other.size_bytes_;
}

MemberBuffer::MemberBuffer(MemberBuffer&& other) noexcept
    : size_bytes_(other.size_bytes_),
      capacity_bytes_(other.capacity_bytes_),
      is_cut_(other.is_cut_) {
  if (other.data_ == other.inline_bytes_) {
    std::memcpy(inline_bytes_, other.inline_bytes_, size_bytes_);
  } else {
    data_ = std::exchange(other.data_, other.inline_bytes_);
    other.capacity_bytes_ = kInlineBytes;
  }
  other.size_bytes_ = 0;
}

MemberBuffer& MemberBuffer::operator=(MemberBuffer other) noexcept {
  std::destroy_at(this);
  return *std::construct_at(this, std::move(other));
}

MemberBuffer::~MemberBuffer() {
  if (data_ != inline_bytes_) delete[] data_;
}

bool MemberBuffer::make_room(size_t size_bytes) noexcept {
  const size_t needed = size_bytes_ + size_bytes;
  if (needed <= capacity_bytes_) return true;
  const size_t capacity = std::max(needed, 2 * size_t{capacity_bytes_});
  char* const larger = new (std::nothrow) char[capacity];
  if (larger == nullptr) return false;
  std::memcpy(larger, data_, size_bytes_);
  if (data_ != inline_bytes_) delete[] data_;
  data_ = larger;
  capacity_bytes_ = static_cast<uint32_t>(capacity);
  return true;
}

void MemberBuffer::append(const RawField& field) noexcept {
  if (is_cut_) return;
  // The mark fits in any case: there is always room left for it.
  const size_t with_mark = field_bytes(field) + field_bytes(kRestIsLeftOut);
  is_cut_ = size_bytes_ + with_mark > kTextBytesMax || !make_room(with_mark);
  append_whole(is_cut_ ? kRestIsLeftOut : field);
}

void MemberBuffer::append_whole(const RawField& field) noexcept {
  size_bytes_ = static_cast<uint32_t>(write_field(data_ + size_bytes_, field) - data_);
}

}  // namespace detail

void Object::add(const Member& member) {
  if (member.raw().kind() != detail::Kind::kError) {
    members_.append(member.raw());
    return;
  }
  const ErrorInfo& error = *member.raw().error;
  add({"error.type", error.type});
  add({"error.message", error.message});
  if (!error.stack_trace.empty()) add({"error.stack_trace", error.stack_trace});
}

}  // namespace sawlog
