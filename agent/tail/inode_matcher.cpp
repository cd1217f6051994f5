#include "agent/tail/inode_matcher.h"

#include <algorithm>
#include <utility>

namespace sawlog::agent {

namespace {

constexpr int64_t kSeenPrecisionNs = 24 * 3600 * base::kNsPerSecond;

bool was_empty(const KnownFile& known) {
  return known.record.evidence.length_bytes == 0 && known.proof.hashed_bytes == 0;
}

}  // namespace

std::vector<const FoundFile*> InodeMatcher::match(const Look& look) {
  now_ns_ = context_.clock.monotonic_ns();
  wants_another_look_ = false;
  for (const auto& [id, known] : context_.files.all()) {
    known->is_found = false;
    known->has_live_name = false;
    known->is_copy_expected = false;
    known->has_whole_copy = false;
  }
  std::vector<const FoundFile*> unknown;
  for (const FoundFile& found : look.files) {
    if (!match_one(found)) unknown.push_back(&found);
  }
  for (const auto& [id, known] : context_.files.all()) look_after_unnamed(*known, look);
  return unknown;
}

// --- found inodes ------------------------------------------------------------------------------

bool InodeMatcher::match_one(const FoundFile& found) {
  KnownFile* known = context_.files.find(found.status.device, found.status.inode);
  if (known == nullptr) return false;
  const uint64_t size_before = known->status.size_bytes;
  switch (compare(*known, found)) {
    case Comparison::kSame:
      adopt(*known, found);
      note_found(*known, found);
      reopen_if_grown(*known);
      return true;
    case Comparison::kUnreadable:
      note_found(*known, found);
      return true;
    case Comparison::kOther:
      break;
  }
  detach(*known, found.status.size_bytes < size_before);
  return false;
}

Comparison InodeMatcher::compare(KnownFile& known, const FoundFile& found) {
  if (known.content != nullptr && known.content->findings.is_replaced) return Comparison::kOther;
  if (known.is_verified && known.status.changed_unix_ns == found.status.changed_unix_ns &&
      known.status.size_bytes == found.status.size_bytes) {
    return Comparison::kSame;
  }
  const bool is_as_it_was = known.is_verified && found.status.size_bytes == known.status.size_bytes;
  if (was_empty(known) && found.status.size_bytes > 0 && !is_as_it_was) {
    // Nothing proves that it still is the file that we knew: the number may have been reused,
    // unless we kept it open; and a rotated one may be a copy that has just been begun. Nothing of
    // it was delivered: another identity costs nothing.
    if (known.content == nullptr || !has_live_name(known, found)) return Comparison::kOther;
  }
  const std::string& path = found.names.front().path;
  std::shared_ptr<base::File> file = known.content == nullptr ? nullptr : known.content->file;
  if (file == nullptr) {
    auto opened = context_.filesystem.open(path, base::OpenMode::kRead);
    if (!opened) {
      if (opened.error().code != base::ErrorCode::kNotFound) {
        context_.report_once(opened.error().message, path);
      }
      return Comparison::kUnreadable;
    }
    file = std::move(*opened);
  }
  return compare(known, file, path);
}

Comparison InodeMatcher::compare(KnownFile& known, const std::shared_ptr<base::File>& file,
                                 const std::string& path) {
  const Evidence evidence_before = known.record.evidence;
  const size_t marks_before = known.record.marks.size();
  const Comparison comparison = compare_content(known, file, path, now_ns_);
  if (known.record.evidence != evidence_before || known.record.marks.size() != marks_before) {
    context_.save(known);
  }
  return comparison;
}

bool InodeMatcher::has_live_name(const KnownFile& known, const FoundFile& found) {
  return std::ranges::any_of(
      found.names, [&](const FoundName& name) { return !bases_.is_sibling(name, &known); });
}

void InodeMatcher::note_found(KnownFile& known, const FoundFile& found) {
  known.is_found = true;
  known.looks_missing = 0;
  known.looks_nameless = 0;
  known.was_sought_unnamed = false;
  known.path = found.names.front().path;
  // Nobody appends to what is compressed: it is as good as rotated.
  const auto live = std::ranges::find_if(
      found.names, [&](const FoundName& name) { return !bases_.is_sibling(name, &known); });
  known.has_live_name = known.compression == Compression::kNone && live != found.names.end();
  if (known.has_live_name) note_base(known, *live);
  if (context_.clock.unix_ns() - known.record.last_seen_unix_ns > kSeenPrecisionNs) {
    known.record.last_seen_unix_ns = context_.clock.unix_ns();
    context_.save(known);
  }
}

// Its directory was renamed, or the file itself: its rotated siblings are named after the new name.
void InodeMatcher::note_base(KnownFile& known, const FoundName& live) {
  const std::string& base = live.is_sibling ? live.path : live.base;
  if (base == known.record.base) return;
  known.record.base = base;
  bases_.add(known);
  context_.save(known);
}

// The file belongs to another source than before, or its source is configured again.
void InodeMatcher::adopt(KnownFile& known, const FoundFile& found) {
  if (known.source_index == found.source_index) return;
  known.source_index = found.source_index;
  known.record.source = context_.sources[found.source_index].context->name;
  context_.save(known);
  if (!known.record.is_released) context_.give_file(known);
}

// The inode holds other content now. The known file's own may be found in a sibling.
void InodeMatcher::detach(KnownFile& known, bool is_truncated) {
  if (is_truncated) ++context_.counters.files_truncated;
  if (known.file != nullptr && known.size_bytes > 0) {
    context_.report(TailEvent::Level::kInfo,
                    is_truncated ? "file was truncated; its rest is looked for in a copy"
                                 : "other content has taken the place of this file's",
                    known);
  }
  known.content.reset();
  known.is_verified = false;
  known.looks_missing = 1;
  known.missing_since_ns = now_ns_;
  known.lost_inode = known.record.inode;
  context_.files.set_inode(known, 0, 0);
  context_.save(known);
}

// Somebody wrote to a file whose end was final: to a rotated one, or to one that was missing for a
// while; or may do so, since it has a live name. What is behind the old end is read.
void InodeMatcher::reopen_if_grown(KnownFile& known) {
  // What was given up may go on from where every consumer had got to.
  const uint64_t read_to =
      known.record.end_is_final ? known.record.end.offset : known.record.start_offset;
  if (!known.record.is_released || known.compression != Compression::kNone) return;
  const bool has_grown = known.size_bytes > read_to;
  if (!has_grown && !known.has_live_name) return;
  known.record.is_released = false;
  known.record.end_is_final = false;
  known.record.start_offset = read_to;
  context_.save(known);
  context_.give_file(known);
  if (!has_grown) return;
  context_.report(TailEvent::Level::kWarn,
                  "file has grown after its end was final; reading goes on there", known);
}

// --- known files without a name ----------------------------------------------------------------

// Still open here, or in another process; else it is missing.
void InodeMatcher::look_after_unnamed(KnownFile& known, const Look& look) {
  if (known.is_found || known.is_held || known.source_index == kNoSource) return;
  if (known.content != nullptr) {
    ++known.looks_nameless;
    if (compare_unnamed(known) != Comparison::kOther) return;
    detach(known, true);
  }
  if (known.record.inode != 0) {
    if (look.may_have_missed(known.path)) return;
    if (!known.record.is_released && find_unnamed(known)) return;
  }
  if (known.looks_missing == 0) known.missing_since_ns = now_ns_;
  if (++known.looks_missing == 1) wants_another_look_ = true;
}

Comparison InodeMatcher::compare_unnamed(KnownFile& known) {
  if (known.content->findings.is_replaced) return Comparison::kOther;
  return compare(known, known.content->file, known.path);
}

bool InodeMatcher::find_unnamed(KnownFile& known) {
  if (std::exchange(known.was_sought_unnamed, true)) return false;
  auto opened = context_.filesystem.open_unnamed(known.record.device, known.record.inode);
  if (!opened) return false;
  const std::shared_ptr<base::File> file = std::move(*opened);
  // Only the number proves an empty file, and a file with a name may have got it since.
  if (was_empty(known)) {
    const auto status = file->stat();
    if (!status || status->link_count > 0) return false;
  }
  if (compare(known, file, known.path) != Comparison::kSame) return false;
  known.content = TailContext::make_content(known, file);
  context_.report(TailEvent::Level::kInfo,
                  "file has no name any more, but a process has it open: it is read from there",
                  known);
  return true;
}

}  // namespace sawlog::agent
