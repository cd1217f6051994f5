#include "outputs/batch.h"

#include <algorithm>

#include "lib/base/check.h"
#include "parsers/record_id.h"

namespace sawlog::outputs {

void OpenDelivery::add(const Outcome& lines) {
  outcome_.delivered += lines.delivered;
  outcome_.dead_lettered += lines.dead_lettered;
  const uint64_t done = outcome_.delivered + outcome_.dead_lettered;
  CHECK(done <= delivery_.range().line_count);
  if (done == delivery_.range().line_count) std::move(delivery_).settle(outcome_);
}

std::string_view Batch::frame(uint32_t index) const {
  const uint32_t begin = index == 0 ? 0 : lines_[index - 1].end;
  return bytes().substr(begin, lines_[index].end - begin);
}

std::string_view Batch::payload(uint32_t index) const {
  return frame(index).substr(lines_[index].payload_begin, lines_[index].payload_size);
}

std::string_view Batch::record_id(uint32_t index) const {
  const uint32_t begin = lines_[index].record_id_begin;
  return begin == 0 ? "" : frame(index).substr(begin, parsers::RecordId::kSizeBytes);
}

const OpenDelivery& Batch::delivery_of(uint32_t index) const {
  return *deliveries_[lines_[index].delivery];
}

std::string Batch::lend_bytes() {
  CHECK(!is_lent_);
  is_lent_ = true;
  return std::exchange(bytes_, {});
}

void Batch::give_back(std::string bytes) {
  CHECK(is_lent_);
  is_lent_ = false;
  bytes_ = std::move(bytes);
}

size_t Batch::memory_bytes() const {
  size_t bytes = bytes_.capacity() + lines_.capacity() * sizeof(FramedLine);
  for (const std::string& group : groups_) bytes += group.capacity() + sizeof(group);
  return bytes;
}

Batch Batch::subset(std::span<const uint32_t> lines) const {
  Batch part;
  part.may_be_there = may_be_there;
  part.first_sent = first_sent;
  part.places = places;
  size_t bytes = 0;
  for (const uint32_t index : lines) bytes += frame(index).size();
  part.bytes_.reserve(bytes);
  part.lines_.reserve(lines.size());
  std::vector<uint32_t> group_in_part(groups_.size(), UINT32_MAX);
  uint32_t last_delivery = UINT32_MAX;
  for (const uint32_t index : lines) {
    FramedLine line = lines_[index];
    part.bytes_.append(frame(index));
    if (line.delivery != last_delivery) {
      last_delivery = line.delivery;
      part.deliveries_.push_back(deliveries_[line.delivery]);
    }
    if (line.group < groups_.size()) {
      uint32_t& group = group_in_part[line.group];
      if (group == UINT32_MAX) {
        group = static_cast<uint32_t>(part.groups_.size());
        part.groups_.push_back(groups_[line.group]);
      }
      line.group = group;
    }
    line.end = static_cast<uint32_t>(part.bytes_.size());
    line.delivery = static_cast<uint32_t>(part.deliveries_.size() - 1);
    part.lines_.push_back(line);
  }
  return part;
}

std::vector<Batch> Batch::one_for_each_group() const {
  std::vector<std::vector<uint32_t>> lines(groups_.size());
  for (uint32_t index = 0; index < line_count(); ++index)
    lines[lines_[index].group].push_back(index);
  std::vector<Batch> parts;
  for (const auto& of_group : lines) {
    if (!of_group.empty()) parts.push_back(subset(of_group));
  }
  return parts;
}

std::pair<Batch, Batch> Batch::halves() const {
  CHECK(line_count() >= 2);
  uint32_t front_count = 1;
  while (front_count + 1 < line_count() && lines_[front_count - 1].end < lines_.back().end / 2) {
    ++front_count;
  }
  std::vector<uint32_t> indices(line_count());
  for (uint32_t index = 0; index < line_count(); ++index) indices[index] = index;
  const std::span<const uint32_t> all(indices);
  return {subset(all.first(front_count)), subset(all.subspan(front_count))};
}

void Batch::settle_delivered() const {
  settle_delivered_except({});
}

void Batch::settle_delivered_except(std::span<const uint32_t> lines) const {
  std::vector<uint64_t> done(deliveries_.size());
  auto except = lines.begin();
  for (uint32_t index = 0; index < line_count(); ++index) {
    if (except != lines.end() && *except == index) {
      ++except;
    } else {
      ++done[lines_[index].delivery];
    }
  }
  CHECK(except == lines.end());
  for (size_t index = 0; index < done.size(); ++index) {
    if (done[index] > 0) deliveries_[index]->add({.delivered = done[index]});
  }
}

void Batch::settle_dead_lettered() const {
  for (const FramedLine& line : lines_) deliveries_[line.delivery]->add({.dead_lettered = 1});
}

BatchBuilder::BatchBuilder(const BatchOptions& options)
    : options_(options), bytes_max_(options.bytes_max) {
  start_batch();
}

void BatchBuilder::begin_chunk(Delivery delivery, std::string_view file_path,
                               int64_t now_monotonic_ns) {
  CHECK(chunk_delivery_ == nullptr);
  chunk_lines_left_ = delivery.range().line_count;
  if (chunk_lines_left_ == 0) {  // only the skipped rest of a line that was cut
    std::move(delivery).settle({});
    return;
  }
  chunk_delivery_ = std::make_shared<OpenDelivery>(std::move(delivery), file_path);
  chunk_is_repeat_ = false;
  chunk_bytes_ = 0;
  now_monotonic_ns_ = now_monotonic_ns;
}

uint32_t BatchBuilder::add_group(std::string_view name) {
  batch_.groups_.emplace_back(name);
  return static_cast<uint32_t>(batch_.groups_.size() - 1);
}

void BatchBuilder::end_line(FramedLine line) {
  CHECK(chunk_lines_left_ > 0);
  CHECK(batch_.bytes_.size() <= UINT32_MAX);
  --chunk_lines_left_;
  if (batch_.lines_.empty()) started_monotonic_ns_ = now_monotonic_ns_;
  if (batch_.deliveries_.empty() || batch_.deliveries_.back() != chunk_delivery_) {
    batch_.deliveries_.push_back(chunk_delivery_);
    batch_.may_be_there = batch_.may_be_there || chunk_is_repeat_;
  }
  line.end = static_cast<uint32_t>(batch_.bytes_.size());
  line.delivery = static_cast<uint32_t>(batch_.deliveries_.size() - 1);
  CHECK(line.payload_begin + line.payload_size <= line.end - frame_begin_);
  chunk_bytes_ += line.end - frame_begin_ + sizeof(FramedLine);
  frame_begin_ = line.end;
  batch_.lines_.push_back(line);
  if (batch_.bytes_.size() >= bytes_max_) close_batch();
}

void BatchBuilder::end_chunk() {
  CHECK(chunk_lines_left_ == 0);
  chunk_delivery_.reset();
  chunk_bytes_max_ = std::max(chunk_bytes_max_, chunk_bytes_);
}

std::optional<Batch> BatchBuilder::take_rest() {
  CHECK(chunk_delivery_ == nullptr);
  if (batch_.is_empty()) return std::nullopt;
  Batch batch = std::move(batch_);
  start_batch();
  return batch;
}

int64_t BatchBuilder::due_monotonic_ns() const {
  return batch_.is_empty() ? INT64_MAX : started_monotonic_ns_ + options_.age_max_ns;
}

void BatchBuilder::recycle(Batch batch) {
  // A batch that was cut out of another is small, and one with a huge line is too large to keep.
  if (spare_.size() >= 2 || batch.bytes_.capacity() < options_.bytes_max ||
      batch.bytes_.capacity() > 2 * options_.bytes_max) {
    return;
  }
  batch.bytes_.clear();
  batch.lines_.clear();
  batch.deliveries_.clear();
  batch.groups_.clear();
  batch.attempts = 0;
  batch.may_be_there = false;
  batch.first_sent = Batch::kNeverSent;
  batch.places.reset();
  spare_.push_back(std::move(batch));
}

size_t BatchBuilder::memory_bytes() const {
  size_t bytes = batch_.memory_bytes();
  for (const Batch& batch : full_) bytes += batch.memory_bytes();
  for (const Batch& batch : spare_) bytes += batch.memory_bytes();
  return bytes;
}

void BatchBuilder::close_batch() {
  full_.push_back(std::move(batch_));
  start_batch();
}

void BatchBuilder::start_batch() {
  frame_begin_ = 0;
  ++batch_number_;
  batch_ = Batch();
  if (spare_.empty()) {
    // A line may go over the limit before the batch is closed; room for most avoids a copy.
    batch_.bytes_.reserve(options_.bytes_max + options_.bytes_max / 16);
    return;
  }
  batch_ = std::move(spare_.back());
  spare_.pop_back();
}

}  // namespace sawlog::outputs
