#include "config/reading.h"

namespace sawlog::config {

std::string Mistake::to_string() const {
  if (place.line == 0) return place.file + ": " + message;
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": " +
         message;
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
