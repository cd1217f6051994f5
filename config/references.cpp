#include "config/references.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>

namespace sawlog::config {
namespace {

constexpr size_t kFileBytesMax = 64u << 10;

std::optional<std::string> read_secret(const std::string& path, std::string& cause) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    cause = std::strerror(errno);
    return std::nullopt;
  }
  std::string content(kFileBytesMax + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || content.size() > kFileBytesMax) {
    cause = file.bad() ? "it cannot be read" : "it is larger than 64KiB";
    return std::nullopt;
  }
  if (!content.empty() && content.back() == '\n') content.pop_back();
  if (!content.empty() && content.back() == '\r') content.pop_back();
  return content;
}

std::string value_of(const std::string& reference, const Place& place, Reading& reading) {
  const std::string shown = "${" + reference + "}";
  if (reference.starts_with("env:")) {
    const std::string name = reference.substr(4);
    if (const char* value = std::getenv(name.c_str())) return value;
    reading.mistake(place, "cannot replace '" + shown + "': the environment has no " + name);
  } else if (reference.starts_with("file:")) {
    std::string cause;
    if (auto value = read_secret(reference.substr(5), cause)) return *std::move(value);
    reading.mistake(place, "cannot replace '" + shown + "': " + cause);
  } else {
    reading.mistake(place, "unknown reference '" + shown +
                               "'; there are ${env:NAME} and ${file:/path}, and $${ for ${ itself");
  }
  return {};
}

}  // namespace

std::string replace_references(std::string_view text, const Place& place, Reading& reading) {
  std::string out;
  while (true) {
    const size_t begin = text.find("${");
    if (begin == std::string_view::npos) break;
    if (begin > 0 && text[begin - 1] == '$') {
      out.append(text.substr(0, begin)).push_back('{');
      text.remove_prefix(begin + 2);
      continue;
    }
    const size_t end = text.find('}', begin);
    if (end == std::string_view::npos) {
      reading.mistake(place, "a reference without its '}'");
      return {};
    }
    out.append(text.substr(0, begin));
    std::string value =
        value_of(std::string(text.substr(begin + 2, end - begin - 2)), place, reading);
    out += value;
    reading.add_secret(std::move(value));
    text.remove_prefix(end + 1);
  }
  return out.append(text);
}

}  // namespace sawlog::config
