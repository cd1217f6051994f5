#include "agent/consumer.h"

#include <algorithm>
#include <utility>

#include "lib/base/check.h"

namespace sawlog::agent {

namespace {

constexpr int64_t kSaveRetryDelayNs = base::kNsPerSecond;
constexpr int64_t kStatusIntervalNs = 50 * base::kNsPerMs;  // while there is work all the time

}  // namespace

base::Expected<std::unique_ptr<Consumer>> Consumer::open(
    ConsumerOptions options, const FileTable& table, std::unique_ptr<ConsumerCheckpoint> checkpoint,
    std::unique_ptr<outputs::Output> output, const base::Clock& clock) {
  if (auto checked = SourceStage::check(options.where); !checked) {
    return tl::unexpected(checked.error());
  }
  if (auto restored = output->restore(checkpoint->state().handler_states); !restored) {
    return tl::unexpected(restored.error());
  }
  if (const auto& prepared = checkpoint->state().prepared) {
    output->restore_prepared(prepared->handler_state);
  }
  return std::unique_ptr<Consumer>(
      new Consumer(std::move(options), table, std::move(checkpoint), std::move(output), clock));
}

Consumer::Consumer(ConsumerOptions options, const FileTable& table,
                   std::unique_ptr<ConsumerCheckpoint> checkpoint,
                   std::unique_ptr<outputs::Output> output, const base::Clock& clock)
    : options_(std::move(options)),
      table_(table),
      clock_(clock),
      checkpoint_(std::move(checkpoint)),
      chunk_reader_(file_reader_),
      source_stage_(options_.where),
      is_left_prepared_(checkpoint_->state().prepared.has_value()),
      ledger_(checkpoint_->state().ledger),
      output_(std::move(output)) {
  publish_status();
}

outputs::Wake Consumer::step() {
  if (table_.version() != table_version_) take_snapshot();
  take_changes();
  const bool did_read = read_some();
  if (!did_read && reading_ == Reading::kToLimits) output_->drain();
  outputs::Wake wake;
  if (write_pending_notes()) {
    wake = output_->step();
  } else {
    wake.at_monotonic_ns = save_again_at_ns_;
  }
  for (const std::string& notice : output_->take_notices()) report("error", notice);
  if (const auto event = health_log_.look(output_->health())) report(event->level, event->message);
  if (conclude_prepared()) wake.has_work = true;
  advance_cursors();
  const bool was_save_wanted = output_->wants_save() || waits_for_save_;
  save_if_due();
  if (was_save_wanted && !output_->wants_save() && !waits_for_save_) wake.has_work = true;
  if (did_read && output_->wants_more()) wake.has_work = true;
  if (checkpoint_->state().prepared) {
    if (output_->conclusion() != outputs::Conclusion::kOpen) {
      wake.at_monotonic_ns = std::min(wake.at_monotonic_ns, save_again_at_ns_);
    }
  } else if (is_dirty_ || output_->wants_save()) {
    const bool may_wait = is_dirty_ && !waits_for_save_;
    const int64_t due = may_wait ? dirty_since_ns_ + output_->save_delay_ns() : 0;
    wake.at_monotonic_ns = std::min(wake.at_monotonic_ns, std::max(due, save_again_at_ns_));
  }
  wake.at_monotonic_ns = std::min(wake.at_monotonic_ns, next_record_due_ns_);
  if (!wake.has_work || clock_.monotonic_ns() - status_published_at_ns_ >= kStatusIntervalNs) {
    publish_status();
  }
  return wake;
}

void Consumer::finish_at_current_sizes() {
  if (table_.version() != table_version_) take_snapshot();
  for (auto& [id, entry] : files_) {
    // The size of a compressed file is known only when it has been read: no limit but its end.
    const auto content = entry.progress->file().content();
    if (content == nullptr || content->compression == Compression::kNone) {
      entry.limit = entry.progress->file().size_bytes();
    }
    make_ready(id, entry);
  }
  reading_ = Reading::kToLimits;
}

void Consumer::reconfigure(size_t index, std::vector<std::string> sources) {
  options_.index = index;
  options_.sources = std::move(sources);
  chunk_reader_.forget_sources();
  source_stage_.forget_sources();
  for (auto& [id, entry] : files_) entry.exhausted_at.reset();
  table_version_.reset();
}

bool Consumer::is_finished() const {
  if (is_dirty_ || checkpoint_->state().prepared || !pending_notes_.empty()) return false;
  return std::ranges::all_of(active_, [this](const base::FileId& id) {
    const auto found = files_.find(id);
    if (found == files_.end()) return true;
    const FileEntry& entry = found->second;
    return !entry.progress->has_in_flight() &&
           (reading_ != Reading::kToLimits || !has_unread(entry));
  });
}

void Consumer::settled(const outputs::LineRange& range, const outputs::Outcome& outcome) {
  files_.at(range.file).progress->settle(range, outcome);
  touched_.push_back(range.file);
}

void Consumer::unknown(const outputs::LineRange& range) {
  const auto found = files_.find(range.file);
  if (found == files_.end()) return;
  found->second.progress->lose_track(range);
  make_ready(found->first, found->second);
}

// --- which files -------------------------------------------------------------------------------

void Consumer::take_snapshot() {
  const bool is_first = !std::exchange(has_snapshot_, true);
  table_version_ = table_.version();
  changes_seen_ = table_.change_end();
  const auto listed = table_.snapshot();
  for (auto& [id, entry] : files_) entry.is_listed = false;
  for (const auto& file : *listed) {
    if (!wants_source(file->source()->name)) {
      file->set_unwanted(options_.index);
      continue;
    }
    add_file(file, is_first);
    make_ready(file->id(), files_.at(file->id()));
  }
  drop_unlisted_files();
  file_reader_.close_released();
}

void Consumer::take_changes() {
  const auto changed = table_.take_changes(changes_seen_);
  if (!changed) {
    for (auto& [id, entry] : files_) make_ready(id, entry);
    return;
  }
  for (const base::FileId& id : *changed) {
    const auto found = files_.find(id);
    if (found != files_.end()) make_ready(found->first, found->second);
  }
}

void Consumer::make_ready(const base::FileId& id, FileEntry& entry) {
  if (std::exchange(entry.is_ready, true)) return;
  ready_.push_back(id);
  active_.insert(id);
}

bool Consumer::wants_source(const std::string& source) const {
  return options_.sources.empty() || std::find(options_.sources.begin(), options_.sources.end(),
                                               source) != options_.sources.end();
}

void Consumer::add_file(const std::shared_ptr<TailedFile>& file, bool was_there_at_start) {
  const auto [place, is_new] = files_.try_emplace(file->id());
  FileEntry& entry = place->second;
  entry.is_listed = true;
  if (!is_new) return;
  Cursor cursor;
  const auto& saved = checkpoint_->state().cursors;
  if (const auto found = saved.find(file->id()); found != saved.end()) {
    cursor = found->second;
    file->set_acknowledged(options_.index, cursor);
  } else {
    cursor.offset = file->start_offset();
  }
  if (was_there_at_start || saved.contains(file->id())) {
    entry.repeat_end = cursor.offset + options_.unsaved_bytes_max;
    const auto content = file->content();
    const bool is_plain = content != nullptr && content->compression == Compression::kNone;
    if (is_plain) entry.repeat_end = std::min(entry.repeat_end, file->size_bytes());
  }
  entry.is_verified = cursor.hashed_bytes == 0;
  entry.progress = std::make_unique<FileProgress>(file, cursor);
}

void Consumer::drop_unlisted_files() {
  has_unlisted_ = false;
  const bool is_prepared = checkpoint_->state().prepared.has_value();
  for (auto it = files_.begin(); it != files_.end();) {
    FileEntry& entry = it->second;
    if (entry.is_listed || entry.progress->has_in_flight() || entry.is_dirty || is_prepared) {
      has_unlisted_ = has_unlisted_ || !entry.is_listed;
      ++it;
      continue;
    }
    const TailedFile& file = entry.progress->file();
    if (file.state() != FileState::kReleased) {  // its source is not configured any more
      it = files_.erase(it);
      continue;
    }
    if (const uint64_t read = entry.progress->read_offset(); read < file.size_bytes()) {
      ledger_.abandoned_bytes += file.size_bytes() - read;
      ledger_.read_bytes += file.size_bytes() - read;
    }
    forgotten_.push_back(it->first);
    mark_dirty();
    it = files_.erase(it);
  }
}

// --- saving ------------------------------------------------------------------------------------

// False while a note is not durable: the handler must not send yet.
bool Consumer::write_pending_notes() {
  if (pending_notes_.empty()) return true;
  if (clock_.monotonic_ns() < save_again_at_ns_) return false;
  while (!pending_notes_.empty()) {
    const PendingNote& pending = pending_notes_.back();
    if (auto noted = checkpoint_->note_time(pending.file, pending.note); !noted) {
      take_save_failure(noted.error());
      return false;
    }
    pending_notes_.pop_back();
  }
  save_error_.clear();
  return true;
}

void Consumer::advance_cursors() {
  for (const base::FileId& id : touched_) {
    FileEntry& entry = files_.at(id);
    if (!entry.progress->advance(ledger_)) continue;
    if (!std::exchange(entry.is_dirty, true)) dirty_files_.push_back(id);
    mark_dirty();
  }
  touched_.clear();
}

void Consumer::mark_dirty() {
  if (!is_dirty_) dirty_since_ns_ = clock_.monotonic_ns();
  is_dirty_ = true;
}

void Consumer::save_if_due() {
  if (checkpoint_->state().prepared || (!is_dirty_ && !output_->wants_save())) return;
  const int64_t now = clock_.monotonic_ns();
  if (now < save_again_at_ns_) return;
  const bool is_last = reading_ != Reading::kAll;
  if (is_last || output_->wants_save() || waits_for_save_ ||
      now - dirty_since_ns_ >= output_->save_delay_ns())
    save();
}

void Consumer::save() {
  ConsumerSave save;
  for (const base::FileId& id : dirty_files_) {
    save.cursors.emplace_back(id, files_.at(id).progress->cursor());
  }
  save.forgotten = forgotten_;
  save.ledger = ledger_;
  save.handler_state_is_full = needs_full_state_ || checkpoint_->wants_full_state();
  save.handler_state = output_->save_state(save.handler_state_is_full ? outputs::SaveKind::kFull
                                                                      : outputs::SaveKind::kDelta);
  const bool is_prepared = output_->saves_are_prepared();
  auto saved = is_prepared ? checkpoint_->prepare(save) : checkpoint_->save(save);
  if (!saved) {
    take_save_failure(saved.error());
    needs_full_state_ = true;
    return;
  }
  take_save_success();
  needs_full_state_ = false;
  after_save(is_prepared);
}

void Consumer::take_save_failure(const base::Error& error) {
  if (save_error_.empty()) report("error", error.message);
  save_error_ = error.message;
  save_again_at_ns_ = clock_.monotonic_ns() + kSaveRetryDelayNs;
}

void Consumer::take_save_success() {
  if (!save_error_.empty()) report("info", "the state of '" + options_.name + "' is saved again");
  save_error_.clear();
}

// What was only waiting for the save: tail and the handler hear of it.
void Consumer::after_save(bool is_prepared) {
  for (const base::FileId& id : dirty_files_) {
    FileEntry& entry = files_.at(id);
    entry.is_dirty = false;
    if (is_prepared) continue;
    entry.progress->file().set_acknowledged(options_.index, entry.progress->cursor());
  }
  waits_for_save_ = false;
  dirty_files_.clear();
  forgotten_.clear();
  is_dirty_ = false;
  output_->saved();
  look_for_repeats();
  if (has_unlisted_) drop_unlisted_files();
}

void Consumer::look_for_repeats() {
  if (!has_repeats_) return;
  has_repeats_ = std::any_of(files_.begin(), files_.end(), [this](const auto& file) {
    const FileEntry& entry = file.second;
    return entry.progress->cursor().offset < entry.repeat_end &&
           (entry.progress->has_in_flight() || has_unread(entry));
  });
  if (!has_repeats_) output_->past_repeats();
}

bool Consumer::conclude_prepared() {
  if (!checkpoint_->state().prepared || clock_.monotonic_ns() < save_again_at_ns_) return false;
  const outputs::Conclusion conclusion = output_->conclusion();
  if (conclusion == outputs::Conclusion::kOpen) return false;
  const bool holds = conclusion == outputs::Conclusion::kHolds;
  CHECK(holds || is_left_prepared_);
  const ConsumerSave prepared = *checkpoint_->state().prepared;
  if (auto concluded = checkpoint_->conclude(holds); !concluded) {
    take_save_failure(concluded.error());
    return false;
  }
  take_save_success();
  if (holds) take_over(prepared);
  is_left_prepared_ = false;
  output_->concluded();
  if (has_unlisted_) drop_unlisted_files();
  return true;
}

void Consumer::take_over(const ConsumerSave& concluded) {
  if (is_left_prepared_) ledger_ = concluded.ledger;
  for (const auto& [id, cursor] : concluded.cursors) {
    const auto found = files_.find(id);
    if (found == files_.end()) continue;
    FileEntry& entry = found->second;
    if (is_left_prepared_) {
      entry.progress->resume_at(cursor);
      entry.is_verified = cursor.hashed_bytes == 0;
      entry.exhausted_at.reset();
      make_ready(id, entry);
    }
    entry.progress->file().set_acknowledged(options_.index, cursor);
  }
}

void Consumer::report(const char* level, const std::string& message) const {
  options_.report(level, message);
}

}  // namespace sawlog::agent
