#include "agent/checkpoint/consumer_checkpoint.h"

#include <algorithm>
#include <utility>

#include "agent/checkpoint/consumer_records.h"
#include "agent/checkpoint/journal.h"
#include "lib/base/check.h"

namespace sawlog::agent {

namespace {

// Smaller journals are not worth a rewrite.
constexpr uint64_t kCompactFromBytes = 1u << 20;
constexpr uint64_t kCompactAtMultiple = 4;
constexpr uint64_t kDeltaBytesMin = 64u << 10;
constexpr uint64_t kCursorBytes = 32;

// The name as a file name: what is not a letter, a digit or one of "-_." becomes %XX.
std::string file_name_of(const std::string& consumer_name) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string name;
  for (const char c : consumer_name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                          (c == '.' && !name.empty());
    if (is_plain) {
      name.push_back(c);
    } else {
      name += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return name;
}

}  // namespace

class ConsumerCheckpoint::Implementation {
 public:
  base::Expected<void> open(base::Filesystem& filesystem, const std::string& state_dir,
                            const std::string& consumer_name);
  base::Expected<void> write(const JournalRecord& record);

  [[nodiscard]] const ConsumerState& state() const { return state_; }
  [[nodiscard]] const std::string& damage() const { return damage_; }
  [[nodiscard]] uint64_t journal_bytes() const { return journal_->size_bytes(); }
  [[nodiscard]] bool wants_full_state() const;

 private:
  base::Expected<void> note_what_was_reached(const std::vector<JournalRecord>& lost);
  bool is_outgrown() const;

  std::unique_ptr<Journal> journal_;
  ConsumerState state_;
  std::string damage_;
};

base::Expected<void> ConsumerCheckpoint::Implementation::open(base::Filesystem& filesystem,
                                                              const std::string& state_dir,
                                                              const std::string& consumer_name) {
  const std::string directory = state_dir + "/consumers";
  if (auto done = filesystem.create_directories(directory); !done) return done;
  const std::string path = directory + "/" + file_name_of(consumer_name);
  auto opened = Journal::open(filesystem, path, JournalKind::kConsumer);
  if (!opened) return tl::unexpected(opened.error());
  // The directory itself must survive a crash, too.
  if (auto done = filesystem.sync_directory(state_dir); !done) return done;
  journal_ = std::move(opened->journal);
  damage_ = std::move(opened->damage);
  for (const JournalRecord& record : opened->records) {
    if (auto applied = apply_consumer_record(record, state_); !applied) {
      return base::unexpected(base::ErrorCode::kCorrupt,
                              "cannot use '" + path + "': " + applied.error().message);
    }
  }
  return note_what_was_reached(opened->later_records);
}

// A record that cannot be understood tells nothing.
base::Expected<void> ConsumerCheckpoint::Implementation::note_what_was_reached(
    const std::vector<JournalRecord>& lost) {
  ConsumerState later = state_;
  for (const JournalRecord& record : lost) static_cast<void>(apply_consumer_record(record, later));
  for (const auto& [file, cursor] : later.cursors) {
    const auto known = state_.cursors.find(file);
    const uint64_t offset = known == state_.cursors.end() ? 0 : known->second.offset;
    if (cursor.offset > offset) state_.reached[file] = cursor.offset;
  }
  if (lost.empty() || state_.reached.empty()) return {};
  return journal_->rewrite({{kFullStateRecord, encode_full_state(state_)}});
}

// A rewrite carries the new record inside of the full state, so that one write does both.
base::Expected<void> ConsumerCheckpoint::Implementation::write(const JournalRecord& record) {
  if (!journal_->needs_rewrite() && !is_outgrown()) {
    if (auto done = journal_->append(record.type, record.payload); !done) return done;
    CHECK(apply_consumer_record(record, state_));
    return {};
  }
  ConsumerState next = state_;
  CHECK(apply_consumer_record(record, next));
  if (auto done = journal_->rewrite({{kFullStateRecord, encode_full_state(next)}}); !done) {
    return done;
  }
  state_ = std::move(next);
  return {};
}

bool ConsumerCheckpoint::Implementation::is_outgrown() const {
  uint64_t full_bytes = state_.cursors.size() * kCursorBytes;
  for (const std::string& handler_state : state_.handler_states) {
    full_bytes += handler_state.size();
  }
  return journal_->size_bytes() > kCompactFromBytes + kCompactAtMultiple * full_bytes;
}

bool ConsumerCheckpoint::Implementation::wants_full_state() const {
  if (state_.handler_states.empty()) return true;
  uint64_t delta_bytes = 0;
  for (size_t i = 1; i < state_.handler_states.size(); ++i) {
    delta_bytes += state_.handler_states[i].size();
  }
  return delta_bytes > kDeltaBytesMin + 2 * state_.handler_states.front().size();
}

ConsumerCheckpoint::ConsumerCheckpoint(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

ConsumerCheckpoint::~ConsumerCheckpoint() = default;

base::Expected<std::unique_ptr<ConsumerCheckpoint>> ConsumerCheckpoint::open(
    base::Filesystem& filesystem, const std::string& state_dir, const std::string& consumer_name) {
  auto implementation = std::make_unique<Implementation>();
  if (auto done = implementation->open(filesystem, state_dir, consumer_name); !done) {
    return tl::unexpected(done.error());
  }
  return std::unique_ptr<ConsumerCheckpoint>(new ConsumerCheckpoint(std::move(implementation)));
}

base::Expected<bool> ConsumerCheckpoint::take_over(base::Filesystem& filesystem,
                                                   const std::string& state_dir,
                                                   const std::string& old_name,
                                                   const std::string& new_name) {
  const std::string directory = state_dir + "/consumers";
  const std::string from = directory + "/" + old_name;
  const std::string to = directory + "/" + new_name;
  if (filesystem.stat(to) || !filesystem.stat(from)) return false;
  if (auto renamed = filesystem.rename(from, to); !renamed) return tl::unexpected(renamed.error());
  if (auto synced = filesystem.sync_directory(directory); !synced) {
    return tl::unexpected(synced.error());
  }
  return true;
}

const ConsumerState& ConsumerCheckpoint::state() const {
  return implementation_->state();
}

bool ConsumerCheckpoint::wants_full_state() const {
  return implementation_->wants_full_state();
}

base::Expected<void> ConsumerCheckpoint::save(const ConsumerSave& save) {
  CHECK(!state().prepared);
  return implementation_->write({kSaveRecord, encode_save(save)});
}

base::Expected<void> ConsumerCheckpoint::prepare(const ConsumerSave& save) {
  CHECK(!state().prepared);
  return implementation_->write({kPreparedRecord, encode_save(save)});
}

base::Expected<void> ConsumerCheckpoint::conclude(bool holds) {
  CHECK(state().prepared);
  return implementation_->write({kConclusionRecord, encode_conclusion(holds)});
}

base::Expected<void> ConsumerCheckpoint::note_time(const base::FileId& file, const TimeNote& note) {
  return implementation_->write({kTimeNoteRecord, encode_time_note(file, note)});
}

const std::string& ConsumerCheckpoint::damage() const {
  return implementation_->damage();
}

uint64_t ConsumerCheckpoint::journal_bytes() const {
  return implementation_->journal_bytes();
}

}  // namespace sawlog::agent
