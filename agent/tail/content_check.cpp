#include "agent/tail/content_check.h"

#include <algorithm>

#include "agent/tail/sibling_name.h"

namespace sawlog::agent {

namespace {

constexpr uint64_t kFirstMarkBytes = 64;

uint64_t mark_after(uint64_t offset) {
  return offset < kEvidenceBytesMax ? 2 * offset : offset * 3 / 2;
}

// Whether the bytes that we saw last are still where they were.
Comparison check_proof(const KnownFile& known, const Readable& readable,
                       const base::FileStat& status) {
  // Compressed files are not rewritten in place, and decoding them costs: it is done only where
  // the inode number may have been reused.
  const bool is_held = known.is_verified && known.content != nullptr;
  const bool is_as_it_was = known.record.compressed_bytes == status.size_bytes &&
                            known.record.modified_unix_ns == status.modified_unix_ns;
  if (readable.compression != Compression::kNone && (is_held || is_as_it_was)) {
    return Comparison::kSame;
  }
  switch (check_cursor(readable, known.proof)) {
    case CursorCheck::kMatches:
      return Comparison::kSame;
    case CursorCheck::kTooShort:
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

base::Expected<void> note_proof(KnownFile& known, std::string_view prefix, base::File& plain,
                                uint64_t size_bytes) {
  std::vector<Cursor>& marks = known.record.marks;
  uint64_t next = marks.empty() ? kFirstMarkBytes : mark_after(marks.back().offset);
  for (; next <= size_bytes; next = mark_after(next)) {
    const auto mark = next <= prefix.size() ? make_cursor(prefix.substr(0, next), next)
                                            : make_cursor(plain, next);
    if (!mark) return tl::unexpected(mark.error());
    marks.push_back(*mark);
  }
  const auto proof = make_cursor(plain, size_bytes);
  if (!proof) return tl::unexpected(proof.error());
  known.proof = *proof;
  return {};
}

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
  if (const auto checked = check_proof(known, readable, *status); checked != Comparison::kSame) {
    return checked;
  }
  if (known.compression == Compression::kNone && status->size_bytes > known.proof.offset) {
    if (!note_proof(known, *prefix, *file, status->size_bytes)) return Comparison::kUnreadable;
  }
  if (prefix->size() > evidence.length_bytes) evidence = evidence_of(*prefix);
  note_growth(known, *status, now_ns);
  return Comparison::kSame;
}

namespace {

// A copy is never longer than its original, unless that was truncated since we looked at it.
Relation relation_of_longer(const KnownFile& known, base::File& own_file) {
  const auto status = own_file.stat();
  const bool is_as_seen = status && status->inode == known.record.inode &&
                          status->device == known.record.device &&
                          status->size_bytes >= known.status.size_bytes;
  return is_as_seen ? Relation::kUnrelated : Relation::kUnclear;
}

// It ends before the place that could prove it: the last mark before its end has to.
Relation relation_of_shorter(Probe& sibling, const KnownFile& known) {
  const auto end = sibling.end();
  if (!end) return Relation::kUnclear;
  const std::vector<Cursor>& marks = known.record.marks;
  const auto behind = std::ranges::upper_bound(marks, end->offset, {}, &Cursor::offset);
  if (behind == marks.begin()) return Relation::kShorter;
  switch (sibling.check(*std::prev(behind))) {
    case CursorCheck::kMatches:
      return Relation::kShorter;
    case CursorCheck::kTooShort:
    case CursorCheck::kDiffers:
      return Relation::kUnrelated;
    case CursorCheck::kUnreadable:
      break;
  }
  return Relation::kUnclear;
}

}  // namespace

Relation relation_of(Probe& sibling, const KnownFile& known,
                     const std::shared_ptr<base::File>& own_file) {
  if (!sibling.is_complete()) return Relation::kUnclear;
  if (own_file == nullptr) {
    if (sibling.prefix().size() < known.record.evidence.length_bytes) {
      return relation_of_shorter(sibling, known);
    }
    switch (sibling.check(known.proof)) {
      case CursorCheck::kMatches:
        return Relation::kSame;
      case CursorCheck::kTooShort:
        return relation_of_shorter(sibling, known);
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
      return relation_of_longer(known, *own_file);
    case CursorCheck::kUnreadable:
      break;
  }
  return Relation::kUnclear;
}

}  // namespace sawlog::agent
