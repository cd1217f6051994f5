#include "tests/support/fake_filesystem.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <functional>
#include <utility>

#include "lib/base/check.h"
#include "tests/support/compression.h"

namespace sawlog::tests {

using base::DirectoryEntry;
using base::Expected;
using base::File;
using base::FileStat;
using base::OpenMode;
using base::WriterState;

namespace {

constexpr int kLinksMax = 16;

tl::unexpected<base::Error> failure(std::string_view action, const std::string& path, int code) {
  return tl::unexpected<base::Error>(base::os_error(action, path, code));
}

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

struct FakeFilesystem::Node {
  enum class Kind : uint8_t { kFile, kDirectory, kLink };
  Kind kind = Kind::kFile;
  uint64_t inode = 0;
  std::string content;  // of a link: where it leads
  std::string durable_content;
  std::map<std::string, NodePtr> entries;
  std::map<std::string, NodePtr> durable_entries;
  int64_t modified_unix_ns = 0;
  int64_t changed_unix_ns = 0;
  uint64_t link_count = 0;
  uint64_t open_count = 0;
  uint64_t writer_count = 0;

  void make_content_durable() {
    if (content.starts_with(durable_content)) {
      durable_content.append(content, durable_content.size());
    } else {
      durable_content = content;
    }
  }
};

// --- an open file ------------------------------------------------------------------------------

class FakeFilesystem::FakeFile final : public File {
 public:
  FakeFile(FakeFilesystem& filesystem, NodePtr node, std::string path, bool is_writer)
      : filesystem_(filesystem),
        node_(std::move(node)),
        path_(std::move(path)),
        is_writer_(is_writer),
        generation_(filesystem.generation_) {
    ++node_->open_count;
    filesystem_.open_paths_.insert(path_);
    if (is_writer_) ++node_->writer_count;
  }
  ~FakeFile() override {
    const std::lock_guard lock(filesystem_.mutex_);
    filesystem_.open_paths_.extract(path_);
    --node_->open_count;
    if (is_writer_) --node_->writer_count;
    filesystem_.free_inode_if_dead(*node_);
  }
  FakeFile(const FakeFile&) = delete;
  FakeFile& operator=(const FakeFile&) = delete;

  Expected<size_t> read_at(uint64_t offset, std::span<char> into) override {
    const std::lock_guard lock(filesystem_.mutex_);
    if (const auto code = refuse("read_at", false)) return failure("read", path_, *code);
    if (offset >= node_->content.size()) return size_t{0};
    return node_->content.copy(into.data(), into.size(), offset);
  }

  Expected<void> append(std::string_view bytes) override {
    const std::lock_guard lock(filesystem_.mutex_);
    if (const auto code = refuse("append", true)) {
      // The worst that can happen: half of it got there.
      node_->content.append(bytes.substr(0, bytes.size() / 2));
      return failure("write", path_, *code);
    }
    const uint64_t fitting = std::min<uint64_t>(bytes.size(), filesystem_.free_bytes_);
    node_->content.append(bytes.substr(0, fitting));
    filesystem_.free_bytes_ -= fitting;
    filesystem_.touch(*node_, true);
    if (fitting < bytes.size()) return failure("write", path_, ENOSPC);
    return {};
  }

  Expected<void> truncate(uint64_t size_bytes) override {
    const std::lock_guard lock(filesystem_.mutex_);
    if (const auto code = refuse("truncate", true)) return failure("truncate", path_, *code);
    node_->content.resize(size_bytes);
    filesystem_.touch(*node_, true);
    return {};
  }

  Expected<void> sync_data() override {
    const std::lock_guard lock(filesystem_.mutex_);
    if (const auto code = refuse("sync_data", true)) return failure("sync", path_, *code);
    node_->make_content_durable();
    return {};
  }

  Expected<FileStat> stat() override {
    const std::lock_guard lock(filesystem_.mutex_);
    if (const auto code = refuse("fstat", false)) return failure("stat", path_, *code);
    return filesystem_.stat_of(*node_);
  }

  WriterState writer_state() override {
    const std::lock_guard lock(filesystem_.mutex_);
    if (filesystem_.writers_are_unknown_) return WriterState::kUnknown;
    return node_->writer_count > 0 ? WriterState::kSome : WriterState::kNone;
  }

 private:
  std::optional<int> refuse(std::string_view call, bool is_change) {
    if (generation_ != filesystem_.generation_) return EIO;
    return filesystem_.refuse(call, path_, is_change);
  }

  FakeFilesystem& filesystem_;
  const NodePtr node_;
  const std::string path_;
  const bool is_writer_;
  const uint64_t generation_;
};

FakeFilesystem::Writer::Writer(FakeFilesystem& filesystem, std::shared_ptr<Node> node)
    : filesystem_(filesystem), node_(std::move(node)) {
  ++node_->writer_count;
  ++node_->open_count;
}

FakeFilesystem::Writer::~Writer() {
  const std::lock_guard lock(filesystem_.mutex_);
  --node_->writer_count;
  --node_->open_count;
  filesystem_.free_inode_if_dead(*node_);
}

void FakeFilesystem::Writer::append(std::string_view text) {
  const std::lock_guard lock(filesystem_.mutex_);
  node_->content.append(text);
  node_->make_content_durable();
  filesystem_.touch(*node_, true);
}

// --- names and inodes --------------------------------------------------------------------------

FakeFilesystem::FakeFilesystem(const base::Clock& clock) : clock_(clock) {
  root_ = new_node();
  root_->kind = Node::Kind::kDirectory;
  root_->link_count = 1;
}

FakeFilesystem::~FakeFilesystem() = default;

FakeFilesystem::NodePtr FakeFilesystem::new_node() {
  auto node = std::make_shared<Node>();
  // A crash brings files back whose numbers were free.
  while (reuses_inodes_ && !free_inodes_.empty() && is_taken(free_inodes_.back())) {
    free_inodes_.pop_back();
  }
  if (reuses_inodes_ && !free_inodes_.empty()) {
    node->inode = free_inodes_.back();
    free_inodes_.pop_back();
  } else {
    node->inode = next_inode_++;
  }
  touch(*node, true);
  if (std::has_single_bit(nodes_.size())) {
    std::erase_if(nodes_, [](const auto& known) { return known.expired(); });
  }
  nodes_.push_back(node);
  return node;
}

bool FakeFilesystem::is_taken(uint64_t inode) const {
  return std::ranges::any_of(nodes_, [&](const auto& known) {
    const NodePtr node = known.lock();
    return node != nullptr && node->inode == inode &&
           (node->link_count > 0 || node->open_count > 0);
  });
}

void FakeFilesystem::touch(Node& node, bool is_modified) {
  node.changed_unix_ns = clock_.unix_ns() + static_cast<int64_t>(++ticks_);
  if (is_modified) node.modified_unix_ns = node.changed_unix_ns;
}

void FakeFilesystem::free_inode_if_dead(const Node& node) {
  if (node.link_count == 0 && node.open_count == 0) free_inodes_.push_back(node.inode);
}

FileStat FakeFilesystem::stat_of(const Node& node) const {
  FileStat status;
  status.device = device_;
  status.inode = node.inode;
  status.size_bytes = node.content.size();
  status.modified_unix_ns = node.modified_unix_ns;
  status.changed_unix_ns = node.changed_unix_ns;
  status.link_count = node.link_count;
  status.is_directory = node.kind == Node::Kind::kDirectory;
  status.is_regular = node.kind == Node::Kind::kFile;
  return status;
}

Expected<FakeFilesystem::Place> FakeFilesystem::find(std::string_view action,
                                                     const std::string& path, bool follow) const {
  std::vector<std::string> parts = split(path);
  Place place{nullptr, "", root_, ""};
  int links = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (place.node == nullptr) return failure(action, path, ENOENT);
    if (place.node->kind != Node::Kind::kDirectory) return failure(action, path, ENOTDIR);
    const NodePtr directory = place.node;
    const auto entry = directory->entries.find(parts[i]);
    const NodePtr node = entry == directory->entries.end() ? nullptr : entry->second;
    const bool is_last = i + 1 == parts.size();
    if (node == nullptr || node->kind != Node::Kind::kLink || (is_last && !follow)) {
      place = {directory, parts[i], node, place.path + "/" + parts[i]};
      continue;
    }
    if (++links > kLinksMax) return failure(action, path, ELOOP);
    std::vector<std::string> rest = split(node->content);
    if (!node->content.starts_with('/')) {
      const std::vector<std::string> before = split(place.path);
      rest.insert(rest.begin(), before.begin(), before.end());
    }
    rest.insert(rest.end(), parts.begin() + static_cast<ptrdiff_t>(i) + 1, parts.end());
    parts = std::move(rest);
    place = {nullptr, "", root_, ""};
    i = static_cast<size_t>(-1);
  }
  return place;
}

void FakeFilesystem::put(const Place& place, const NodePtr& node, bool is_durable) {
  ++node->link_count;
  touch(*node, false);
  place.directory->entries[place.name] = node;
  if (is_durable) place.directory->durable_entries[place.name] = node;
}

FakeFilesystem::NodePtr FakeFilesystem::create(const Place& place, bool is_durable) {
  NodePtr node = new_node();
  put(place, node, is_durable);
  return node;
}

void FakeFilesystem::unlink_node(const NodePtr& node) {
  --node->link_count;
  touch(*node, false);
  free_inode_if_dead(*node);
}

// --- the agent's side --------------------------------------------------------------------------

std::optional<int> FakeFilesystem::refuse(std::string_view call, const std::string& path,
                                          bool is_change) {
  if (fault_) {
    if (const auto code = fault_(call, path)) return code;
  }
  if (!is_change) return std::nullopt;
  const uint64_t number = change_count_++;
  if (!failing_change_ || number < *failing_change_) return std::nullopt;
  if (number > *failing_change_ && !fails_after_) return std::nullopt;
  return failing_errno_;
}

Expected<std::unique_ptr<File>> FakeFilesystem::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
  const bool is_writer = mode != OpenMode::kRead;
  if (const auto code = refuse("open", path, is_writer)) return failure("open", path, *code);
  auto place = find("open", path, true);
  if (!place) return tl::unexpected(place.error());
  if (place->node == nullptr) {
    if (!is_writer) return failure("open", path, ENOENT);
    place->node = create(*place, false);
  } else if (mode == OpenMode::kCreateNew) {
    return failure("open", path, EEXIST);
  }
  if (is_writer && place->node->kind == Node::Kind::kDirectory) {
    return failure("open", path, EISDIR);
  }
  if (mode == OpenMode::kTruncate) place->node->content.clear();
  return std::make_unique<FakeFile>(*this, place->node, path, is_writer);
}

Expected<std::unique_ptr<File>> FakeFilesystem::open_unnamed(uint64_t device, uint64_t inode) {
  const std::lock_guard lock(mutex_);
  const std::string path = "inode " + std::to_string(inode);
  if (const auto code = refuse("open_unnamed", path, false)) return failure("open", path, *code);
  for (const auto& known : nodes_) {
    const NodePtr node = known.lock();
    if (node != nullptr && device == device_ && node->inode == inode && node->open_count > 0) {
      return std::make_unique<FakeFile>(*this, node, path, false);
    }
  }
  return failure("open", path, ENOENT);
}

Expected<FileStat> FakeFilesystem::stat(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto code = refuse("stat", path, false)) return failure("stat", path, *code);
  const auto place = find("stat", path, true);
  if (!place) return tl::unexpected(place.error());
  if (place->node == nullptr) return failure("stat", path, ENOENT);
  return stat_of(*place->node);
}

Expected<std::vector<DirectoryEntry>> FakeFilesystem::list(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto code = refuse("list", path, false)) return failure("list", path, *code);
  const auto place = find("list", path, true);
  if (!place) return tl::unexpected(place.error());
  if (place->node == nullptr) return failure("list", path, ENOENT);
  if (place->node->kind != Node::Kind::kDirectory) return failure("list", path, ENOTDIR);
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, node] : place->node->entries) {
    entries.push_back(
        {name, node->kind == Node::Kind::kDirectory, node->kind == Node::Kind::kLink});
  }
  return entries;
}

Expected<void> FakeFilesystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (const auto code = refuse("rename", from, true)) return failure("rename", from, *code);
  const auto source = find("rename", from, false);
  if (!source) return tl::unexpected(source.error());
  if (source->node == nullptr) return failure("rename", from, ENOENT);
  const auto target = find("rename", to, false);
  if (!target) return tl::unexpected(target.error());
  if (target->node == source->node) return {};
  if (target->node != nullptr) unlink_node(target->node);
  source->directory->entries.erase(source->name);
  target->directory->entries[target->name] = source->node;
  touch(*source->node, false);
  return {};
}

Expected<void> FakeFilesystem::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto code = refuse("remove", path, true)) return failure("remove", path, *code);
  const auto place = find("remove", path, false);
  if (!place) return tl::unexpected(place.error());
  if (place->node == nullptr) return failure("remove", path, ENOENT);
  place->directory->entries.erase(place->name);
  unlink_node(place->node);
  return {};
}

Expected<void> FakeFilesystem::create_directories(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto code = refuse("create_directories", path, true)) {
    return failure("make the directory", path, *code);
  }
  make_directory(path);
  return {};
}

Expected<void> FakeFilesystem::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto code = refuse("sync_directory", path, true)) {
    return failure("sync the directory", path, *code);
  }
  const auto place = find("sync the directory", path, true);
  if (!place) return tl::unexpected(place.error());
  if (place->node == nullptr) return failure("sync the directory", path, ENOENT);
  place->node->durable_entries = place->node->entries;
  return {};
}

Expected<uint64_t> FakeFilesystem::free_bytes(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto code = refuse("free_bytes", path, false)) return failure("ask", path, *code);
  return free_bytes_;
}

Expected<std::string> FakeFilesystem::real_path(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto code = refuse("real_path", path, false)) return failure("resolve", path, *code);
  const auto place = find("resolve", path, true);
  if (!place) return tl::unexpected(place.error());
  if (place->node == nullptr) return failure("resolve", path, ENOENT);
  return place->path;
}

// --- faults ------------------------------------------------------------------------------------

void FakeFilesystem::set_fault(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

void FakeFilesystem::fail_change(uint64_t n, int os_errno, bool and_all_after) {
  const std::lock_guard lock(mutex_);
  failing_change_ = change_count_ + n;
  failing_errno_ = os_errno;
  fails_after_ = and_all_after;
}

uint64_t FakeFilesystem::change_count() const {
  const std::lock_guard lock(mutex_);
  return change_count_;
}

void FakeFilesystem::set_free_bytes(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  free_bytes_ = bytes;
}

void FakeFilesystem::set_writers_unknown(bool unknown) {
  const std::lock_guard lock(mutex_);
  writers_are_unknown_ = unknown;
}

std::vector<std::string> FakeFilesystem::open_paths() const {
  const std::lock_guard lock(mutex_);
  return {open_paths_.begin(), open_paths_.end()};
}

void FakeFilesystem::crash(uint64_t unsynced_bytes_kept) {
  const std::lock_guard lock(mutex_);
  ++generation_;
  failing_change_.reset();
  const std::function<void(Node&)> restore = [&](Node& node) {
    const uint64_t unsynced = node.content.starts_with(node.durable_content)
                                  ? node.content.size() - node.durable_content.size()
                                  : 0;
    if (unsynced > 0) {
      node.content.resize(node.durable_content.size() + std::min(unsynced, unsynced_bytes_kept));
    } else {
      node.content = node.durable_content;
    }
    node.durable_content = node.content;
    node.entries = node.durable_entries;
    for (auto& [name, child] : node.entries) restore(*child);
  };
  restore(*root_);
  recount_links();
}

void FakeFilesystem::recount_links() {
  for (const auto& known : nodes_) {
    if (const NodePtr node = known.lock()) node->link_count = node == root_ ? 1 : 0;
  }
  const std::function<void(Node&)> count = [&](Node& node) {
    for (auto& [name, child] : node.entries) {
      ++child->link_count;
      count(*child);
    }
  };
  count(*root_);
}

void FakeFilesystem::set_device(uint64_t device) {
  const std::lock_guard lock(mutex_);
  device_ = device;
}

void FakeFilesystem::set_inode_reuse(bool reuse) {
  const std::lock_guard lock(mutex_);
  reuses_inodes_ = reuse;
  free_inodes_.clear();
}

// --- the world's side --------------------------------------------------------------------------

FakeFilesystem::Place FakeFilesystem::must_find(const std::string& path, bool must_exist) const {
  auto place = find("find", path, true);
  CHECK(place.has_value());
  CHECK(!must_exist || place->node != nullptr);
  return std::move(*place);
}

void FakeFilesystem::make_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::string part;
  for (const std::string& name : split(path)) {
    part += "/" + name;
    const Place place = must_find(part, false);
    if (place.node == nullptr) create(place, true)->kind = Node::Kind::kDirectory;
  }
}

void FakeFilesystem::write_file(const std::string& path, std::string_view text) {
  const std::lock_guard lock(mutex_);
  Place place = must_find(path, false);
  if (place.node == nullptr) place.node = create(place, true);
  place.node->content = text;
  place.node->make_content_durable();
  touch(*place.node, true);
}

void FakeFilesystem::append_to(const std::string& path, std::string_view text) {
  open_writer(path)->append(text);
}

void FakeFilesystem::truncate_file(const std::string& path, uint64_t size_bytes) {
  const std::lock_guard lock(mutex_);
  const Place place = must_find(path);
  place.node->content.resize(size_bytes);
  place.node->make_content_durable();
  touch(*place.node, true);
}

void FakeFilesystem::move(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const auto source = find("move", from, false);
  const auto target = find("move", to, false);
  CHECK(source && source->node != nullptr && target);
  if (target->node != nullptr) unlink_node(target->node);
  source->directory->entries.erase(source->name);
  source->directory->durable_entries.erase(source->name);
  target->directory->entries[target->name] = source->node;
  target->directory->durable_entries[target->name] = source->node;
  touch(*source->node, false);
}

void FakeFilesystem::unlink(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto place = find("unlink", path, false);
  CHECK(place && place->node != nullptr);
  place->directory->entries.erase(place->name);
  place->directory->durable_entries.erase(place->name);
  unlink_node(place->node);
}

void FakeFilesystem::link(const std::string& existing, const std::string& path) {
  const std::lock_guard lock(mutex_);
  put(must_find(path, false), must_find(existing).node, true);
}

void FakeFilesystem::symlink(const std::string& target, const std::string& path) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = create(must_find(path, false), true);
  node->kind = Node::Kind::kLink;
  node->content = target;
  node->make_content_durable();
}

void FakeFilesystem::copy_file(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  write_file(to, must_find(from).node->content);
}

std::string FakeFilesystem::compress_file(const std::string& from, Format format) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = must_find(from).node;
  const std::string to = from + (format == Format::kGzip   ? ".gz"
                                 : format == Format::kZstd ? ".zst"
                                                           : ".xz");
  write_file(to, format == Format::kGzip   ? gzip(node->content)
                 : format == Format::kZstd ? zstd(node->content)
                                           : xz(node->content));
  set_modified(to, node->modified_unix_ns);
  return to;
}

void FakeFilesystem::set_modified(const std::string& path, int64_t unix_ns) {
  const std::lock_guard lock(mutex_);
  must_find(path).node->modified_unix_ns = unix_ns;
}

std::string FakeFilesystem::content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return must_find(path).node->content;
}

uint64_t FakeFilesystem::inode_of(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return must_find(path).node->inode;
}

bool FakeFilesystem::exists(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto place = find("find", path, true);
  return place && place->node != nullptr;
}

std::unique_ptr<FakeFilesystem::Writer> FakeFilesystem::open_writer(const std::string& path) {
  const std::lock_guard lock(mutex_);
  Place place = must_find(path, false);
  if (place.node == nullptr) place.node = create(place, true);
  return std::unique_ptr<Writer>(new Writer(*this, place.node));
}

}  // namespace sawlog::tests
