// What a Consumer tells about itself.
#include <algorithm>

#include "agent/consumer.h"

namespace sawlog::agent {

void Consumer::publish_status() {
  status_published_at_ns_ = clock_.monotonic_ns();
  ConsumerStatus status;
  status.name = options_.name;
  // What was saved: figures that were shown once do not go back after a crash.
  status.ledger = checkpoint_->state().ledger;
  status.in_flight_lines = ledger_.read_lines - status.ledger.read_lines;
  for (auto id = active_.begin(); id != active_.end();) {
    const auto found = files_.find(*id);
    if (found != files_.end()) add_lag(status, found->second);
    const bool is_active = found != files_.end() &&
                           (found->second.is_ready || found->second.behind_since_unix_ns != 0 ||
                            found->second.progress->has_in_flight());
    id = is_active ? std::next(id) : active_.erase(id);
  }
  status.health = output_->health();
  status.counters = output_->counters();
  status.dead_letters = output_->dead_letters();
  status.memory_bytes = output_->memory_bytes();
  status.save_error = save_error_;
  status.read_bytes_by_source = read_bytes_by_source_;
  status.unreadable_times = unreadable_times_;
  status.is_catching_up = is_catching_up();
  const std::lock_guard lock(status_mutex_);
  status_ = std::move(status);
}

// What is not there any more is not waited for.
bool Consumer::is_catching_up() const {
  const auto& reached = checkpoint_->state().reached;
  if (!has_snapshot_) return !reached.empty();
  return std::ranges::any_of(reached,
                             [&](const auto& file) { return files_.contains(file.first); });
}

void Consumer::add_lag(ConsumerStatus& status, FileEntry& entry) const {
  const FileProgress& progress = *entry.progress;
  status.in_flight_lines += progress.in_flight_lines();
  const uint64_t size = progress.file().size_bytes();
  const uint64_t offset = progress.cursor().offset;
  if (offset >= size) {
    entry.behind_since_unix_ns = 0;
    return;
  }
  status.lag_bytes += size - offset;
  if (entry.behind_since_unix_ns == 0) entry.behind_since_unix_ns = clock_.unix_ns();
  if (status.oldest_unread_unix_ns == 0 ||
      entry.behind_since_unix_ns < status.oldest_unread_unix_ns) {
    status.oldest_unread_unix_ns = entry.behind_since_unix_ns;
  }
}

ConsumerStatus Consumer::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

}  // namespace sawlog::agent
