#include "agent/tail/content_check.h"

#include <algorithm>

#include "agent/tail/sibling_name.h"

namespace sawlog::agent {

namespace {

// Whether the bytes that we saw last are still where they were.
Comparison check_proof(const KnownFile& known, const Readable& readable) {
  // Compressed files are not rewritten in place, and decoding them costs: it is done only where
  // the inode number may have been reused for something that matters.
  const bool is_held = known.is_verified && known.content != nullptr;
  const bool is_settled =
      known.record.is_released && known.record.evidence.length_bytes == kEvidenceBytesMax;
  if (readable.compression != Compression::kNone && (is_held || is_settled)) {
    return Comparison::kSame;
  }
  switch (check_cursor(readable, known.proof)) {
    case CursorCheck::kMatches:
      return Comparison::kSame;
    case CursorCheck::kTooShort:
      return known.record.is_copy ? Comparison::kSame : Comparison::kOther;
    case CursorCheck::kDiffers:
      return Comparison::kOther;
    case CursorCheck::kUnreadable:
      break;
  }
  return Comparison::kUnreadable;
}

void note_growth(KnownFile& known, const base::FileStat& status, int64_t now_ns) {
  const bool has_grown = !known.is_verified || status.size_bytes != known.status.size_bytes ||
                         status.modified_unix_ns != known.status.modified_unix_ns;
  if (has_grown) known.grown_at_ns = now_ns;
  known.status = status;
  known.is_verified = true;
  if (known.compression == Compression::kNone) known.size_bytes = status.size_bytes;
}

}  // namespace

Comparison compare_content(KnownFile& known, const std::shared_ptr<base::File>& file,
                           const std::string& path, int64_t now_ns) {
  const auto status = file->stat();
  if (!status) return Comparison::kUnreadable;
  if (status->inode != known.record.inode || status->device != known.record.device) {
    return Comparison::kUnreadable;  // the name leads elsewhere since we looked
  }
  if (known.is_verified && status->size_bytes < known.status.size_bytes) return Comparison::kOther;
  if (!known.is_verified) {
    const auto compression = compression_of(*file, compression_by_name(path));
    if (!compression) return Comparison::kUnreadable;
    known.compression = compression->value_or(Compression::kNone);
  }
  const Readable readable{file, known.compression};
  const auto prefix = read_prefix(readable);
  if (!prefix) return Comparison::kUnreadable;
  Evidence& evidence = known.record.evidence;
  if (evidence.length_bytes > 0 && !begins_like(*prefix, evidence)) return Comparison::kOther;
  if (const auto checked = check_proof(known, readable); checked != Comparison::kSame) {
    return checked;
  }
  if (known.compression == Compression::kNone && status->size_bytes > known.proof.offset) {
    const auto proof = make_cursor(*file, status->size_bytes);
    if (!proof) return Comparison::kUnreadable;
    known.proof = *proof;
  }
  if (prefix->size() > evidence.length_bytes) evidence = evidence_of(*prefix);
  note_growth(known, *status, now_ns);
  return Comparison::kSame;
}

namespace {

// The sibling is longer than the known file was a moment ago: a copy of what it is by now, or
// another file.
Relation relation_of_longer(Probe& sibling, const KnownFile& known,
                            const std::shared_ptr<base::File>& own_file) {
  if (known.record.end_is_final) return Relation::kUnrelated;
  const auto own_prefix = read_prefix({own_file, known.compression});
  if (!own_prefix) return Relation::kUnclear;
  if (!sibling.prefix().starts_with(*own_prefix)) return Relation::kUnrelated;
  return check_cursor(sibling.readable(), known.proof) == CursorCheck::kDiffers
             ? Relation::kUnrelated
             : Relation::kUnclear;
}

}  // namespace

Relation relation_of(Probe& sibling, const KnownFile& known,
                     const std::shared_ptr<base::File>& own_file) {
  if (!sibling.is_complete()) return Relation::kUnclear;
  if (own_file == nullptr) {
    switch (check_cursor(sibling.readable(), known.proof)) {
      case CursorCheck::kMatches:
        return Relation::kSame;
      case CursorCheck::kTooShort:
        return Relation::kShorter;
      case CursorCheck::kDiffers:
        return Relation::kUnrelated;
      case CursorCheck::kUnreadable:
        return Relation::kUnclear;
    }
  }
  const auto end = sibling.end();
  if (!end) return Relation::kUnclear;
  switch (check_cursor({own_file, known.compression}, *end)) {
    case CursorCheck::kMatches:
      return Relation::kCopy;
    case CursorCheck::kDiffers:
      return Relation::kUnrelated;
    case CursorCheck::kTooShort:
      return relation_of_longer(sibling, known, own_file);
    case CursorCheck::kUnreadable:
      break;
  }
  return Relation::kUnclear;
}

}  // namespace sawlog::agent
