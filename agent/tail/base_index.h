// The known files by the live name that their rotated siblings are named after, built when first
// asked for in a look.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "agent/tail/known_file.h"
#include "agent/tail/scanner.h"

namespace sawlog::agent {

class BaseIndex {
 public:
  explicit BaseIndex(const KnownFiles& files) : files_(files) {}

  [[nodiscard]] const std::vector<KnownFile*>& with_base(const std::string& base);
  // Those that the file may be a rotated sibling of: of its base, and in other directories
  // (logrotate's olddir, a directory that was renamed) of a base with the same file name.
  [[nodiscard]] std::vector<KnownFile*> candidates(const FoundName& name);
  void add(KnownFile& known);
  void clear();

  // Whether the name is that of a rotated file. One like "worker-1", which the globs mean
  // themselves, is only if there is, or was, a "worker". known: whose name it is, or null.
  [[nodiscard]] bool is_sibling(const FoundName& name, const KnownFile* known);
  // The live name that a sibling belongs to.
  [[nodiscard]] std::string base_of(const FoundName& name);

 private:
  void build();
  const KnownFile* base_elsewhere(const FoundName& name);

  const KnownFiles& files_;
  std::unordered_map<std::string, std::vector<KnownFile*>> by_base_;
  std::unordered_map<std::string, std::vector<KnownFile*>> by_base_name_;  // without its directory
  bool is_built_ = false;
};

}  // namespace sawlog::agent
