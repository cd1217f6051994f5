#include "config/reading.h"

#include "lib/base/printable.h"

namespace sawlog::config {

std::string Mistake::to_string() const {
  std::string position;
  if (place.line > 0) {
    position.append(":").append(std::to_string(place.line));
    position.append(":").append(std::to_string(place.column));
  }
  return base::printable(place.file + position + ": " + message);
}

Place Reading::place_of(std::string path) const {
  while (true) {
    const auto found = places.find(path);
    if (found != places.end()) return found->second;
    const size_t parent = path.find_last_of(".[");
    path.resize(parent == std::string::npos ? 0 : parent);
    if (path.empty()) break;
  }
  const auto root = places.find("");
  return root == places.end() ? Place{} : root->second;
}

std::string Reading::without_secrets(std::string message) const {
  constexpr size_t kSecretBytesMin = 3;  // shorter ones are in every message
  for (const std::string& secret : secrets_) {
    if (secret.size() < kSecretBytesMin) continue;
    for (size_t at = message.find(secret); at != std::string::npos; at = message.find(secret, at)) {
      message.replace(at, secret.size(), "…");
      at += std::string_view("…").size();
    }
  }
  return message;
}

}  // namespace sawlog::config
