#include "outputs/file_output.h"

#include <cstdlib>

namespace sawlog::outputs {
namespace {

// What a crash writes again; nobody sees it twice, so it may be as much as a second's.
constexpr int64_t kSaveDelayNs = base::kNsPerSecond;
// How soon to look again when the consumer's save must come first.
constexpr int64_t kSaveWaitNs = 100 * base::kNsPerMs;

}  // namespace

FileOutput::FileOutput(base::Filesystem& filesystem, const base::Clock& clock, FileOptions options)
    : clock_(clock),
      options_(std::move(options)),
      series_(filesystem, clock, options_.path, options_.rotate_keep),
      reader_({}, parsers::Purpose::kShipping),
      writer_(options_.lines),
      compressor_(options_.format),
      backoff_(options_.retry, options_.retry_seed) {}

FileOutput::~FileOutput() = default;

base::Expected<void> FileOutput::restore(std::span<const std::string> states) {
  // Every state is a whole one.
  return series_.restore(states.empty() ? std::string() : states.back());
}

bool FileOutput::wants_more() const {
  return !is_frame_ended_ && framed_bytes_ < options_.batch.bytes_max;
}

Handled FileOutput::handle(const parsers::Chunk& chunk, Delivery delivery) {
  lines_.clear();
  const Handled handled = frame_records(reader_, chunk, [&](const parsers::Record& record) {
    writer_.append(chunk, record, lines_);
    lines_ += '\n';
  });
  if (framed_bytes_ == 0) framed_since_ns_ = clock_.monotonic_ns();
  framed_bytes_ += lines_.size();
  compressor_.append(lines_, frame_);
  deliveries_.push_back(std::move(delivery));
  return handled;
}

void FileOutput::drain() {
  is_draining_ = true;
}

Wake FileOutput::step() {
  if (framed_bytes_ == 0) {
    is_draining_ = false;
    return {};
  }
  const int64_t now = clock_.monotonic_ns();
  const int64_t due = due_monotonic_ns(now);
  return due <= now ? write_frame(now) : Wake{due, false};
}

int64_t FileOutput::due_monotonic_ns(int64_t now) const {
  if (now < retry_at_ns_) return retry_at_ns_;
  if (is_draining_ || is_frame_ended_ || framed_bytes_ >= options_.batch.bytes_max) return now;
  return framed_since_ns_ + options_.batch.age_max_ns;
}

Wake FileOutput::write_frame(int64_t now) {
  if (!is_frame_ended_) {
    compressor_.finish(frame_);
    is_frame_ended_ = true;
  }
  if (series_.needs_save() || (is_full() && !series_.is_saved())) {
    return {now + kSaveWaitNs, false};
  }
  if (is_full()) series_.end_file();
  if (auto appended = series_.append(frame_); !appended) {
    if (series_.needs_save()) return {now + kSaveWaitNs, false};
    health_ = {Health::State::kPaused, appended.error().message};
    ++counters_.retries;
    retry_at_ns_ = now + backoff_.next_delay_ns("", clock_.unix_ns());
    return {retry_at_ns_, false};
  }
  settle_all();
  return {};
}

void FileOutput::settle_all() {
  counters_.sent_bytes += frame_.size();
  ++counters_.requests;
  health_ = {};
  backoff_.success();
  frame_.clear();
  framed_bytes_ = 0;
  is_frame_ended_ = false;
  is_draining_ = false;
  for (Delivery& delivery : deliveries_) {
    const uint64_t lines = delivery.range().line_count;
    std::move(delivery).settle({.delivered = lines});
  }
  deliveries_.clear();
}

bool FileOutput::is_full() const {
  // A clock that was set back by as much ends the file as well: its age is not known any more.
  return series_.size_bytes() >= options_.rotate_bytes ||
         std::abs(series_.age_ns()) >= options_.rotate_age_ns;
}

std::string FileOutput::save_state(SaveKind) {
  return series_.save_state();
}

void FileOutput::saved() {
  series_.saved();
}

bool FileOutput::wants_save() const {
  return series_.needs_save();
}

int64_t FileOutput::save_delay_ns() const {
  return is_full() ? 0 : kSaveDelayNs;
}

std::vector<std::string> FileOutput::take_notices() {
  return series_.take_notices();
}

size_t FileOutput::memory_bytes() const {
  return lines_.capacity() + frame_.capacity() + compressor_.memory_bytes() +
         deliveries_.capacity() * sizeof(Delivery);
}

}  // namespace sawlog::outputs
