// How far one consumer has come in one file: the pieces that are on their way, and the cursor.
//
//        settled pieces │ given, answers still open …            │ unread
//   ─────────────────────┼────────────────────────────────────────┼──────────▶ offset
//                     cursor()                              read_offset()
//
// Invariants, checked after every change:
//   * pieces lie end to end between cursor().offset and read_offset();
//   * the cursor moves only over settled pieces, in order; what they carried is added to the ledger
//     in the same moment, so that cursor and ledger always belong together;
//   * a piece whose outcome became unknown keeps its borders and is read again before anything new:
//     the same bytes give the same record ids.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/tail/tailed_file.h"
#include "outputs/delivery.h"

namespace sawlog::agent {

// A run of bytes of the file that was handed to the handler as one chunk.
struct Piece {
  uint64_t begin = 0;
  Cursor end;  // the cursor to save when the piece is done
  uint64_t line_count = 0;
  uint64_t filtered_lines = 0;  // of these, not handed to the handler
  // Of these, all but the first lines of records: outcomes are of records, the ledger of lines.
  uint64_t joined_lines = 0;
  uint64_t cut_lines = 0;
  uint64_t not_json_lines = 0;
};

class FileProgress {
 public:
  FileProgress(std::shared_ptr<TailedFile> file, const Cursor& cursor);

  [[nodiscard]] TailedFile& file() const { return *file_; }
  [[nodiscard]] const Cursor& cursor() const { return cursor_; }
  [[nodiscard]] uint64_t read_offset() const;
  [[nodiscard]] uint64_t in_flight_lines() const { return in_flight_lines_; }
  [[nodiscard]] bool has_in_flight() const { return !pieces_.empty(); }

  // What to read next: from `offset`; up to exactly `end` if a piece must be given again.
  struct Next {
    uint64_t offset = 0;
    std::optional<uint64_t> end;
  };
  [[nodiscard]] Next next() const;

  // The piece at next().offset goes out (again).
  void give(const Piece& piece);
  // What the handler found out about the piece that begins there, if it is still on its way.
  void set_not_json_lines(uint64_t begin, uint64_t count);
  void settle(const outputs::LineRange& range, const outputs::Outcome& outcome);
  void lose_track(const outputs::LineRange& range);
  // The bytes of the piece behind `rest` (all of them if that is where it begins) cannot be read
  // again: counted as abandoned, the cursor may pass. What is before it, `lines_before`, is to be
  // given again.
  void abandon(uint64_t begin, const Cursor& rest, uint64_t lines_before);

  // Moves the cursor over what is settled; true if it moved.
  bool advance(Ledger& ledger);
  // Goes on at another place: what lies before it was delivered, as has just turned out. Only while
  // nothing is in flight.
  void resume_at(const Cursor& cursor);
  // Starts over at the beginning (the content is not what the cursor was saved for). Only while
  // nothing is in flight.
  void restart();

 private:
  enum class PieceState : uint8_t { kGiven, kSettled, kUnknown, kAbandoned };
  struct Entry {
    Piece piece;
    PieceState state = PieceState::kGiven;
    outputs::Outcome outcome;
  };
  Entry& entry_at(uint64_t begin);
  std::deque<Entry>::iterator place_of(uint64_t begin);
  void check_invariants() const;

  std::shared_ptr<TailedFile> file_;
  Cursor cursor_;
  std::deque<Entry> pieces_;
  uint64_t in_flight_lines_ = 0;
  uint64_t unknown_count_ = 0;
};

}  // namespace sawlog::agent
