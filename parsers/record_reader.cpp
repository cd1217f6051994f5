#include "parsers/record_reader.h"

#include <algorithm>

#include "lib/base/check.h"
#include "parsers/record_reader_implementation.h"

namespace sawlog::parsers {

void RecordReader::Implementation::start(const Chunk& chunk) {
  CHECK(chunk.source != nullptr);
  chunk_ = &chunk;
  line_index_ = 0;
  record_.chunk_time_ = chunk.first_read_unix_ns;
  use_plan(*chunk.source);
  block_end_ = 0;
}

// Indexes the next lines together, few enough for the caches.
void RecordReader::Implementation::start_block() {
  const auto lines = chunk_->lines.subspan(line_index_);
  const uint32_t begin = lines.front().begin;
  const auto behind = std::partition_point(lines.begin() + 1, lines.end(), [&](const Line& line) {
    return line.next - begin <= kBlockBytesMax;
  });
  block_end_ = line_index_ + static_cast<size_t>(behind - lines.begin());
  block_begin_ = begin;
  const std::string_view bytes = chunk_->bytes.substr(begin, behind[-1].next - begin);
  is_block_indexed_ = index_.build(bytes);
  if (!is_block_indexed_) return;
  token_ = index_.positions().data();
  walker_.start(bytes, index_.positions());
}

// Sources are few and their addresses stay; a full table of keys starts over.
void RecordReader::Implementation::use_plan(const SourceContext& source) {
  const auto known = std::find_if(sources_.begin(), sources_.end(), [&](const SourceState& state) {
    return state.source == &source;
  });
  SourceState& state = known != sources_.end() ? *known : sources_.emplace_back();
  const bool is_good =
      state.plan != nullptr && !state.plan->keys.is_full() && state.plan->fits(source);
  if (is_good && state_ == &state) return;
  if (!is_good) {
    state.source = &source;
    for (LineShape& shape : state.shapes) shape.forget();
    state.plan = std::make_unique<FieldPlan>(names_, purpose_, source);
  }
  state_ = &state;
  plan_ = state.plan.get();
  filled_by_ = nullptr;
  fields_.use_plan(*plan_);
  record_.fields_ = &fields_;
  record_.values_ = fields_.values();
  record_.level_index_ = plan_->level;
  layout_.values = fields_.places();
  layout_.plan = plan_;
}

const Record* RecordReader::Implementation::next() {
  if (line_index_ == chunk_->lines.size()) return nullptr;
  if (line_index_ == block_end_) start_block();
  const Line& line = chunk_->lines[line_index_++];
  plan_->line++;
  record_.raw_ = chunk_->text(line);
  record_.line_ = &line;
  record_.layout_ = &layout_;
  if (!line.is_cut() && read_json(line)) {
    finish_json();
  } else {
    finish_text();
  }
  return &record_;
}

void RecordReader::Implementation::start_over() {
  layout_.script = nullptr;
  filled_by_ = nullptr;
  is_regular_ = true;
  fields_.clear(record_.raw_.size());
  layout_.keys.clear();
  layout_.other_key_hashes.clear();
  other_keys_.clear();
  walker_.unpaired_surrogates().clear();
}

bool RecordReader::Implementation::read_json(const Line& line) {
  size_t line_end = 0;
  const uint32_t* token = first_token(line, line_end);
  if (token == nullptr || !walker_.has(token, 2) || *token >= line_end) return false;
  walker_.start_line(line_begin_, line_end);
  if (read_like_before(token, line_end)) {
    token_ = token;
    return true;
  }
  start_over();
  const uint32_t* const begin = token;
  if (!read_object(token, line_end)) return false;
  token_ = token;
  learn_shape(begin, token);
  return true;
}

// nullptr if the line has none.
const uint32_t* RecordReader::Implementation::first_token(const Line& line, size_t& line_end) {
  if (is_block_indexed_) {
    line_begin_ = line.begin - block_begin_;
    line_end = line_begin_ + line.size_bytes;
    const auto positions = index_.positions();
    const uint32_t* const end = positions.data() + positions.size();
    while (token_ != end && *token_ < line_begin_) ++token_;
    return token_;
  }
  if (!index_.build(record_.raw_)) return nullptr;
  line_begin_ = 0;
  line_end = line.size_bytes;
  walker_.start(record_.raw_, index_.positions());
  return index_.positions().data();
}

bool RecordReader::Implementation::read_like_before(const uint32_t*& token, size_t line_end) {
  if (*token != line_begin_ || walker_.line_has_escapes()) return false;
  for (size_t i = 0; i < kShapesMax; ++i) {
    const size_t index = (state_->shape + i) % kShapesMax;
    LineShape& shape = state_->shapes[index];
    if (filled_by_ != &shape) {
      if (!shape.matches(token, line_end, walker_)) continue;
      fill_by(shape);
    }
    if (!shape.read(token, line_end, walker_, fields_, layout_.keys)) {
      filled_by_ = nullptr;
      continue;
    }
    if (is_shipping_) shape.stamp(plan_->line);
    state_->shape = index;
    return true;
  }
  return false;
}

void RecordReader::Implementation::fill_by(LineShape& shape) {
  start_over();
  shape.prepare(fields_, layout_.keys);
  layout_.object_begin = 0;
  layout_.is_empty_object = false;
  layout_.script = &shape.script();
  filled_by_ = &shape;
}

void RecordReader::Implementation::learn_shape(const uint32_t* begin, const uint32_t* end) {
  if (state_->misses++ % kMissesToLearn != 0) return;
  const bool is_fit = is_regular_ && other_keys_.empty() && *begin == line_begin_ &&
                      !walker_.line_has_escapes() && !fields_.has_refused() &&
                      !fields_.has_unreadable_time();
  if (!is_fit) return;
  state_->shape = (state_->shape + 1) % kShapesMax;
  state_->shapes[state_->shape].learn({begin, end}, walker_, *plan_, fields_);
}

void RecordReader::Implementation::finish_json() {
  record_.shape_ = Shape::kJson;
  record_.time_is_unread_ = true;
  if (is_shipping_) {
    record_.read_time();
    layout_.is_time_canonical = fields_.has_time() && fields_.time().is_canonical;
  }
  if (plan_->logger != kNoSlot && fields_[plan_->event_name].is_present() &&
      layout_.values[plan_->logger].rank == plan_->logger_rank_unless_event_name)
    fields_.remove(plan_->logger);
  auto& unpaired = walker_.unpaired_surrogates();
  for (uint32_t& position : unpaired) position -= line_begin_;
  layout_.unpaired_surrogates = unpaired;
  if (!other_keys_.empty()) find_other_duplicates();
}

void RecordReader::Implementation::finish_text() {
  start_over();
  fields_.put_message(record_.raw_);
  const bool is_text = is_block_indexed_ || is_utf8(record_.raw_);
  record_.shape_ = is_text ? Shape::kText : Shape::kBinary;
  record_.time_is_unread_ = true;
}

RecordReader::RecordReader(std::vector<std::string> names, Purpose purpose)
    : implementation_(std::make_unique<Implementation>(std::move(names), purpose)) {}
RecordReader::~RecordReader() = default;

FieldIndex RecordReader::field(std::string_view name) const {
  const auto& names = implementation_->names();
  const auto found = std::find(names.begin(), names.end(), name);
  CHECK(found != names.end());
  return static_cast<FieldIndex>(found - names.begin());
}

void RecordReader::start(const Chunk& chunk) {
  implementation_->start(chunk);
}

const Record* RecordReader::next() {
  return implementation_->next();
}

}  // namespace sawlog::parsers
