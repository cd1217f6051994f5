#include "lib/src/backend.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>

#include "lib/src/record_writer.h"

namespace sawlog {

namespace {

constexpr int64_t kReportEveryNs = 1'000'000'000;
constexpr size_t kCommitBytes = size_t{8} << 10;  // popped bytes that are given back at once

uint64_t ticks_of_record(const char* record) {
  uint64_t ticks = 0;
  std::memcpy(&ticks, record + offsetof(RecordHeader, ticks), sizeof(ticks));
  return ticks;
}

bool is_selected_as_error(Level level) {
  return level == Level::error || level == Level::fatal;
}

}  // namespace

Backend::Backend(Options options, TickClock& clock, const LoggerNode& own_logger)
    : options_(std::move(options)),
      clock_(clock),
      own_logger_(own_logger),
      encoder_({options_.service, options_.service_version, options_.service_environment,
                options_.source_location}),
      last_report_ticks_(clock.now()) {
  add_file(options_.file, Selection::kAll);
  add_file(options_.error_file, Selection::kErrors);
  add_file(options_.interactions_file, Selection::kInteractions);
  make_room(kBatchBytesMax);
}

void Backend::add_file(const std::string& path, Selection selection) {
  if (path.empty()) return;
  const auto mode = static_cast<mode_t>(options_.file_mode);
  files_.push_back({std::make_unique<LogFile>(path, mode, options_.rotation), selection});
}

bool Backend::open_files() {
  bool all = true;
  for (File& file : files_) all = file.log_file->open() && all;
  return all;
}

void Backend::drain(std::span<const std::shared_ptr<Ring>> rings, uint64_t until_ticks) {
  const auto is_younger = [](const Head& a, const Head& b) { return a.ticks > b.ticks; };
  heads_.clear();
  for (const auto& ring : rings) {
    if (!ring->begin_read()) continue;
    if (const char* record = ring->front()) heads_.push_back({ticks_of_record(record), ring.get()});
  }
  std::make_heap(heads_.begin(), heads_.end(), is_younger);
  while (!heads_.empty() && heads_.front().ticks <= until_ticks) {
    std::pop_heap(heads_.begin(), heads_.end(), is_younger);
    Ring& ring = *heads_.back().ring;
    heads_.pop_back();
    const uint64_t next = heads_.empty() ? until_ticks : heads_.front().ticks;
    take_run(ring, std::min(next, until_ticks));
    const char* const record = ring.front();
    if (record == nullptr) continue;
    heads_.push_back({ticks_of_record(record), &ring});
    std::push_heap(heads_.begin(), heads_.end(), is_younger);
  }
  deliver(lines_.size());
}

// One ring's records as long as no other ring has an older one.
void Backend::take_run(Ring& ring, uint64_t until_ticks) {
  const char* record = ring.front();
  while (record != nullptr && ticks_of_record(record) <= until_ticks) {
    take(record);
    ring.pop(read_start(record).size_bytes);
    if (ring.uncommitted_bytes() >= kCommitBytes) ring.commit_read();
    record = ring.front();
  }
  ring.commit_read();
}

void Backend::take(const char* record) {
  if (read_start(record).type == RecordType::kInline) {
    append_line(record);
    return;
  }
  const std::unique_ptr<const char[]> storage(read_external(record));
  append_line(storage.get());
}

void Backend::append_line(const char* record) {
  encoder_.read(record);
  const RecordHeader& header = encoder_.header();
  const int64_t unix_ns = header.has_own_time ? header.own_unix_ns : clock_.unix_ns(header.ticks);
  make_room(encoder_.bytes_max());
  const char* const end = encoder_.write(batch_.get() + batch_size_, unix_ns);
  batch_size_ = static_cast<size_t>(end - batch_.get());
  lines_.push_back(
      {batch_size_, header.start.level, encoder_.is_interaction(), unix_ns, header.logger});
  if (batch_size_ > kBatchBytesMax && lines_.size() > 1) deliver(lines_.size() - 1);
}

void Backend::make_room(size_t size_bytes) {
  if (batch_capacity_ - batch_size_ >= size_bytes) return;
  const size_t capacity = std::max(batch_size_ + size_bytes, kBatchBytesMax + kBatchBytesMax / 2);
  std::unique_ptr<char[]> larger(new char[capacity]);
  if (batch_size_ > 0) std::memcpy(larger.get(), batch_.get(), batch_size_);
  batch_ = std::move(larger);
  batch_capacity_ = capacity;
}

// The first lines of the batch leave; what is behind them moves to the front.
void Backend::deliver(size_t line_count) {
  if (line_count == 0) return;
  for (File& file : files_) write_selected(file, line_count);
  for (const Destination& destination : options_.destinations) write_to(destination, line_count);
  const size_t delivered = lines_[line_count - 1].end;
  batch_size_ -= delivered;
  std::memmove(batch_.get(), batch_.get() + delivered, batch_size_);
  lines_.erase(lines_.begin(), lines_.begin() + static_cast<std::ptrdiff_t>(line_count));
  for (BatchLine& line : lines_) line.end -= delivered;
  if (batch_capacity_ > 4 * kBatchBytesMax && batch_size_ == 0) {
    batch_capacity_ = 0;  // one very long line was here
    make_room(kBatchBytesMax);
  }
}

void Backend::write_selected(File& file, size_t line_count) {
  if (file.selection == Selection::kAll) {
    file.log_file->write({batch_.get(), lines_[line_count - 1].end});
  } else {
    selected_.clear();
    size_t begin = 0;
    for (size_t i = 0; i < line_count; ++i) {
      const BatchLine& line = lines_[i];
      const bool is_selected = file.selection == Selection::kErrors
                                   ? is_selected_as_error(line.level)
                                   : line.is_interaction;
      if (is_selected) selected_.append(batch_.get() + begin, line.end - begin);
      begin = line.end;
    }
    if (!selected_.empty()) file.log_file->write(selected_);
  }
  lost_in_files_ += file.log_file->take_lost_lines();
}

void Backend::write_to(const Destination& destination, size_t line_count) {
  if (destination.write == nullptr) return;
  size_t begin = 0;
  for (size_t i = 0; i < line_count; ++i) {
    const BatchLine& line = lines_[i];
    const std::string_view text(batch_.get() + begin, line.end - begin - 1);
    begin = line.end;
    try {
      destination.write(destination.state.get(),
                        {line.level, line.time_unix_ns, line.logger->name(), text});
    } catch (const std::exception& exception) {
      note_destination_failure(exception.what());
    } catch (...) {
      note_destination_failure("not a std::exception");
    }
  }
}

void Backend::note_destination_failure(const char* what) {
  ++lost_in_destinations_;
  if (std::exchange(destination_failure_reported_, true)) return;
  std::fprintf(stderr, "sawlog: a destination threw: %s; its losses are counted from here on\n",
               what);
}

bool Backend::flush() {
  bool all = true;
  for (File& file : files_) all = file.log_file->write_pending() && all;
  for (const Destination& destination : options_.destinations) {
    if (destination.flush == nullptr) continue;
    try {
      destination.flush(destination.state.get());
    } catch (...) {
      all = false;
    }
  }
  return all;
}

void Backend::look_after_files() {
  for (File& file : files_) file.log_file->release_if_rotated();
}

void Backend::reopen_files() {
  for (File& file : files_) file.log_file->reopen();
}

bool Backend::must_wait() {
  if (options_.when_full.policy != WhenFull::Policy::kBlock) return false;
  return std::any_of(files_.begin(), files_.end(),
                     [](File& file) { return !file.log_file->write_pending(); });
}

void Backend::report_losses(std::span<const std::shared_ptr<Ring>> rings, bool now) {
  const uint64_t now_ticks = clock_.now();
  if (!now && now_ticks - last_report_ticks_ < clock_.ticks_of(kReportEveryNs)) return;
  last_report_ticks_ = now_ticks;
  uint64_t dropped = 0;
  for (const auto& ring : rings) {
    const uint64_t of_ring = ring->dropped();
    dropped += of_ring - std::exchange(ring->dropped_reported, of_ring);
  }
  log_loss("ring_full", dropped);
  log_loss("file", std::exchange(lost_in_files_, 0));
  log_loss("destination", std::exchange(lost_in_destinations_, 0));
  deliver(lines_.size());
}

void Backend::log_loss(std::string_view reason, uint64_t count) {
  if (count == 0) return;
  const Field fields[] = {{"event.name", "log.dropped"}, {"dropped", count}, {"reason", reason}};
  Submission loss{&own_logger_, Level::warn, "log records lost", nullptr, nullptr, fields, {}};
  const RecordExtent extent = measure(loss);
  std::string record(extent.size_bytes, '\0');
  write_record(record.data(), extent, clock_.now(), loss);
  append_line(record.data());
}

void Backend::forget_pending() {
  for (File& file : files_) file.log_file->forget_pending();
  lost_in_files_ = lost_in_destinations_ = 0;
}

}  // namespace sawlog
