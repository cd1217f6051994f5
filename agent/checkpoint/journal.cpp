#include "agent/checkpoint/journal.h"

#include <utility>

#include "agent/checkpoint/journal_format.h"

namespace sawlog::agent {

namespace {

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

base::Expected<std::string> read_all(base::File& file) {
  const auto status = file.stat();
  if (!status) return tl::unexpected(status.error());
  std::string bytes(status->size_bytes, '\0');
  auto count = file.read_at(0, bytes);
  if (!count) return tl::unexpected(count.error());
  bytes.resize(*count);
  return bytes;
}

// A copy, not a rename: a crash on the way must not leave us without a journal.
base::Expected<std::string> copy_aside(base::Filesystem& filesystem, const std::string& path,
                                       std::string_view bytes) {
  for (int number = 1;; ++number) {
    std::string aside = path + ".damaged-" + std::to_string(number);
    if (filesystem.stat(aside)) continue;
    auto file = filesystem.open(aside, base::OpenMode::kCreateNew);
    if (!file) return tl::unexpected(file.error());
    if (auto done = (*file)->append(bytes); !done) return tl::unexpected(done.error());
    if (auto done = (*file)->sync_data(); !done) return tl::unexpected(done.error());
    return aside;
  }
}

}  // namespace

Journal::Journal(base::Filesystem& filesystem, std::string path, JournalKind kind)
    : filesystem_(filesystem), path_(std::move(path)), kind_(kind) {}

base::Expected<Journal::Opened> Journal::open(base::Filesystem& filesystem, std::string path,
                                              JournalKind kind) {
  Opened opened;
  opened.journal.reset(new Journal(filesystem, std::move(path), kind));
  Journal& journal = *opened.journal;
  const auto create = [&]() -> base::Expected<Opened> {
    if (auto done = journal.rewrite(opened.records); !done) return tl::unexpected(done.error());
    return std::move(opened);
  };

  const auto status = filesystem.stat(journal.path_);
  if (!status && status.error().code == base::ErrorCode::kNotFound) return create();
  auto file = filesystem.open(journal.path_, base::OpenMode::kAppend);
  if (!file) return tl::unexpected(file.error());
  journal.file_ = std::move(*file);
  const auto bytes = read_all(*journal.file_);
  if (!bytes) return tl::unexpected(bytes.error());

  ParsedJournal parsed = parse_journal(*bytes, kind);
  opened.records = std::move(parsed.records);
  journal.size_bytes_ = parsed.good_bytes;
  journal.next_sequence_ = opened.records.size() + 1;
  switch (parsed.health) {
    case JournalHealth::kWhole:
      return opened;
    case JournalHealth::kForeign:
      return base::unexpected(base::ErrorCode::kInvalid,
                              "cannot use '" + journal.path_ + "': it was written by " +
                                  (parsed.version > kJournalVersion ? "a newer" : "an older") +
                                  " version of sawlog (format " + std::to_string(parsed.version) +
                                  ", this version knows " + std::to_string(kJournalVersion) + ")");
    case JournalHealth::kDamaged: {
      opened.later_records = std::move(parsed.later_records);
      const auto aside = copy_aside(filesystem, journal.path_, *bytes);
      if (!aside) return tl::unexpected(aside.error());
      opened.damage = "the state file '" + journal.path_ + "' is damaged at byte " +
                      std::to_string(parsed.good_bytes) + ": it was kept as '" + *aside +
                      "', and the last good state before the damage is used";
      return create();
    }
    case JournalHealth::kTorn:
      break;
  }
  if (parsed.good_bytes == 0) return create();
  if (auto done = journal.file_->truncate(parsed.good_bytes); !done) {
    return tl::unexpected(done.error());
  }
  if (auto done = journal.file_->sync_data(); !done) return tl::unexpected(done.error());
  return opened;
}

base::Expected<void> Journal::append(uint32_t type, std::string_view payload) {
  if (needs_rewrite_) {
    return base::unexpected(base::ErrorCode::kUnavailable,
                            "cannot append to '" + path_ + "': an earlier write failed");
  }
  std::string bytes;
  append_journal_record(bytes, type, next_sequence_, payload);
  needs_rewrite_ = true;
  if (auto done = file_->append(bytes); !done) return named(done.error(), "write");
  if (auto done = file_->sync_data(); !done) return named(done.error(), "sync");
  needs_rewrite_ = false;
  ++next_sequence_;
  size_bytes_ += bytes.size();
  return {};
}

// The file was opened under the name that a rewrite gave it.
tl::unexpected<base::Error> Journal::named(const base::Error& error,
                                           std::string_view action) const {
  if (error.os_error == 0) return tl::unexpected(error);
  return tl::unexpected(base::os_error(action, path_, error.os_error));
}

base::Expected<void> Journal::rewrite(const std::vector<JournalRecord>& records) {
  std::string bytes = encode_journal_header(kind_);
  uint64_t sequence = 0;
  for (const JournalRecord& record : records) {
    append_journal_record(bytes, record.type, ++sequence, record.payload);
  }
  needs_rewrite_ = true;
  const std::string aside = path_ + ".new";
  auto file = filesystem_.open(aside, base::OpenMode::kTruncate);
  if (!file) return tl::unexpected(file.error());
  if (auto done = (*file)->append(bytes); !done) return done;
  if (auto done = (*file)->sync_data(); !done) return done;
  if (auto done = filesystem_.rename(aside, path_); !done) return done;
  file_ = std::move(*file);
  if (auto done = filesystem_.sync_directory(directory_of(path_)); !done) return done;
  needs_rewrite_ = false;
  next_sequence_ = sequence + 1;
  size_bytes_ = bytes.size();
  return {};
}

}  // namespace sawlog::agent
