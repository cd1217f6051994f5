#include "agent/checkpoint/identity_store.h"

#include <utility>

#include "agent/checkpoint/bytes.h"
#include "agent/checkpoint/cursor_codec.h"

namespace sawlog::agent {

namespace {

constexpr uint32_t kChangesRecord = 1;
constexpr uint64_t kCompactFromBytes = 256u << 10;
constexpr uint64_t kRecordBytes = 256;  // of one file, roughly
constexpr uint64_t kCompactAtMultiple = 4;

enum class Change : uint8_t { kFile = 1, kForgottenFile = 2, kSource = 3 };

void put_evidence(ByteWriter& writer, const Evidence& evidence) {
  writer.number(evidence.hash);
  writer.number(evidence.length_bytes);
}

Evidence get_evidence(ByteReader& reader) {
  Evidence evidence;
  evidence.hash = reader.number<uint64_t>();
  evidence.length_bytes = reader.number<uint32_t>();
  return evidence;
}

void put_cursors(ByteWriter& writer, const std::vector<Cursor>& cursors) {
  writer.number<uint64_t>(cursors.size());
  for (const Cursor& cursor : cursors) put_cursor(writer, cursor);
}

std::vector<Cursor> get_cursors(ByteReader& reader) {
  std::vector<Cursor> cursors;
  for (auto count = reader.number<uint64_t>(); count > 0 && reader.is_ok(); --count) {
    cursors.push_back(get_cursor(reader));
  }
  return cursors;
}

void put_file(ByteWriter& writer, const IdentityRecord& record) {
  writer.number(static_cast<uint8_t>(Change::kFile));
  writer.file_id(record.id);
  writer.text(record.source);
  writer.text(record.path);
  writer.text(record.base);
  writer.number(record.device);
  writer.number(record.inode);
  put_evidence(writer, record.evidence);
  put_cursors(writer, record.marks);
  put_cursors(writer, record.copies);
  writer.number(record.start_offset);
  writer.number<uint8_t>(record.end_is_final ? 1 : 0);
  put_cursor(writer, record.end);
  writer.number<uint8_t>(record.is_released ? 1 : 0);
  writer.number<uint8_t>(record.is_copy ? 1 : 0);
  writer.number(record.compressed_bytes);
  writer.number(record.modified_unix_ns);
  writer.number(record.last_seen_unix_ns);
  writer.number(record.held_begin);
  writer.number(record.held_end);
  writer.number(record.held_bytes);
  writer.number(record.held_since_unix_ns);
}

IdentityRecord get_file(ByteReader& reader) {
  IdentityRecord record;
  record.id = reader.file_id();
  record.source = reader.text();
  record.path = reader.text();
  record.base = reader.text();
  record.device = reader.number<uint64_t>();
  record.inode = reader.number<uint64_t>();
  record.evidence = get_evidence(reader);
  record.marks = get_cursors(reader);
  record.copies = get_cursors(reader);
  record.start_offset = reader.number<uint64_t>();
  record.end_is_final = reader.number<uint8_t>() != 0;
  record.end = get_cursor(reader);
  record.is_released = reader.number<uint8_t>() != 0;
  record.is_copy = reader.number<uint8_t>() != 0;
  record.compressed_bytes = reader.number<uint64_t>();
  record.modified_unix_ns = reader.number<int64_t>();
  record.last_seen_unix_ns = reader.number<int64_t>();
  record.held_begin = reader.number<uint64_t>();
  record.held_end = reader.number<uint64_t>();
  record.held_bytes = reader.number<uint64_t>();
  record.held_since_unix_ns = reader.number<int64_t>();
  return record;
}

void put_source(ByteWriter& writer, const std::string& source, int64_t unix_ns) {
  writer.number(static_cast<uint8_t>(Change::kSource));
  writer.text(source);
  writer.number(unix_ns);
}

}  // namespace

base::Expected<std::unique_ptr<IdentityStore>> IdentityStore::open(base::Filesystem& filesystem,
                                                                   const std::string& state_dir) {
  if (auto done = filesystem.create_directories(state_dir); !done) {
    return tl::unexpected(done.error());
  }
  const std::string path = state_dir + "/files";
  auto opened = Journal::open(filesystem, path, JournalKind::kIdentities);
  if (!opened) return tl::unexpected(opened.error());
  std::unique_ptr<IdentityStore> store(new IdentityStore);
  store->journal_ = std::move(opened->journal);
  store->damage_ = std::move(opened->damage);
  for (const JournalRecord& record : opened->records) {
    if (auto done = store->apply(record); !done) {
      return base::unexpected(base::ErrorCode::kCorrupt,
                              "cannot use '" + path + "': " + done.error().message);
    }
  }
  return store;
}

base::Expected<void> IdentityStore::apply(const JournalRecord& record) {
  ByteReader reader(record.payload);
  bool is_known = record.type == kChangesRecord;
  while (is_known && reader.is_ok() && !reader.at_end()) {
    switch (static_cast<Change>(reader.number<uint8_t>())) {
      case Change::kFile: {
        IdentityRecord file = get_file(reader);
        records_[file.id] = std::move(file);
        break;
      }
      case Change::kForgottenFile:
        records_.erase(reader.file_id());
        break;
      case Change::kSource: {
        const std::string source = reader.text();
        first_starts_[source] = reader.number<int64_t>();
        break;
      }
      default:
        is_known = false;
    }
  }
  if (is_known && reader.is_ok()) return {};
  return base::unexpected(base::ErrorCode::kCorrupt,
                          "a record does not have the shape that it should have");
}

std::optional<int64_t> IdentityStore::first_start_unix_ns(const std::string& source) const {
  const auto found = first_starts_.find(source);
  if (found == first_starts_.end()) return std::nullopt;
  return found->second;
}

void IdentityStore::put(IdentityRecord record) {
  IdentityRecord& place = records_[record.id];
  if (place == record) return;
  changed_files_.insert(record.id);
  place = std::move(record);
}

void IdentityStore::forget(const base::FileId& id) {
  if (records_.erase(id) > 0) changed_files_.insert(id);
}

void IdentityStore::set_first_start(const std::string& source, int64_t unix_ns) {
  first_starts_[source] = unix_ns;
  changed_sources_[source] = unix_ns;
}

base::Expected<void> IdentityStore::commit() {
  if (changed_files_.empty() && changed_sources_.empty()) return {};
  const uint64_t live_bytes = records_.size() * kRecordBytes;
  const bool is_outgrown =
      journal_->size_bytes() > kCompactFromBytes + kCompactAtMultiple * live_bytes;
  if (journal_->needs_rewrite() || is_outgrown) {
    if (auto done = journal_->rewrite({{kChangesRecord, encode_everything()}}); !done) return done;
  } else {
    if (auto done = journal_->append(kChangesRecord, encode_changes()); !done) return done;
  }
  changed_files_.clear();
  changed_sources_.clear();
  return {};
}

std::string IdentityStore::encode_changes() const {
  ByteWriter writer;
  for (const auto& [source, unix_ns] : changed_sources_) put_source(writer, source, unix_ns);
  for (const base::FileId& id : changed_files_) {
    if (const auto found = records_.find(id); found != records_.end()) {
      put_file(writer, found->second);
    } else {
      writer.number(static_cast<uint8_t>(Change::kForgottenFile));
      writer.file_id(id);
    }
  }
  return writer.take();
}

std::string IdentityStore::encode_everything() const {
  ByteWriter writer;
  for (const auto& [source, unix_ns] : first_starts_) put_source(writer, source, unix_ns);
  for (const auto& [id, record] : records_) put_file(writer, record);
  return writer.take();
}

}  // namespace sawlog::agent
