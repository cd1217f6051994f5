#include "agent/tail/probe.h"

#include "agent/tail/decoder.h"
#include "agent/tail/sibling_name.h"

namespace sawlog::agent {

namespace {

constexpr size_t kDecodeBytes = 64u << 10;

}  // namespace

base::Expected<Probe> Probe::open(base::Filesystem& filesystem, const FoundFile& found) {
  Probe probe(filesystem);
  probe.path_ = found.names.front().path;
  probe.status_ = found.status;
  const auto file = probe.file();
  if (!file) return tl::unexpected(file.error());
  const auto status = (*file)->stat();
  if (!status) return tl::unexpected(status.error());
  probe.status_ = *status;
  const auto compression = compression_of(**file, compression_by_name(probe.path_));
  if (!compression) return tl::unexpected(compression.error());
  probe.is_readable_ = compression->has_value();
  if (!probe.is_readable_) return probe;
  probe.compression_ = **compression;
  auto prefix = read_prefix({*file, probe.compression_});
  if (!prefix) return tl::unexpected(prefix.error());
  probe.prefix_ = std::move(*prefix);
  probe.close();  // a first look may find tens of thousands
  return probe;
}

base::Expected<std::shared_ptr<base::File>> Probe::file() {
  if (file_ != nullptr) return file_;
  auto opened = filesystem_->open(path_, base::OpenMode::kRead);
  if (!opened) return tl::unexpected(opened.error());
  const auto status = (*opened)->stat();
  if (!status) return tl::unexpected(status.error());
  if (status->device != status_.device || status->inode != status_.inode) {
    return base::unexpected(base::ErrorCode::kUnavailable,
                            "cannot read '" + path_ + "': it was just replaced");
  }
  file_ = std::move(*opened);
  return file_;
}

bool Probe::is_complete() {
  if (compression_ == Compression::kNone) return true;
  const auto opened = file();
  if (!opened) return false;
  switch ((*opened)->writer_state()) {
    case base::WriterState::kNone:
      return true;
    case base::WriterState::kSome:
      return false;
    case base::WriterState::kUnknown:
      break;
  }
  decode();
  return is_whole_.value_or(false);
}

bool Probe::may_grow() {
  const auto opened = file();
  return !opened || (*opened)->writer_state() != base::WriterState::kNone;
}

std::optional<Cursor> Probe::end() {
  if (end_) return end_;
  if (compression_ != Compression::kNone) {
    decode();
    return end_;
  }
  const auto opened = file();
  if (!opened) return std::nullopt;
  if (const auto end = make_cursor(**opened, status_.size_bytes)) end_ = *end;
  return end_;
}

CursorCheck Probe::check(const Cursor& cursor) {
  const auto opened = file();
  return opened ? check_cursor({*opened, compression_}, cursor) : CursorCheck::kUnreadable;
}

void Probe::decode() {
  if (end_) return;
  const auto opened = file();
  if (!opened) return;
  Decoder decoder(*opened, compression_);
  std::string bytes(kDecodeBytes, '\0');
  std::string last;
  while (decoder.state() == Decoder::State::kReading) {
    const auto count = decoder.read(bytes);
    if (!count) return;
    last.append(bytes, 0, *count);
    if (last.size() > kCursorHashedBytesMax) last.erase(0, last.size() - kCursorHashedBytesMax);
  }
  is_whole_ = decoder.state() == Decoder::State::kWhole;
  end_ = make_cursor(last, decoder.position());
}

base::Expected<Probe*> Probes::get(const FoundFile& found) {
  const std::pair key(found.status.device, found.status.inode);
  const auto known = entries_.find(key);
  // A rename in the same tick of the kernel's clock as the last write shows in the name alone.
  if (known != entries_.end() && known->second.probe.path() == found.names.front().path &&
      known->second.probe.status().changed_unix_ns == found.status.changed_unix_ns &&
      known->second.probe.status().size_bytes == found.status.size_bytes) {
    known->second.is_used = true;
    return &known->second.probe;
  }
  auto probe = Probe::open(filesystem_, found);
  if (!probe) {
    entries_.erase(key);
    return tl::unexpected(probe.error());
  }
  return &entries_.insert_or_assign(key, Entry{std::move(*probe), true}).first->second.probe;
}

void Probes::forget(const FoundFile& found) {
  entries_.erase({found.status.device, found.status.inode});
}

void Probes::forget_unused() {
  std::erase_if(entries_, [](const auto& entry) { return !entry.second.is_used; });
  for (auto& [inode, entry] : entries_) {
    entry.is_used = false;
    entry.probe.close();
  }
}

}  // namespace sawlog::agent
