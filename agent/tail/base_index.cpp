#include "agent/tail/base_index.h"

namespace sawlog::agent {

const std::vector<KnownFile*>& BaseIndex::with_base(const std::string& base) {
  build();
  return by_base_[base];
}

void BaseIndex::clear() {
  by_base_.clear();
  is_built_ = false;
}

bool BaseIndex::is_sibling(const FoundName& name, const KnownFile* known) {
  if (!name.is_sibling) return false;
  if (!name.is_listed || name.base_exists) return true;
  if (known != nullptr && known->record.base == name.base) return true;
  return !with_base(name.base).empty();
}

void BaseIndex::build() {
  if (is_built_) return;
  is_built_ = true;
  for (const auto& [id, known] : files_.all()) by_base_[known->record.base].push_back(known.get());
}

}  // namespace sawlog::agent
