#include "agent/tail/base_index.h"

#include <algorithm>

#include "agent/tail/sibling_name.h"

namespace sawlog::agent {

namespace {

std::string file_name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

const std::vector<KnownFile*>& BaseIndex::with_base(const std::string& base) {
  build();
  return by_base_[base];
}

std::vector<KnownFile*> BaseIndex::candidates(const FoundName& name) {
  std::vector<KnownFile*> found = with_base(name.base);
  if (!name.is_sibling) return found;
  for (const std::string& base : sibling_bases(file_name_of(name.path))) {
    const auto named = by_base_name_.find(base);
    if (named == by_base_name_.end()) continue;
    for (KnownFile* known : named->second) {
      if (std::ranges::find(found, known) == found.end()) found.push_back(known);
    }
  }
  return found;
}

void BaseIndex::add(KnownFile& known) {
  by_base_[known.record.base].push_back(&known);
  by_base_name_[file_name_of(known.record.base)].push_back(&known);
}

void BaseIndex::clear() {
  by_base_.clear();
  by_base_name_.clear();
  is_built_ = false;
}

bool BaseIndex::is_sibling(const FoundName& name, const KnownFile* known) {
  if (!name.is_sibling) return false;
  if (!name.is_listed || name.base_exists) return true;
  if (known != nullptr && known->record.base == name.base) return true;
  return !with_base(name.base).empty() || base_elsewhere(name) != nullptr;
}

std::string BaseIndex::base_of(const FoundName& name) {
  if (!name.is_sibling || !name.is_listed || name.base_exists) return name.base;
  if (!with_base(name.base).empty()) return name.base;
  const KnownFile* const elsewhere = base_elsewhere(name);
  return elsewhere == nullptr ? name.path : elsewhere->record.base;
}

// A file with the right live name in another directory.
const KnownFile* BaseIndex::base_elsewhere(const FoundName& name) {
  build();
  for (const std::string& base : sibling_bases(file_name_of(name.path))) {
    const auto named = by_base_name_.find(base);
    if (named != by_base_name_.end()) return named->second.front();
  }
  return nullptr;
}

void BaseIndex::build() {
  if (is_built_) return;
  is_built_ = true;
  for (const auto& [id, known] : files_.all()) add(*known);
}

}  // namespace sawlog::agent
