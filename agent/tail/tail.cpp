#include "agent/tail/tail.h"

#include <algorithm>
#include <mutex>
#include <random>
#include <sys/resource.h>
#include <unordered_map>
#include <utility>

#include "agent/tail/base_index.h"
#include "agent/tail/content_matcher.h"
#include "agent/tail/inode_matcher.h"
#include "agent/tail/life_cycle.h"
#include "agent/tail/scanner.h"
#include "agent/tail/tail_context.h"

namespace sawlog::agent {

namespace {

// A name that moves while its directory is listed can be missed; the second look finds it.
constexpr int kLooksMax = 2;
// Looks cost 0.5 % of a core at most, 5 % when hints ask for them.
constexpr int64_t kPauseMultiple = 200;
constexpr int64_t kHintedPauseMultiple = 20;
constexpr int64_t kPauseMaxNs = 60 * base::kNsPerSecond;
constexpr int64_t kHintedPauseMaxNs = base::kNsPerSecond;
constexpr int64_t kTurnIntervalNs = 200 * base::kNsPerMs;

uint64_t system_random() {
  static_assert(sizeof(std::random_device::result_type) == 4);
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

// The other half is for sockets, state and outputs.
size_t half_of_the_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return std::max<size_t>(limit.rlim_cur / 2, 1);
}

std::vector<Scanner::Source> patterns_of(const std::vector<TailSource>& sources) {
  std::vector<Scanner::Source> patterns;
  patterns.reserve(sources.size());
  for (const TailSource& source : sources) patterns.push_back({source.paths, source.exclude});
  return patterns;
}

}  // namespace

class Tail::Implementation {
 public:
  Implementation(base::Filesystem& filesystem, const base::Clock& clock, FileTable& table,
                 std::vector<TailSource> sources, TailOptions options,
                 std::unique_ptr<IdentityStore> store)
      : context_{filesystem,
                 clock,
                 std::move(sources),
                 std::move(options),
                 std::move(store),
                 {},
                 {},
                 {},
                 {}},
        table_(table),
        scanner_(filesystem, patterns_of(context_.sources)),
        bases_(context_.files),
        inode_matcher_(context_, bases_),
        content_matcher_(context_, bases_),
        life_cycle_(context_) {
    load();
  }

  base::Expected<int64_t> step();
  void reconfigure(std::vector<TailSource> sources, const std::vector<size_t>& old_consumers);
  void hint() { next_look_ns_ = std::min(next_look_ns_, hinted_look_ns_); }
  [[nodiscard]] const TailCounters& counters() const { return context_.counters; }
  [[nodiscard]] const std::vector<std::string>& directories() const { return directories_; }
  [[nodiscard]] uint64_t start_offset(const base::FileId& file) const;

 private:
  void load();
  void assign_sources();
  [[nodiscard]] bool is_meant(const KnownFile& known, const TailSource& source) const;
  void plan_look(int64_t now_ns, int64_t cost_ns);
  void look_until_certain();
  void look();
  void note_start_offsets();

  TailContext context_;
  FileTable& table_;
  Scanner scanner_;
  BaseIndex bases_;
  InodeMatcher inode_matcher_;
  ContentMatcher content_matcher_;
  LifeCycle life_cycle_;
  std::vector<std::string> directories_;
  int64_t next_look_ns_ = INT64_MIN;
  int64_t hinted_look_ns_ = INT64_MIN;
  int64_t next_turn_ns_ = INT64_MAX;

  mutable std::mutex start_offsets_mutex_;
  std::unordered_map<base::FileId, uint64_t> start_offsets_;  // those that are not 0
};

void Tail::Implementation::load() {
  TailOptions& options = context_.options;
  if (options.random == nullptr) options.random = system_random;
  options.open_files_max = std::min(options.open_files_max, half_of_the_descriptors());
  for (const auto& [id, record] : context_.store->records()) {
    KnownFile& known = context_.files.add(record);
    known.proof = record.end;
    const auto position = context_.options.positions.find(id);
    if (position != context_.options.positions.end() && !record.is_copy &&
        position->second.furthest.offset >= known.proof.offset) {
      known.proof = position->second.furthest;
    }
    known.size_bytes = known.proof.offset;
  }
  assign_sources();
  for (const auto& [id, position] : context_.options.positions) {
    const auto found = context_.files.all().find(id);
    if (found == context_.files.all().end() || found->second->file == nullptr) continue;
    const KnownFile& known = *found->second;
    for (size_t index = 0; index < context_.options.consumer_count; ++index) {
      known.file->set_acknowledged(
          index, {std::max(position.acknowledged, known.record.start_offset), 0, 0});
    }
  }
  if (const std::string& damage = context_.store->damage(); !damage.empty()) {
    context_.report_once(damage, "");
  }
}

// What belongs to a source and what to none, by the configuration.
void Tail::Implementation::assign_sources() {
  std::unordered_map<std::string, size_t> indexes;
  for (size_t index = 0; index < context_.sources.size(); ++index) {
    indexes[context_.sources[index].context->name] = index;
  }
  for (const auto& [id, known] : context_.files.all()) {
    const auto source = indexes.find(known->record.source);
    if (source == indexes.end() || !is_meant(*known, context_.sources[source->second])) {
      context_.set_aside(*known);
      continue;
    }
    known->source_index = source->second;
    if (!known->record.is_released) context_.give_file(*known);
  }
}

// Under any of the names that it has, or was found by, or rotated away from.
bool Tail::Implementation::is_meant(const KnownFile& known, const TailSource& source) const {
  const auto is_named = [&](const std::vector<std::string>& globs) {
    return std::ranges::any_of(globs, [&](const std::string& pattern) {
      const Glob glob(pattern);
      return glob.matches(known.record.path) || glob.matches(known.record.base) ||
             glob.matches(known.path);
    });
  };
  return is_named(source.paths) && !is_named(source.exclude);
}

void Tail::Implementation::reconfigure(std::vector<TailSource> sources,
                                       const std::vector<size_t>& old_consumers) {
  context_.sources = std::move(sources);
  context_.options.consumer_count = old_consumers.size();
  scanner_.set_sources(patterns_of(context_.sources));
  for (const auto& [id, known] : context_.files.all()) {
    const auto file = known->file == nullptr ? known->former_file.lock() : known->file;
    if (file != nullptr) file->renumber_consumers(old_consumers);
  }
  assign_sources();
  next_look_ns_ = INT64_MIN;
}

// While files wait for others to be closed there are turns without a look between the looks.
base::Expected<int64_t> Tail::Implementation::step() {
  const int64_t begin_ns = context_.clock.monotonic_ns();
  const bool is_look_due = begin_ns >= next_look_ns_;
  if (!is_look_due && begin_ns < next_turn_ns_) return std::min(next_look_ns_, next_turn_ns_);
  if (is_look_due) look_until_certain();
  life_cycle_.decide();
  if (auto done = context_.store->commit(); !done) {
    next_look_ns_ = INT64_MIN;
    return tl::unexpected(done.error());
  }
  life_cycle_.publish(table_);
  const int64_t end_ns = context_.clock.monotonic_ns();
  if (is_look_due) {
    note_start_offsets();
    plan_look(end_ns, end_ns - begin_ns);
  }
  if (life_cycle_.hold_error()) {
    next_look_ns_ = INT64_MIN;
    return tl::unexpected(*life_cycle_.hold_error());
  }
  next_turn_ns_ = life_cycle_.has_waiting_files() ? end_ns + kTurnIntervalNs : INT64_MAX;
  return std::min(next_look_ns_, next_turn_ns_);
}

void Tail::Implementation::plan_look(int64_t now_ns, int64_t cost_ns) {
  hinted_look_ns_ = now_ns + std::min(kHintedPauseMultiple * cost_ns, kHintedPauseMaxNs);
  next_look_ns_ = now_ns + std::max(context_.options.scan_interval_ns,
                                    std::min(kPauseMultiple * cost_ns, kPauseMaxNs));
}

void Tail::Implementation::look_until_certain() {
  context_.errors_before = std::exchange(context_.errors_now, {});
  for (int count = 0; count < kLooksMax; ++count) {
    look();
    if (!inode_matcher_.wants_another_look()) break;
  }
}

void Tail::Implementation::look() {
  const Look look = scanner_.look();
  for (const base::Error& error : look.errors) context_.report_once(error.message, "");
  bases_.clear();
  content_matcher_.match(inode_matcher_.match(look));
  directories_ = look.directories;
}

void Tail::Implementation::note_start_offsets() {
  const std::lock_guard lock(start_offsets_mutex_);
  start_offsets_.clear();
  for (const auto& [id, known] : context_.files.all()) {
    if (known->record.start_offset > 0) start_offsets_[id] = known->record.start_offset;
  }
}

uint64_t Tail::Implementation::start_offset(const base::FileId& file) const {
  const std::lock_guard lock(start_offsets_mutex_);
  const auto found = start_offsets_.find(file);
  return found == start_offsets_.end() ? 0 : found->second;
}

base::Expected<std::unique_ptr<Tail>> Tail::open(base::Filesystem& filesystem,
                                                 const base::Clock& clock, FileTable& table,
                                                 std::vector<TailSource> sources,
                                                 TailOptions options) {
  auto store = IdentityStore::open(filesystem, options.state_dir);
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<Tail>(new Tail(std::make_unique<Implementation>(
      filesystem, clock, table, std::move(sources), std::move(options), std::move(*store))));
}

Tail::Tail(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Tail::~Tail() = default;

base::Expected<int64_t> Tail::step() {
  return implementation_->step();
}

void Tail::reconfigure(std::vector<TailSource> sources, const std::vector<size_t>& old_consumers) {
  implementation_->reconfigure(std::move(sources), old_consumers);
}

void Tail::hint() {
  implementation_->hint();
}

const TailCounters& Tail::counters() const {
  return implementation_->counters();
}

std::vector<std::string> Tail::watched_directories() const {
  return implementation_->directories();
}

uint64_t Tail::start_offset(const base::FileId& file) const {
  return implementation_->start_offset(file);
}

}  // namespace sawlog::agent
