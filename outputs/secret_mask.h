// Keeps secrets out of what a server's refusal tells: some gateways repeat the request, with its
// Authorization, in their error pages, and such texts stand in the log and in /status.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sawlog::outputs {

class SecretMask {
 public:
  // What is shorter is left alone: it could be any word of a message.
  static constexpr size_t kSecretBytesMin = 6;

  explicit SecretMask(std::vector<std::string> secrets);

  // Replaces by "***": the secrets, the values of those headers ("Name: value") whose names speak
  // of a key, a token or the like, and what stands behind "Basic ", "Bearer " and "ApiKey ".
  void apply(const std::vector<std::string>& headers, std::string& text) const;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace sawlog::outputs
