// Which known files a found one may be, or be a copy of, and how it relates to each of them.
#include <algorithm>
#include <tuple>

#include "agent/tail/content_matcher.h"

namespace sawlog::agent {

// The known files that it begins like. First those that have lost their content and can prove more
// than their beginning, and of those the ones that are still wanted; then those that it may be a
// copy of.
std::vector<KnownFile*> ContentMatcher::candidates_of(const Unknown& unknown) {
  std::vector<KnownFile*> candidates;
  for (KnownFile* known : bases_.candidates(*unknown.name)) {
    if (known->record.inode == unknown.found->status.inode &&
        known->record.device == unknown.found->status.device) {
      continue;  // taken over, or added, in this very look
    }
    // Nothing but its beginning is known of it, and nobody waits for it.
    const bool is_vague = known->is_gone() && known->record.is_released &&
                          known->proof.offset < known->record.evidence.length_bytes;
    if (!is_vague && !known->is_cut_off && may_be(unknown, *known)) candidates.push_back(known);
  }
  std::ranges::sort(candidates, [](const KnownFile* a, const KnownFile* b) {
    const auto key = [](const KnownFile* known) {
      const bool has_proof = known->proof.offset > known->record.evidence.length_bytes;
      const int rank = known->is_gone() && has_proof ? 0 : known->is_gone() ? 2 : 1;
      return std::tuple(rank, known->record.is_released,
                        UINT32_MAX - known->record.evidence.length_bytes, known->record.id);
    };
    return key(a) < key(b);
  });
  return candidates;
}

bool ContentMatcher::may_be(const Unknown& unknown, const KnownFile& known) const {
  const std::string& prefix = unknown.probe->prefix();
  const Evidence& evidence = known.record.evidence;
  if (begins_like(prefix, evidence)) return true;
  // A copy that was made, or is being made, of the beginning: the original's own bytes will tell.
  if (!known.is_gone() && !prefix.empty() && prefix.size() < evidence.length_bytes) return true;
  if (prefix.size() < evidence.length_bytes &&
      is_noted(make_cursor(prefix, prefix.size()), known)) {
    return true;
  }
  // The file was empty when it was last looked at, but has been read since.
  if (evidence.length_bytes == 0 && known.proof.hashed_bytes > 0) return true;
  return may_become(unknown, known);
}

// Too short to be compared with the file that has just gone, and still being written: it may be the
// copy of it that is being made.
bool ContentMatcher::may_become(const Unknown& unknown, const KnownFile& known) const {
  const size_t prefix_bytes = unknown.probe->prefix().size();
  const bool has_just_gone =
      known.is_gone() && !known.record.is_released &&
      context_.clock.monotonic_ns() - known.missing_since_ns < kGiveUpAfterNs;
  return unknown.is_rotated && has_just_gone && prefix_bytes > 0 &&
         prefix_bytes < known.record.evidence.length_bytes && unknown.probe->may_grow();
}

Relation ContentMatcher::relation(Unknown& unknown, KnownFile& known) {
  if (known.is_gone()) {
    return known.is_surely_gone() ? relation_to_gone(unknown, known) : Relation::kUnclear;
  }
  if (known.content != nullptr) return relation_of(*unknown.probe, known, known.content->file);
  auto file = context_.filesystem.open(known.path, base::OpenMode::kRead);
  return file ? relation_of(*unknown.probe, known, std::move(*file)) : Relation::kUnclear;
}

Relation ContentMatcher::relation_to_gone(Unknown& unknown, KnownFile& known) const {
  const Relation found = relation_of(*unknown.probe, known, nullptr);
  if (found != Relation::kShorter) return found;
  // A copy has another inode than its original, but one that is made when that is gone and let go
  // may get its number.
  if (known.lost_inode == unknown.found->status.inode && !known.record.is_released) {
    known.is_cut_off = true;
  }
  return may_become(unknown, known) ? Relation::kUnclear : found;
}

// All of a file that is there: nothing can be surer, whatever else begins alike.
bool ContentMatcher::is_whole_copy(Unknown& unknown, KnownFile& known) {
  if (known.is_gone() || relation(unknown, known) != Relation::kCopy) return false;
  const auto end = unknown.probe->end();
  return end && end->offset == known.size_bytes;
}

// A shorter copy of a file that nobody waits for: what was written while it was compressed.
bool ContentMatcher::is_leftover(Unknown& unknown, const KnownFile& known) {
  const auto end = unknown.probe->end();
  if (!end || is_noted(*end, known)) return true;
  return std::ranges::any_of(known.record.marks, [&](const Cursor& mark) {
    return kEvidenceBytesMax <= mark.offset && mark.offset <= end->offset;
  });
}

bool ContentMatcher::is_noted(const Cursor& end, const KnownFile& known) {
  return std::ranges::find(known.record.copies, end) != known.record.copies.end();
}

// The compressed copy of a file that has no name any more takes its place when nothing can come any
// more: then the deleted original need not be held.
bool ContentMatcher::may_replace(const KnownFile& known, Probe& probe) const {
  if (known.is_found || known.file == nullptr || !known.file->end_is_final()) return false;
  const auto end = probe.end();
  return end && end->offset >= known.size_bytes;
}

}  // namespace sawlog::agent
