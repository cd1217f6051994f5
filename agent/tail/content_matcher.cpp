#include "agent/tail/content_matcher.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <tuple>

#include "agent/tail/sibling_name.h"
#include "lib/base/check.h"

namespace sawlog::agent {

void ContentMatcher::match(const std::vector<const FoundFile*>& found) {
  note_first_starts();
  unknown_.clear();
  unclear_.clear();
  shorter_.clear();
  for (const FoundFile* file : found) collect(*file);
  // The longest of several copies has all that the others have.
  std::ranges::sort(unknown_, [](const Unknown& a, const Unknown& b) {
    const auto key = [](const Unknown& unknown) {
      return std::tuple(unknown.probe->compression() != Compression::kNone, unknown.is_rotated,
                        UINT64_MAX - unknown.probe->status().size_bytes, unknown.name->path);
    };
    return key(a) < key(b);
  });
  for (Unknown& unknown : unknown_) {
    if (!unknown.is_ignored) settle_renumbered(unknown);
  }
  for (Unknown& unknown : unknown_) {
    if (unknown.is_rotated && !unknown.is_done) settle_rotated(unknown);
  }
  settle_shorter();
  for (Unknown& unknown : unknown_) {
    if (!unknown.is_rotated && !unknown.is_done) settle_live(unknown);
  }
  // Live ones first, then plain ones: their copies are then copies of a known file.
  for (Unknown& unknown : unknown_) {
    if (unknown.is_done || unknown.is_ignored) continue;
    if (is_too_early(unknown)) continue;
    if (unknown.is_rotated) settle_rotated(unknown);
    if (!unknown.is_done && unknown.probe->is_complete()) add_new(unknown);
  }
  probes_.forget_unused();
}

// The live file, or the file that it is the compressed copy of, is not settled yet.
bool ContentMatcher::is_too_early(const Unknown& unknown) const {
  if (!unknown.is_rotated) return false;
  const std::string& path = unknown.name->path;
  return unclear_.contains(unknown.name->base) ||
         (compression_by_name(path) != Compression::kNone &&
          unclear_.contains(path.substr(0, path.rfind('.'))));
}

void ContentMatcher::note_first_starts() {
  first_look_sources_.clear();
  for (const TailSource& source : context_.sources) {
    const std::string& name = source.context->name;
    if (context_.store->first_start_unix_ns(name)) continue;
    context_.store->set_first_start(name, context_.clock.unix_ns());
    first_look_sources_.insert(name);
  }
}

void ContentMatcher::collect(const FoundFile& found) {
  Unknown unknown;
  unknown.found = &found;
  unknown.name = &found.names.front();
  unknown.is_rotated = bases_.is_sibling(*unknown.name, nullptr);
  unknown.is_ignored = is_too_old(unknown);
  if (unknown.is_ignored && !has_nameless_file(unknown.name->base)) return;
  const auto probe = probes_.get(found);
  if (!probe) {
    const base::ErrorCode code = probe.error().code;
    if (code != base::ErrorCode::kNotFound && code != base::ErrorCode::kUnavailable) {
      context_.report_once(probe.error().message, unknown.name->path);
    }
    return;
  }
  unknown.probe = *probe;
  if (unknown.probe->is_readable()) unknown_.push_back(unknown);
}

// A rotated sibling from before the source's first start that no glob names itself.
bool ContentMatcher::is_too_old(const Unknown& unknown) const {
  const TailSource& source = source_of(unknown);
  if (!unknown.is_rotated || unknown.name->is_listed || source.backfill) return false;
  const auto first_start = context_.store->first_start_unix_ns(source.context->name);
  return unknown.found->status.modified_unix_ns <= first_start.value_or(INT64_MAX);
}

bool ContentMatcher::has_nameless_file(const std::string& base) {
  return std::ranges::any_of(bases_.with_base(base), [](const KnownFile* known) {
    return !known->is_found && !known->record.is_released;
  });
}

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
    if (!is_vague && may_be(unknown, *known)) candidates.push_back(known);
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

bool ContentMatcher::may_be(const Unknown& unknown, const KnownFile& known) {
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
  return evidence.length_bytes == 0 && known.proof.hashed_bytes > 0;
}

// --- device numbers ----------------------------------------------------------------------------

// After a reboot the same inodes may have another device number. They come before copies of them.
void ContentMatcher::settle_renumbered(Unknown& unknown) {
  for (KnownFile* known : context_.files.with_inode(unknown.found->status.inode)) {
    if (!known->is_gone() || !begins_like(unknown.probe->prefix(), known->record.evidence)) {
      continue;
    }
    const Relation found = relation(unknown, *known);
    if (found == Relation::kSame) take_over(*known, unknown);
    if (found == Relation::kUnclear) unclear_.insert(unknown.name->path);
    unknown.is_done = found == Relation::kSame || found == Relation::kUnclear;
    if (unknown.is_done) return;
  }
}

// --- rotated siblings --------------------------------------------------------------------------

void ContentMatcher::settle_rotated(Unknown& unknown) {
  const std::vector<KnownFile*> candidates = candidates_of(unknown);
  for (KnownFile* known : candidates) {
    if (!is_whole_copy(unknown, *known)) continue;
    unknown.is_done = settle_with(unknown, *known);
    return;
  }
  for (KnownFile* known : candidates) {
    unknown.is_done = settle_with(unknown, *known);
    if (unknown.is_done) return;
  }
}

// A shorter copy of a file that nobody waits for: what was written while it was compressed.
bool ContentMatcher::is_leftover(Unknown& unknown, const KnownFile& known) {
  const auto end = unknown.probe->end();
  const std::vector<Cursor>& marks = known.record.marks;
  const bool is_marked = end && !marks.empty() && end->offset >= marks.front().offset;
  return !end || is_marked || is_noted(*end, known);
}

// Copies that end before what was read of the original: the longest is the best that there is.
void ContentMatcher::settle_shorter() {
  std::ranges::sort(shorter_, std::ranges::greater(), &Shorter::end_offset);
  for (const Shorter& shorter : std::exchange(shorter_, {})) {
    if (shorter.unknown->is_done) continue;
    if (shorter.known->is_gone()) {
      take_over(*shorter.known, *shorter.unknown);
      shorter.unknown->is_done = true;
    } else {
      settle_rotated(*shorter.unknown);
    }
  }
  shorter_.clear();
}

// All of a file that is there: nothing can be surer, whatever else begins alike.
bool ContentMatcher::is_whole_copy(Unknown& unknown, KnownFile& known) {
  if (known.is_gone() || relation(unknown, known) != Relation::kCopy) return false;
  const auto end = unknown.probe->end();
  return end && end->offset == known.size_bytes;
}

// True if the relation to this known file decides what the sibling is, or that it is too early.
bool ContentMatcher::settle_with(Unknown& unknown, KnownFile& known) {
  switch (relation(unknown, known)) {
    case Relation::kSame:
      take_over(known, unknown);
      return true;
    case Relation::kShorter:
      if (known.record.is_released) return is_leftover(unknown, known);
      shorter_.push_back({&unknown, &known, unknown.probe->end().value_or(Cursor{}).offset});
      return false;
    case Relation::kCopy:
      if (may_replace(known, *unknown.probe)) {
        take_over(known, unknown);
      } else {
        note_copy(known, *unknown.probe);
      }
      return true;
    case Relation::kUnclear:
      known.is_copy_expected = true;
      unclear_.insert(unknown.name->path);
      return true;
    case Relation::kUnrelated:
      break;
  }
  return false;
}

Relation ContentMatcher::relation(Unknown& unknown, KnownFile& known) {
  if (known.is_gone()) {
    return known.is_surely_gone() ? relation_of(*unknown.probe, known, nullptr)
                                  : Relation::kUnclear;
  }
  if (known.content != nullptr) return relation_of(*unknown.probe, known, known.content->file);
  auto file = context_.filesystem.open(known.path, base::OpenMode::kRead);
  return file ? relation_of(*unknown.probe, known, std::move(*file)) : Relation::kUnclear;
}

void ContentMatcher::note_copy(KnownFile& known, Probe& probe) {
  const auto end = probe.end();
  if (!end || end->offset >= known.size_bytes || is_noted(*end, known)) return;
  std::vector<Cursor>& copies = known.record.copies;
  if (copies.size() >= kNotedCopiesMax) copies.erase(copies.begin());
  copies.push_back(*end);
  context_.save(known);
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

// --- live names --------------------------------------------------------------------------------

// A new inode under a live name is a new file, unless all of the evidence says that the same
// content was written anew (an editor, a restored backup).
void ContentMatcher::settle_live(Unknown& unknown) {
  for (KnownFile* known : candidates_of(unknown)) {
    if (!known->is_gone()) continue;
    const bool is_strong =
        known->record.evidence.length_bytes == kEvidenceBytesMax && known->proof.offset > 0;
    if (!is_strong) continue;
    const Relation found = relation(unknown, *known);
    if (found == Relation::kSame) take_over(*known, unknown);
    unknown.is_done = found == Relation::kSame || found == Relation::kUnclear;
    if (unknown.is_done) return;
  }
}

// What the rotated siblings of the file are, or will be, named after.
std::string ContentMatcher::base_of(const Unknown& unknown) {
  if (unknown.is_rotated) return bases_.base_of(*unknown.name);
  return unknown.name->is_sibling ? unknown.name->path : unknown.name->base;
}

// --- decisions ---------------------------------------------------------------------------------

void ContentMatcher::take_over(KnownFile& known, Unknown& unknown) {
  Probe& probe = *unknown.probe;
  // What was read beyond the end of a copy is nowhere any more.
  if (probe.check(known.proof) == CursorCheck::kTooShort) {
    known.proof = probe.end().value_or(Cursor{});
    known.record.end = known.proof;
    known.record.is_shortened = true;
    if (probe.prefix().size() < known.record.evidence.length_bytes) {
      known.record.evidence = evidence_of(probe.prefix());
    }
  }
  known.content.reset();
  known.is_found = true;
  known.path = unknown.name->path;
  known.is_verified = true;
  known.compression = probe.compression();
  known.has_live_name = !unknown.is_rotated && known.compression == Compression::kNone;
  known.status = probe.status();
  if (known.compression == Compression::kNone) known.size_bytes = probe.status().size_bytes;
  known.grown_at_ns = context_.clock.monotonic_ns();
  known.looks_missing = 0;
  known.source_index = unknown.found->source_index;
  if (!unknown.is_rotated && known.record.base != base_of(unknown)) {
    known.record.base = base_of(unknown);
    bases_.add(known);
  }
  context_.files.set_inode(known, probe.status().device, probe.status().inode);
  context_.save(known);
  // Held from now on, whether or not the state can be written.
  if (const auto file = probe.file(); file && known.file != nullptr) {
    known.content = TailContext::make_content(known, *file);
  }
  forget_probe(unknown);
  ++context_.counters.identities_taken_over;
  if (known.file == nullptr) return;
  context_.report(TailEvent::Level::kInfo, "the content was found here; reading goes on", known);
}

void ContentMatcher::add_new(Unknown& unknown) {
  const FoundName& name = *unknown.name;
  Probe& probe = *unknown.probe;
  const TailSource& source = source_of(unknown);
  IdentityRecord record;
  record.id = context_.draw_id();
  record.source = source.context->name;
  record.path = name.path;
  record.base = base_of(unknown);
  record.device = probe.status().device;
  record.inode = probe.status().inode;
  record.evidence = evidence_of(probe.prefix());
  record.last_seen_unix_ns = context_.clock.unix_ns();
  if (source.start_at_end && is_first_look(unknown)) {
    // What is compressed does not grow: there is nothing to wait for.
    record.is_released = probe.compression() != Compression::kNone;
    record.start_offset = record.is_released ? 0 : end_of_last_line(unknown);
  }
  KnownFile& known = context_.files.add(std::move(record));
  if (probe.compression() == Compression::kNone) {
    const auto file = probe.file();
    if (!file || !note_proof(known, **file, probe.status().size_bytes)) {
      context_.files.remove(known.record.id);  // it is changing: another look
      return;
    }
  }
  known.source_index = unknown.found->source_index;
  known.is_found = true;
  known.is_verified = true;
  known.compression = probe.compression();
  known.has_live_name = !unknown.is_rotated && known.compression == Compression::kNone;
  known.status = probe.status();
  if (known.compression == Compression::kNone) known.size_bytes = probe.status().size_bytes;
  known.grown_at_ns = context_.clock.monotonic_ns();
  if (!known.record.is_released) known.file = context_.make_file(known);
  bases_.add(known);
  context_.save(known);
  ++context_.counters.files_discovered;
  forget_probe(unknown);
  unknown.is_done = true;
  context_.report(TailEvent::Level::kInfo, "file found", known);
}

// Its descriptor is not kept.
void ContentMatcher::forget_probe(Unknown& unknown) {
  unknown.probe = nullptr;
  probes_.forget(*unknown.found);
}

bool ContentMatcher::is_first_look(const Unknown& unknown) const {
  return first_look_sources_.contains(source_of(unknown).context->name);
}

// A line that was half written at the start is delivered whole.
uint64_t ContentMatcher::end_of_last_line(Unknown& unknown) const {
  std::array<char, 4096> block{};
  uint64_t end = unknown.probe->status().size_bytes;
  while (end > 0) {
    const uint64_t size = std::min<uint64_t>(end, block.size());
    const auto file = unknown.probe->file();
    const auto count = file ? (*file)->read_at(end - size, std::span(block).first(size))
                            : base::Expected<size_t>(tl::unexpected(file.error()));
    if (!count || *count < size) break;
    const auto* newline = static_cast<const char*>(memrchr(block.data(), '\n', size));
    if (newline != nullptr) return end - size + static_cast<uint64_t>(newline - block.data()) + 1;
    end -= size;
  }
  return end;
}

}  // namespace sawlog::agent
