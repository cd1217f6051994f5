// One pattern of a source's `paths` or `exclude`: shell wildcards in each component (* ? [..], a
// leading dot must be written), and ** for any number of directories, also none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sawlog::agent {

class Glob {
 public:
  // "/var/log/**" is "/var/log/**/*". Empty components and "." are left out.
  explicit Glob(std::string_view pattern);

  [[nodiscard]] bool matches(std::string_view path) const;
  // The pattern's components, without slashes; the last is never "**".
  [[nodiscard]] const std::vector<std::string>& parts() const { return parts_; }
  [[nodiscard]] bool is_absolute() const { return is_absolute_; }

 private:
  std::vector<std::string> parts_;
  bool is_absolute_;
};

[[nodiscard]] bool has_wildcard(const std::string& part);
[[nodiscard]] bool part_matches(const std::string& part, const std::string& name);

}  // namespace sawlog::agent
