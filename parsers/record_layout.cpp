#include "parsers/record_layout.h"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sawlog::parsers {

uint64_t key_hash(std::string_view key) {
  return XXH3_64bits(key.data(), key.size());
}

bool RecordLayout::has_key(std::string_view name) const {
  if (has_key(plan->keys.find(name))) return true;
  return std::binary_search(other_key_hashes.begin(), other_key_hashes.end(), key_hash(name));
}

}  // namespace sawlog::parsers
