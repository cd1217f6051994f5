#include "agent/tail/life_cycle.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace sawlog::agent {

namespace {

// Two looks, since a rotation is often seen half done.
constexpr uint32_t kLooksNamelessMin = 2;
// Where nobody can say who writes (design, promise 1).
constexpr int64_t kFinalWithoutGrowthNs = 3600 * base::kNsPerSecond;
constexpr int64_t kAskWritersDelayMinNs = base::kNsPerSecond;
constexpr int64_t kAskWritersDelayMaxNs = 10 * base::kNsPerSecond;
// Identities of files that were released and are not there any more.
constexpr int64_t kForgetAfterNs = 7 * 24 * 3600 * base::kNsPerSecond;

uint64_t unread_bytes(const KnownFile& known) {
  const uint64_t acknowledged = known.file->acknowledged_by_all();
  return known.size_bytes > acknowledged ? known.size_bytes - acknowledged : 0;
}

bool has_exact_size(const KnownFile& known) {
  return known.compression == Compression::kNone ||
         (known.content != nullptr &&
          known.content->findings.end_offset != ContentFindings::kUnknownEnd);
}

// Of compressed content that was not read yet, the furthest place that is known.
Cursor end_of(const KnownFile& known) {
  const bool has_proof = known.proof.offset == known.size_bytes || !has_exact_size(known);
  return has_proof ? known.proof : Cursor{known.size_bytes, 0, 0};
}

// It will not come back.
bool is_lost(const KnownFile& known, int64_t now_ns) {
  return known.is_surely_gone() && !known.is_copy_expected &&
         now_ns - known.missing_since_ns >= kGiveUpAfterNs;
}

}  // namespace

// --- decisions ---------------------------------------------------------------------------------

void LifeCycle::decide() {
  now_ns_ = context_.clock.monotonic_ns();
  const int64_t now_unix_ns = context_.clock.unix_ns();
  hold_error_.reset();
  if (!std::exchange(was_cleaned_, true)) held_.remove_unknown();
  held_.keep_limits();
  std::vector<base::FileId> forgotten;
  for (const auto& [id, known] : context_.files.all()) {
    if (known->source_index == kNoSource) continue;
    if (!known->record.is_released) decide_one(*known);
    const bool is_old = now_unix_ns - known->record.last_seen_unix_ns > kForgetAfterNs;
    if (known->record.is_released && known->file == nullptr && is_old && !known->is_found) {
      forgotten.push_back(id);
    }
  }
  forget(forgotten);
}

void LifeCycle::decide_one(KnownFile& known) {
  if (known.compression != Compression::kNone && has_exact_size(known)) {
    known.size_bytes = known.content->findings.end_offset;
  }
  note_furthest(known);
  if (known.record.end_is_final) undo_end(known);
  if (!known.has_live_name && !known.record.end_is_final && !known.is_gone()) find_end(known);
  if (known.record.end_is_final && known.content != nullptr) report_damage(known);
  look_after_copy(known);
  FileFacts facts;
  facts.has_live_name = known.has_live_name;
  facts.end_is_final = known.record.end_is_final;
  facts.is_acknowledged = is_acknowledged(known);
  facts.is_given_up =
      known.is_cut_off || known.is_over_limit || (is_lost(known, now_ns_) && !known.is_held);
  const FileState before = std::exchange(known.state, next_state(known.state, facts));
  if (before == FileState::kReading && known.state != before) note_rotation(known);
  if (known.state != FileState::kDrained) return;
  if (facts.is_given_up) {
    give_up(known);
  } else {
    stage_release(known);
  }
}

// What consumers have read proves where a compressed file ends.
void LifeCycle::note_furthest(KnownFile& known) {
  const Cursor furthest = known.file->furthest();
  if (has_exact_size(known) && furthest.offset > known.proof.offset &&
      furthest.offset <= known.size_bytes && furthest.hashed_bytes > 0) {
    known.proof = furthest;
  }
}

// Nothing holds it but our descriptor, or a writer's.
bool LifeCycle::is_to_be_held(const KnownFile& known) const {
  return known.content != nullptr && !known.is_found && !known.is_held && !known.has_whole_copy &&
         known.looks_nameless >= kLooksNamelessMin && !is_acknowledged(known);
}

void LifeCycle::look_after_copy(KnownFile& known) {
  if (is_to_be_held(known)) {
    if (auto held = held_.hold(known); !held) hold_error_ = held.error();
  }
  if (known.record.held_end > 0 && !known.is_held && is_lost(known, now_ns_)) {
    held_.read_from_copy(known);
  }
}

void LifeCycle::note_rotation(const KnownFile& known) {
  if (known.is_gone()) return;
  ++context_.counters.files_rotated;
  context_.report(TailEvent::Level::kInfo,
                  known.is_found ? "file was rotated; it is read to its end"
                                 : "file was deleted; it is open and is read to its end",
                  known);
}

// A final end that turns out not to be one: the file has its live name back, or has grown.
void LifeCycle::undo_end(KnownFile& known) {
  const bool has_grown = known.is_verified && known.compression == Compression::kNone &&
                         known.size_bytes > known.record.end.offset;
  if (!known.has_live_name && !has_grown) return;
  known.record.end_is_final = false;
  known.file->reopen();
  context_.save(known);
}

void LifeCycle::find_end(KnownFile& known) {
  if (now_ns_ < known.ask_writers_at_ns) return;
  if (known.content == nullptr && !open(known)) return;
  if (!nobody_writes(known)) {
    known.ask_writers_delay_ns =
        std::clamp(2 * known.ask_writers_delay_ns, kAskWritersDelayMinNs, kAskWritersDelayMaxNs);
    known.ask_writers_at_ns = now_ns_ + known.ask_writers_delay_ns;
    return;
  }
  // Asked after the writers: what was written before the last one left is in.
  const auto status = known.content->file->stat();
  if (!status || status->size_bytes != known.status.size_bytes) return;
  known.record.end_is_final = true;
  known.record.end = end_of(known);
  context_.save(known);
}

bool LifeCycle::nobody_writes(KnownFile& known) {
  switch (known.content->file->writer_state()) {
    case base::WriterState::kNone:
      return true;
    case base::WriterState::kSome:
      return false;
    case base::WriterState::kUnknown:
      break;
  }
  if (now_ns_ - known.grown_at_ns < kFinalWithoutGrowthNs) return false;
  ++context_.counters.ends_by_timeout;
  context_.report(TailEvent::Level::kWarn,
                  "nobody can say whether the rotated file is still written to; an hour without "
                  "growth counts as its end",
                  known);
  return true;
}

void LifeCycle::report_damage(KnownFile& known) {
  const ContentFindings& findings = known.content->findings;
  if (!findings.is_damaged && !findings.is_incomplete) return;
  if (std::exchange(known.is_damage_reported, true)) return;
  std::string message = "the compressed file ends in the middle";
  if (findings.is_damaged) message = "the compressed file is damaged";
  message += " after " + std::to_string(findings.end_offset) +
             " decompressed bytes; what should follow cannot be read";
  context_.report(TailEvent::Level::kError, std::move(message), known);
}

bool LifeCycle::is_acknowledged(const KnownFile& known) const {
  const uint64_t acknowledged = known.file->acknowledged_by_all();
  if (acknowledged == UINT64_MAX) return true;  // no consumer wants it
  return known.is_verified && has_exact_size(known) && acknowledged >= known.size_bytes;
}

void LifeCycle::stage_release(KnownFile& known) {
  known.record.is_released = true;
  known.record.end = end_of(known);
  if (known.compression != Compression::kNone && !known.is_held) {
    known.record.compressed_bytes = known.status.size_bytes;
    known.record.modified_unix_ns = known.status.modified_unix_ns;
  }
  context_.save(known);
}

void LifeCycle::give_up(KnownFile& known) {
  const uint64_t lost = unread_bytes(known);
  (known.is_over_limit ? context_.counters.abandoned_held_bytes
                       : context_.counters.abandoned_bytes) += lost;
  if (known.is_over_limit) {
    context_.report(TailEvent::Level::kError,
                    "the limits of 'held' are reached: " + std::to_string(lost) +
                        " bytes of this deleted file that not every output had are given up",
                    known);
  } else if (lost > 0) {
    context_.report(TailEvent::Level::kError,
                    "file is gone, and no copy of it was found: " + std::to_string(lost) +
                        " bytes that not every output had are lost",
                    known);
  } else if (known.size_bytes > 0) {
    context_.report(TailEvent::Level::kInfo, "file is gone; all that was known of it was delivered",
                    known);
  }
  known.record.is_released = true;
  known.record.end_is_final = false;
  known.record.start_offset = std::min(known.size_bytes, known.file->acknowledged_by_all());
  known.is_over_limit = false;
  if (known.is_cut_off) {
    known.proof = {};
    known.record.evidence = {};
    known.record.marks.clear();
    known.record.copies.clear();
  }
  known.record.end = known.proof;
  context_.save(known);
}

void LifeCycle::forget(const std::vector<base::FileId>& ids) {
  for (const base::FileId& id : ids) {
    context_.store->forget(id);
    context_.files.remove(id);
  }
}

// --- what consumers see ------------------------------------------------------------------------

void LifeCycle::publish(FileTable& table) {
  bool has_changed = std::exchange(context_.is_table_stale, false);
  FileList files;
  std::vector<base::FileId> changed;
  for (const auto& [id, known] : context_.files.all()) {
    if (known->file != nullptr && !known->record.is_released) close_idle(*known);
  }
  open_wanted();
  context_.counters.files_known = context_.files.all().size();
  context_.counters.files_open = 0;
  for (const auto& [id, known] : context_.files.all()) {
    if (known->file == nullptr) continue;
    const std::shared_ptr<TailedFile> file = known->file;
    show(*known);
    const uint64_t change_count = file->change_count();
    if (std::exchange(known->change_count, change_count) != change_count) changed.push_back(id);
    const bool is_listed = known->file != nullptr;
    has_changed = has_changed || is_listed != known->is_published;
    known->is_published = is_listed;
    if (is_listed) files.push_back(known->file);
    if (known->content != nullptr) ++context_.counters.files_open;
  }
  if (has_changed) publish_list(table, std::move(files));
  table.note_changes(changed);
}

void LifeCycle::publish_list(FileTable& table, FileList files) const {
  std::unordered_map<base::FileId, int64_t> modified;
  for (const auto& file : files) {
    modified[file->id()] = context_.files.all().at(file->id())->status.modified_unix_ns;
  }
  std::ranges::sort(files, [&](const auto& a, const auto& b) {
    return std::tuple(modified.at(a->id()), a->path(), a->id()) <
           std::tuple(modified.at(b->id()), b->path(), b->id());
  });
  table.publish(std::move(files));
}

// The evidence is shown before there is a size to read, and the end after the size: who sees that
// it is final reads all of it.
void LifeCycle::show(KnownFile& known) {
  TailedFile& file = *known.file;
  if (file.evidence() != known.record.evidence) file.set_evidence(known.record.evidence);
  file.set_size_bytes(known.size_bytes);
  if (known.record.is_released) {
    let_go(known);
    return;
  }
  if (file.content() != known.content) file.set_content(known.content);
  file.set_state(known.state);
  if (known.record.end_is_final && !file.end_is_final()) file.set_end_is_final();
}

void LifeCycle::let_go(KnownFile& known) {
  known.content.reset();
  known.file->set_content(nullptr);
  known.state = next_state(known.state, {.is_release_durable = true});
  known.file->set_state(known.state);
  if (known.record.end_is_final) {
    known.file->set_end_is_final();
    context_.report(TailEvent::Level::kInfo, "file was read to its end and let go", known);
  }
  held_.remove(known);
  known.former_file = known.file;
  known.file.reset();
  ++context_.counters.files_released;
}

void LifeCycle::close_idle(KnownFile& known) {
  const bool is_wanted = needs_content(known) || is_active(known);
  if (known.content != nullptr && known.is_found && !is_wanted) known.content.reset();
}

// Unread, or it may grow under no name that we could open later.
bool LifeCycle::needs_content(const KnownFile& known) const {
  const bool may_grow_unseen = !known.has_live_name && !known.record.end_is_final;
  return may_grow_unseen || !is_acknowledged(known);
}

// Likely to grow: kept open if there is room, so that nothing is lost if its name goes.
bool LifeCycle::is_active(const KnownFile& known) const {
  return now_ns_ - known.grown_at_ns < context_.options.idle_close_after_ns;
}

// What needs to be open comes first: rotated files, which may lose their name, then the oldest.
void LifeCycle::open_wanted() {
  std::vector<KnownFile*> wanted;
  std::vector<KnownFile*> closable;
  size_t open_count = 0;
  for (const auto& [id, known] : context_.files.all()) {
    if (known->file == nullptr || known->record.is_released) continue;
    const bool needs = needs_content(*known);
    if (known->content != nullptr) {
      ++open_count;
      if (!needs && known->is_found) closable.push_back(known.get());
    } else if (known->is_found && (needs || is_active(*known))) {
      wanted.push_back(known.get());
    }
  }
  const size_t open_max = context_.options.open_files_max;
  if (open_count + wanted.size() > open_max) {
    std::ranges::sort(wanted, {}, [this](const KnownFile* known) {
      return std::tuple(!needs_content(*known), known->has_live_name,
                        known->status.modified_unix_ns, known->record.id);
    });
  }
  has_waiting_files_ = false;
  for (KnownFile* known : wanted) {
    if (open_count >= open_max) {
      const bool needs = needs_content(*known);
      has_waiting_files_ = needs && closable.empty();
      if (!needs || closable.empty()) break;
      closable.back()->content.reset();
      closable.pop_back();
      --open_count;
    }
    if (open(*known)) ++open_count;
  }
}

bool LifeCycle::open(KnownFile& known) {
  auto file = context_.filesystem.open(known.path, base::OpenMode::kRead);
  if (!file) {
    if (file.error().code != base::ErrorCode::kNotFound) {
      context_.report_once(file.error().message, known.path);
    }
    return false;
  }
  const auto status = (*file)->stat();
  const bool is_ours =
      status && status->inode == known.record.inode && status->device == known.record.device;
  if (is_ours) known.content = TailContext::make_content(known, std::move(*file));
  return is_ours;
}

}  // namespace sawlog::agent
