#include "agent/tail/sibling_name.h"

#include <array>
#include <utility>

namespace sawlog::agent {

namespace {

constexpr std::array<std::pair<std::string_view, Compression>, 3> kEndings = {{
    {".gz", Compression::kGzip},
    {".zst", Compression::kZstd},
    {".xz", Compression::kXz},
}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_between_digits(char c) {
  return std::string_view("-_.:T+Z").find(c) != std::string_view::npos;
}

}  // namespace

Compression compression_by_name(std::string_view name) {
  for (const auto& [ending, compression] : kEndings) {
    if (name.size() > ending.size() && name.ends_with(ending)) return compression;
  }
  return Compression::kNone;
}

std::vector<std::string> sibling_bases(std::string_view name) {
  std::vector<std::string> bases;
  for (const auto& [ending, compression] : kEndings) {
    if (compression_by_name(name) != compression) continue;
    name.remove_suffix(ending.size());
    bases.emplace_back(name);
    break;
  }
  // From the end: each separator that has only groups of digits behind it may begin the suffix.
  char behind = '\0';
  for (size_t at = name.size(); at-- > 1;) {
    const char c = name[at];
    const bool is_separator = c == '.' || c == '-' || c == '_';
    if (is_separator && is_digit(behind)) bases.emplace_back(name.substr(0, at));
    const bool may_go_on =
        is_digit(c) || (is_between_digits(c) && (is_digit(behind) || (behind == '\0' && c == 'Z')));
    if (!may_go_on) break;
    behind = c;
  }
  return bases;
}

}  // namespace sawlog::agent
