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
  void add(KnownFile& known) { by_base_[known.record.base].push_back(&known); }
  void clear();

  // Whether the name is that of a rotated file. One like "worker-1", which the globs mean
  // themselves, is only if there is, or was, a "worker". known: whose name it is, or null.
  [[nodiscard]] bool is_sibling(const FoundName& name, const KnownFile* known);

 private:
  void build();

  const KnownFiles& files_;
  std::unordered_map<std::string, std::vector<KnownFile*>> by_base_;
  bool is_built_ = false;
};

}  // namespace sawlog::agent
