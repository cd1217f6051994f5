#include "outputs/secret_mask.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sawlog::outputs {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::array<std::string_view, 3> kSchemes = {"Basic ", "Bearer ", "ApiKey "};
constexpr std::array<const char*, 6> kSecretNames = {"auth",   "key",    "token",
                                                     "secret", "cookie", "password"};
// Of what may follow a scheme (RFC 9110, 11.2: token68).
constexpr std::string_view kCredentialBytes =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

bool speaks_of_a_secret(const std::string& header_name) {
  return std::any_of(kSecretNames.begin(), kSecretNames.end(), [&](const char* name) {
    return strcasestr(header_name.c_str(), name) != nullptr;
  });
}

void mask(std::string_view secret, std::string& text) {
  if (secret.size() < SecretMask::kSecretBytesMin) return;
  for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), kMask);
    at += kMask.size();
  }
}

void mask_credentials(std::string_view scheme, std::string& text) {
  for (size_t at = text.find(scheme); at != std::string::npos; at = text.find(scheme, at)) {
    at += scheme.size();
    const size_t end = std::min(text.find_first_not_of(kCredentialBytes, at), text.size());
    if (end - at >= SecretMask::kSecretBytesMin) text.replace(at, end - at, kMask);
  }
}

}  // namespace

SecretMask::SecretMask(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {}

void SecretMask::apply(const std::vector<std::string>& headers, std::string& text) const {
  for (const std::string& secret : secrets_) mask(secret, text);
  for (const std::string& header : headers) {
    const size_t colon = header.find(": ");
    if (colon == std::string::npos || !speaks_of_a_secret(header.substr(0, colon))) continue;
    mask(std::string_view(header).substr(colon + 2), text);
  }
  for (const std::string_view scheme : kSchemes) mask_credentials(scheme, text);
}

}  // namespace sawlog::outputs
