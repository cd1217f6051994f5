#include "agent/tail/file_reader.h"

#include <algorithm>
#include <array>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

#include "agent/tail/decoder.h"
#include "agent/tail/evidence.h"

namespace sawlog::agent {

namespace {

constexpr size_t kWitnessBytes = 64;
constexpr size_t kWitnessesMax = 8192;
constexpr size_t kSkipBytes = 64u << 10;
constexpr uint64_t kChunkBytes = 256u << 10;

base::Error not_there(const TailedFile& file, const char* why) {
  return {base::ErrorCode::kUnavailable, "cannot read '" + file.path() + "': " + why, 0};
}

bool is_same(const std::weak_ptr<const Content>& known,
             const std::shared_ptr<const Content>& content) {
  return !known.owner_before(content) && !content.owner_before(known);
}

}  // namespace

// The last bytes that were read of each plain content. A chunk's end is rarely the next one's
// beginning, so they stand at the furthest place that was read.
class FileReader::LastReads {
 public:
  // Whether what was read before still is there. Called after each read: what came out of it is
  // then of the same content.
  bool still_stands(const TailedFile& file, const std::shared_ptr<const Content>& content) {
    const auto found = witnesses_.find(file.id());
    if (found == witnesses_.end() || !is_same(found->second.content, content)) {
      return begins_right(file.evidence(), *content);
    }
    const Witness& witness = found->second;
    std::array<char, kWitnessBytes> bytes{};
    const auto count = content->file->read_at(witness.end - witness.size_bytes,
                                              std::span(bytes).first(witness.size_bytes));
    return count && *count == witness.size_bytes &&
           std::equal(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(witness.size_bytes),
                      witness.bytes.begin());
  }

  void note(const base::FileId& id, const std::shared_ptr<const Content>& content, uint64_t offset,
            std::span<const char> bytes) {
    if (bytes.empty()) return;
    if (witnesses_.size() >= kWitnessesMax) witnesses_.clear();
    Witness& witness = witnesses_[id];
    const uint64_t end = offset + bytes.size();
    if (is_same(witness.content, content) && witness.end >= end) return;
    witness.content = content;
    witness.end = end;
    witness.size_bytes = std::min(bytes.size(), kWitnessBytes);
    std::ranges::copy(bytes.last(witness.size_bytes), witness.bytes.begin());
  }

 private:
  struct Witness {
    std::weak_ptr<const Content> content;
    uint64_t end = 0;
    size_t size_bytes = 0;
    std::array<char, kWitnessBytes> bytes{};
  };

  static bool begins_right(const Evidence& evidence, const Content& content) {
    if (evidence.length_bytes == 0) return true;
    const auto prefix = read_prefix({content.file, Compression::kNone});
    return prefix && begins_like(*prefix, evidence);
  }

  std::unordered_map<base::FileId, Witness> witnesses_;
};

// Decoders with the last bytes that they gave, so that a chunk may begin a little before the end of
// the chunk before it.
class FileReader::Decoders {
 public:
  explicit Decoders(size_t count_max) : count_max_(count_max) {}

  void close_released() {
    std::erase_if(entries_, [](const Entry& entry) { return entry.content.expired(); });
  }

  base::Expected<size_t> read(const TailedFile& file, const std::shared_ptr<const Content>& content,
                              uint64_t offset, std::span<char> into) {
    if (offset < content->begin_offset) {
      return tl::unexpected(not_there(file, "the agent's copy of it begins further on"));
    }
    Entry& entry = entry_for(content, offset);
    entry.history_bytes_max = file.line_bytes_max() + 2 * kChunkBytes;
    while (entry.position() < offset) {
      auto count = decode(entry, std::min<uint64_t>(offset - entry.position(), kSkipBytes));
      if (!count) return count;
      if (*count == 0) {
        note_end(entry, *content);
        return 0;
      }
    }
    size_t done = 0;
    while (done < into.size()) {
      if (offset + done == entry.position()) {
        auto count = decode(entry, into.size() - done);
        if (!count) return count;
        if (*count == 0) break;
      }
      const uint64_t begin = entry.position() - entry.history.size();
      done += entry.history.copy(into.data() + done, into.size() - done, offset + done - begin);
    }
    if (done < into.size()) note_end(entry, *content);
    return done;
  }

 private:
  struct Entry {
    explicit Entry(const std::shared_ptr<const Content>& of)
        : content(of), begin_offset(of->begin_offset), decoder(of->file, of->compression) {}
    [[nodiscard]] uint64_t position() const { return begin_offset + decoder.position(); }

    std::weak_ptr<const Content> content;
    uint64_t begin_offset;
    Decoder decoder;
    std::string history;  // ends at position()
    size_t history_bytes_max = 0;
  };

  Entry& entry_for(const std::shared_ptr<const Content>& content, uint64_t offset) {
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (!is_same(entry->content, content)) continue;
      if (offset + entry->history.size() < entry->position()) {
        entries_.erase(entry);  // a jump backwards
        break;
      }
      entries_.splice(entries_.begin(), entries_, entry);
      return entries_.front();
    }
    close_released();
    if (entries_.size() >= count_max_) entries_.pop_back();
    return entries_.emplace_front(content);
  }

  static base::Expected<size_t> decode(Entry& entry, size_t size_bytes) {
    const size_t keep = std::min(entry.history.size(), entry.history_bytes_max);
    if (entry.history.size() > 2 * entry.history_bytes_max) {
      entry.history.erase(0, entry.history.size() - keep);
    }
    const size_t before = entry.history.size();
    entry.history.resize(before + size_bytes);
    auto count = entry.decoder.read(std::span(entry.history).subspan(before));
    entry.history.resize(before + count.value_or(0));
    return count;
  }

  static void note_end(const Entry& entry, const Content& content) {
    content.findings.is_damaged = entry.decoder.state() == Decoder::State::kDamaged;
    content.findings.is_incomplete = entry.decoder.state() == Decoder::State::kIncomplete;
    content.findings.end_offset = entry.position();
  }

  const size_t count_max_;
  std::list<Entry> entries_;  // last used first
};

FileReader::FileReader(size_t decoders_max)
    : decoders_(std::make_unique<Decoders>(decoders_max)),
      last_reads_(std::make_unique<LastReads>()) {}

FileReader::~FileReader() = default;

void FileReader::close_released() {
  decoders_->close_released();
}

base::Expected<size_t> FileReader::read(const TailedFile& file, uint64_t offset,
                                        std::span<char> into) {
  const auto content = file.content();
  if (content == nullptr) return tl::unexpected(not_there(file, "it is not open at the moment"));
  if (content->compression != Compression::kNone) {
    return decoders_->read(file, content, offset, into);
  }
  const uint64_t size_bytes = file.size_bytes();
  auto count = content->file->read_at(offset, into);
  if (!count) return count;
  // Shorter than tail has seen it: what follows there by now may be other content.
  const bool has_shrunk =
      *count < into.size() && offset < size_bytes && offset + *count < size_bytes;
  if (content->findings.is_replaced || has_shrunk || !last_reads_->still_stands(file, content)) {
    content->findings.is_replaced = true;
    return tl::unexpected(not_there(file, "its content was replaced; looking for the rest"));
  }
  last_reads_->note(file.id(), content, offset, into.first(*count));
  return count;
}

}  // namespace sawlog::agent
