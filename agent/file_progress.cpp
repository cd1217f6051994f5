#include "agent/file_progress.h"

#include <algorithm>

#include "lib/base/check.h"

namespace sawlog::agent {

FileProgress::FileProgress(std::shared_ptr<TailedFile> file, const Cursor& cursor)
    : file_(std::move(file)), cursor_(cursor) {}

uint64_t FileProgress::read_offset() const {
  return pieces_.empty() ? cursor_.offset : pieces_.back().piece.end.offset;
}

FileProgress::Next FileProgress::next() const {
  if (unknown_count_ > 0) {
    for (const Entry& entry : pieces_) {
      if (entry.state == PieceState::kUnknown) return {entry.piece.begin, entry.piece.end.offset};
    }
  }
  return {read_offset(), std::nullopt};
}

void FileProgress::give(const Piece& piece) {
  CHECK(piece.begin < piece.end.offset);
  if (piece.begin == read_offset()) {
    pieces_.push_back({piece, PieceState::kGiven, {}});
  } else {
    Entry& entry = entry_at(piece.begin);
    CHECK(entry.state == PieceState::kUnknown);
    CHECK(entry.piece.end.offset == piece.end.offset);
    entry = {piece, PieceState::kGiven, {}};
    --unknown_count_;
  }
  in_flight_lines_ += piece.line_count;
  check_invariants();
}

void FileProgress::set_not_json_lines(uint64_t begin, uint64_t count) {
  entry_at(begin).piece.not_json_lines = count;
}

void FileProgress::settle(const outputs::LineRange& range, const outputs::Outcome& outcome) {
  Entry& entry = entry_at(range.begin);
  CHECK(entry.state == PieceState::kGiven && entry.piece.end.offset == range.end);
  entry.state = PieceState::kSettled;
  entry.outcome = outcome;
}

void FileProgress::lose_track(const outputs::LineRange& range) {
  Entry& entry = entry_at(range.begin);
  CHECK(entry.state == PieceState::kGiven && entry.piece.end.offset == range.end);
  entry.state = PieceState::kUnknown;
  in_flight_lines_ -= entry.piece.line_count;
  ++unknown_count_;
}

void FileProgress::abandon(uint64_t begin, const Cursor& rest, uint64_t lines_before) {
  Entry& entry = entry_at(begin);
  CHECK(entry.state == PieceState::kUnknown);
  CHECK(begin <= rest.offset && rest.offset < entry.piece.end.offset);
  Entry lost{entry.piece, PieceState::kAbandoned, {}};
  lost.piece.begin = rest.offset;
  lost.piece.line_count -= std::min(lost.piece.line_count, lines_before);
  in_flight_lines_ += lost.piece.line_count;
  if (rest.offset == begin) {
    entry = lost;
    --unknown_count_;
  } else {
    entry.piece.end = rest;
    entry.piece.line_count = lines_before;
    pieces_.insert(std::next(place_of(begin)), lost);
  }
  check_invariants();
}

bool FileProgress::advance(Ledger& ledger) {
  bool moved = false;
  while (!pieces_.empty()) {
    const Entry& entry = pieces_.front();
    const Piece& piece = entry.piece;
    const uint64_t size_bytes = piece.end.offset - piece.begin;
    if (entry.state == PieceState::kAbandoned) {
      ledger.abandoned_lines += piece.line_count;
      ledger.abandoned_bytes += size_bytes;
    } else if (entry.state == PieceState::kSettled) {
      const bool is_all_dead = entry.outcome.delivered == 0 && entry.outcome.dead_lettered > 0;
      (is_all_dead ? ledger.dead_lettered_lines : ledger.delivered_lines) += piece.joined_lines;
      ledger.delivered_lines += entry.outcome.delivered;
      ledger.delivered_bytes += size_bytes;
      ledger.dead_lettered_lines += entry.outcome.dead_lettered;
      ledger.filtered_lines += entry.outcome.filtered + piece.filtered_lines;
      ledger.cut_lines += piece.cut_lines;
      ledger.not_json_lines += piece.not_json_lines;
    } else {
      break;
    }
    ledger.read_lines += piece.line_count;
    ledger.read_bytes += size_bytes;
    in_flight_lines_ -= piece.line_count;
    cursor_ = piece.end;
    pieces_.pop_front();
    moved = true;
  }
  check_invariants();
  return moved;
}

void FileProgress::resume_at(const Cursor& cursor) {
  CHECK(pieces_.empty());
  cursor_ = cursor;
}

void FileProgress::restart() {
  resume_at({});
}

FileProgress::Entry& FileProgress::entry_at(uint64_t begin) {
  return *place_of(begin);
}

std::deque<FileProgress::Entry>::iterator FileProgress::place_of(uint64_t begin) {
  const auto found = std::lower_bound(
      pieces_.begin(), pieces_.end(), begin,
      [](const Entry& entry, uint64_t offset) { return entry.piece.begin < offset; });
  CHECK(found != pieces_.end() && found->piece.begin == begin);
  return found;
}

void FileProgress::check_invariants() const {
  CHECK(pieces_.empty() || pieces_.front().piece.begin == cursor_.offset);
  CHECK(pieces_.size() < 2 ||
        pieces_[pieces_.size() - 2].piece.end.offset == pieces_.back().piece.begin);
  CHECK(cursor_.offset <= read_offset());
}

}  // namespace sawlog::agent
