#include "outputs/dead_letters.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <span>
#include <unordered_set>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/base/check.h"
#include "lib/base/json_encode.h"

namespace sawlog::outputs {
namespace {

constexpr size_t kBlockBytes = 256u << 10;
constexpr uint64_t kRememberedBytes = 32u << 20;  // of the file's end, looked at when opening
constexpr std::string_view kLineBegin = "{\"@timestamp\":\"";
constexpr std::string_view kIdKey = "\"record.id\":\"";

// 128 bits of hash stand for a record id: two records that share them will not be met.
struct IdHash {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const IdHash&) const = default;
  explicit IdHash(std::string_view id) {
    const XXH128_hash_t hash = XXH3_128bits(id.data(), id.size());
    low = hash.low64;
    high = hash.high64;
  }
};

struct HashOfId {
  size_t operator()(const IdHash& id) const { return static_cast<size_t>(id.low); }
};

// The ids of the latest records, in two generations so that it stays bounded.
class RecentIds {
 public:
  [[nodiscard]] bool contains(const IdHash& id) const {
    return young_.contains(id) || old_.contains(id);
  }
  void insert(const IdHash& id) {
    if (young_.size() >= DeadLetters::kRememberedRecords) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_.insert(id);
  }
  void erase(const IdHash& id) {
    young_.erase(id);
    old_.erase(id);
  }

 private:
  std::unordered_set<IdHash, HashOfId> young_;
  std::unordered_set<IdHash, HashOfId> old_;
};

size_t replacement_count(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  size_t count = 0;
  for (size_t at = text.find(kReplacement); at != std::string_view::npos;
       at = text.find(kReplacement, at + kReplacement.size())) {
    ++count;
  }
  return count;
}

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      out.push_back(k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=');
    }
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  base::append_json_string(out, value);
}

// The bytes of the line must be the same again after reading the letter, so a line that the JSON
// encoder has to mend goes as base64.
void append_line_field(std::string& out, std::string_view line) {
  const size_t begin = out.size();
  append_field(out, "line", line);
  if (replacement_count(std::string_view(out).substr(begin)) == replacement_count(line)) return;
  out.resize(begin);
  out += ",\"line_base64\":\"";
  append_base64(out, line);
  out += '"';
}

std::string directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

}  // namespace

class DeadLetters::Implementation {
 public:
  Implementation(base::Filesystem& filesystem, const base::Clock& clock, DeadLetterOptions options)
      : filesystem_(filesystem), clock_(clock), options_(std::move(options)) {}

  base::Expected<void> open_file() {
    const std::string directory = directory_of(options_.path);
    if (auto created = filesystem_.create_directories(directory); !created) return created;
    auto file = filesystem_.open(options_.path, base::OpenMode::kAppend);
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    if (auto synced = filesystem_.sync_directory(directory); !synced) return synced;
    auto stat = file_->stat();
    if (!stat) return tl::unexpected(stat.error());
    device_ = stat->device;
    inode_ = stat->inode;
    return read_end(stat->size_bytes);
  }

  base::Expected<void> write(const DeadLetter& letter) {
    const IdHash id(letter.record_id);
    const bool has_id = !letter.record_id.empty();
    if (has_id && recent_.contains(id)) {
      unsynced_.push_back({id, false, reason_slot(letter.reason_type)});
      return {};
    }
    if (auto ready = make_ready(); !ready) return ready;
    encode(letter);
    if (text_.size() > options_.bytes_max - std::min(options_.bytes_max, size_bytes_)) {
      is_checked_ = false;  // somebody may take the file away
      return base::unexpected(base::ErrorCode::kNoSpace, full_message());
    }
    if (auto appended = file_->append(text_); !appended) {
      needs_cut_ = true;
      return appended;
    }
    size_bytes_ += text_.size();
    if (has_id) recent_.insert(id);
    unsynced_.push_back({id, has_id, reason_slot(letter.reason_type)});
    return {};
  }

  base::Expected<void> sync() {
    if (unsynced_.empty()) return {};
    if (auto synced = file_->sync_data(); !synced) {
      // What the kernel still has of it is not to be relied on: written again, as a whole.
      forget_unsynced();
      needs_cut_ = true;
      return synced;
    }
    if (!is_under_its_name()) {
      // Whoever took it away may have read it before these letters were in it.
      forget_unsynced();
      is_checked_ = false;
      return base::unexpected(base::ErrorCode::kUnavailable,
                              "'" + options_.path + "' was taken away while dead letters were " +
                                  "written; they are written again");
    }
    synced_bytes_ = size_bytes_;
    for (const Unsynced& letter : unsynced_) ++*letter.count;
    unsynced_.clear();
    is_checked_ = false;
    return {};
  }

  [[nodiscard]] std::vector<DeadLetterCount> counts() const {
    std::vector<DeadLetterCount> counts;
    for (const auto& [reason, lines] : counts_) {
      if (lines > 0) counts.push_back({reason, lines});
    }
    return counts;
  }

  [[nodiscard]] uint64_t size_bytes() const { return size_bytes_; }

 private:
  struct Unsynced {
    IdHash id;
    bool is_new;      // written now; not the repetition of a known record
    uint64_t* count;  // in counts_, whose nodes stay where they are
  };

  uint64_t* reason_slot(std::string_view reason) {
    if (const auto known = counts_.find(reason); known != counts_.end()) return &known->second;
    if (counts_.size() >= kReasonsMax) return &counts_["other"];
    return &counts_[std::string(reason)];
  }

  // Before the first write after a sync: is the file still the one under this name, as we left it?
  base::Expected<void> make_ready() {
    if (needs_cut_) {
      if (auto cut = file_->truncate(size_bytes_); !cut) return cut;
      needs_cut_ = false;
    }
    if (is_checked_ || !unsynced_.empty()) return {};
    const auto stat = filesystem_.stat(options_.path);
    const bool is_ours =
        stat && stat->device == device_ && stat->inode == inode_ && stat->size_bytes == size_bytes_;
    if (!is_ours) {
      if (auto opened = open_file(); !opened) return opened;
    }
    is_checked_ = true;
    return {};
  }

  [[nodiscard]] bool is_under_its_name() {
    const auto stat = filesystem_.stat(options_.path);
    return stat && stat->device == device_ && stat->inode == inode_;
  }

  void forget_unsynced() {
    size_bytes_ = synced_bytes_;
    for (const Unsynced& letter : unsynced_) {
      if (letter.is_new) recent_.erase(letter.id);
    }
    unsynced_.clear();
  }

  void encode(const DeadLetter& letter) {
    text_ = kLineBegin;
    base::append_rfc3339(text_, clock_.unix_ns());
    text_ += '"';
    append_field(text_, "output", options_.output_name);
    append_field(text_, "reason.type", letter.reason_type);
    append_field(text_, "reason.message", letter.reason_message);
    append_field(text_, "record.id", letter.record_id);
    append_field(text_, "log.file.path", letter.file_path);
    text_ += ",\"log.offset\":";
    base::append_unsigned(text_, letter.offset);
    append_line_field(text_, letter.line);
    text_ += "}\n";
  }

  [[nodiscard]] std::string full_message() const {
    return "cannot write dead letters of output '" + options_.output_name + "' to '" +
           options_.path + "': it holds " + std::to_string(size_bytes_) + " of " +
           std::to_string(options_.bytes_max) + " bytes";
  }

  // Cuts a torn last line off and remembers the ids of the last records.
  base::Expected<void> read_end(uint64_t size_bytes) {
    const uint64_t begin = size_bytes - std::min(size_bytes, kRememberedBytes);
    std::string block(kBlockBytes, '\0');
    std::string line;
    uint64_t whole_end = begin;
    for (uint64_t at = begin; at < size_bytes;) {
      const size_t want = static_cast<size_t>(std::min<uint64_t>(kBlockBytes, size_bytes - at));
      const auto got = file_->read_at(at, std::span(block.data(), want));
      if (!got) return tl::unexpected(got.error());
      if (*got == 0) break;
      line.append(block, 0, *got);
      at += *got;
      take_lines(line);
      whole_end = at - line.size();
    }
    if (whole_end < size_bytes) {
      if (!std::string_view(line).starts_with(
              std::string_view(kLineBegin).substr(0, line.size()))) {
        return base::unexpected(base::ErrorCode::kCorrupt, "cannot use '" + options_.path +
                                                               "' for dead letters: it holds "
                                                               "something else");
      }
      if (auto cut = file_->truncate(whole_end); !cut) return cut;
    }
    size_bytes_ = whole_end;
    synced_bytes_ = whole_end;
    return {};
  }

  // Leaves the part behind the last line end.
  void take_lines(std::string& text) {
    size_t begin = 0;
    for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      // Inside a string the quotes of the key would be escaped: this is the key.
      if (const size_t key = line.find(kIdKey); key != std::string_view::npos) {
        const std::string_view id = line.substr(key + kIdKey.size());
        recent_.insert(IdHash(id.substr(0, id.find('"'))));
      }
      begin = end + 1;
    }
    text.erase(0, begin);
  }

  base::Filesystem& filesystem_;
  const base::Clock& clock_;
  const DeadLetterOptions options_;
  std::unique_ptr<base::File> file_;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  uint64_t size_bytes_ = 0;
  uint64_t synced_bytes_ = 0;
  bool needs_cut_ = false;   // bytes of a failed write may stand behind size_bytes_
  bool is_checked_ = false;  // the name was looked at since the last sync
  std::vector<Unsynced> unsynced_;
  RecentIds recent_;
  std::map<std::string, uint64_t, std::less<>> counts_;
  std::string text_;
};

DeadLetters::DeadLetters(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
DeadLetters::~DeadLetters() = default;

base::Expected<std::unique_ptr<DeadLetters>> DeadLetters::open(base::Filesystem& filesystem,
                                                               const base::Clock& clock,
                                                               DeadLetterOptions options) {
  auto implementation = std::make_unique<Implementation>(filesystem, clock, std::move(options));
  if (auto opened = implementation->open_file(); !opened) return tl::unexpected(opened.error());
  return std::unique_ptr<DeadLetters>(new DeadLetters(std::move(implementation)));
}

base::Expected<void> DeadLetters::write(const DeadLetter& letter) {
  return implementation_->write(letter);
}
base::Expected<void> DeadLetters::sync() {
  return implementation_->sync();
}
std::vector<DeadLetterCount> DeadLetters::counts() const {
  return implementation_->counts();
}
uint64_t DeadLetters::size_bytes() const {
  return implementation_->size_bytes();
}

}  // namespace sawlog::outputs
