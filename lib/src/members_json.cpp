#include "lib/src/members_json.h"

#include <bitset>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/json_encode.h"
#include "lib/src/record.h"
#include "lib/src/value_json.h"

namespace sawlog {

using detail::Kind;
using detail::RawField;

namespace {

constexpr std::string_view kNameOfNothing = "_";  // stores refuse the empty name
constexpr size_t kPunctuationBytes = 4;

std::string_view key_of(const RawField& member) {
  return member.key_size() > 0 ? std::string_view(member.key, member.key_size()) : kNameOfNothing;
}

// For each member in their order: body(member).
template <class Body>
void each_member(const RawField& field, Body body) {
  const char* at = field.text;
  const char* const end = field.text + field.text_size();
  while (at != end) body(read_field(at));
}

// By hash alone: false is certain. Keys that are not ASCII may become equal when they are written.
bool may_repeat_a_key(const RawField& object) {
  std::bitset<256> seen;
  bool may = false;
  each_member(object, [&](const RawField& member) {
    const std::string_view key = key_of(member);
    const uint8_t hash = detail::hash_of(key);
    may = may || seen[hash];
    seen.set(hash);
    if (!member.is_key_copied()) return;
    for (const char c : key) may = may || static_cast<uint8_t>(c) >= 0x80;
  });
  return may;
}

char* write_member(char* out, const RawField& member, int depth) {
  out = base::write_json_string(out, key_of(member));
  *out++ = ':';
  return write_value_json(out, member, depth);
}

// Begins with a comma, which becomes the bracket.
char* write_all(char* out, const RawField& field, int depth) {
  each_member(field, [&](const RawField& member) {
    *out++ = ',';
    out = field.kind() == Kind::kArray ? write_value_json(out, member, depth)
                                       : write_member(out, member, depth);
  });
  return out;
}

char* write_last_of_each_key(char* out, const RawField& object, int depth) {
  std::unordered_map<std::string, size_t> last_by_key;
  std::vector<std::string> keys;
  each_member(object, [&](const RawField& member) {
    base::append_json_string(keys.emplace_back(), key_of(member));
    last_by_key[keys.back()] = keys.size() - 1;
  });
  size_t index = 0;
  each_member(object, [&](const RawField& member) {
    const size_t at = index++;
    if (last_by_key[keys[at]] != at) return;
    *out++ = ',';
    out = write_member(out, member, depth);
  });
  return out;
}

}  // namespace

size_t members_json_bytes_max(const RawField& field) {
  size_t size = kPunctuationBytes;
  each_member(field, [&size](const RawField& member) {
    size += base::json_string_bytes_max(key_of(member).size()) + value_json_bytes_max(member) +
            kPunctuationBytes;
  });
  return size;
}

char* write_members_json(char* out, const RawField& field, int depth) {
  const bool is_array = field.kind() == Kind::kArray;
  char* const begin = out;
  out = !is_array && may_repeat_a_key(field) ? write_last_of_each_key(out, field, depth)
                                             : write_all(out, field, depth);
  if (out == begin) ++out;  // no member, no comma
  *begin = is_array ? '[' : '{';
  *out++ = is_array ? ']' : '}';
  return out;
}

}  // namespace sawlog
