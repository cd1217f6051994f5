// Who asks: checks of a request that need no HTTP.
#pragma once

#include <string_view>

namespace sawlog::agent {

// Takes as long whatever the bytes; only the length can be learned.
inline bool same_secret(std::string_view given, std::string_view wanted) {
  if (given.size() != wanted.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(wanted[i]);
  }
  return difference == 0;
}

// An address of this host alone.
inline bool is_local(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace sawlog::agent
