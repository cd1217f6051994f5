#include "agent/replay.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

#include "agent/source_factory.h"
#include "config/path_glob.h"
#include "lib/base/check.h"
#include "parsers/record_id.h"

namespace sawlog::agent {

namespace {

std::string directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

// Refused letters of refused letters are no new kind.
std::string refused_path_for(const std::string& letters_path) {
  constexpr std::string_view kSuffix = ".refused";
  return letters_path.ends_with(kSuffix) ? letters_path : letters_path + std::string(kSuffix);
}

const config::OutputConfig* find_output(const config::Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.outputs, name, &config::OutputConfig::name);
  return found == config.outputs.end() ? nullptr : &*found;
}

base::Expected<bool> exists(base::Filesystem& filesystem, const std::string& path) {
  const auto stat = filesystem.stat(path);
  if (stat) return true;
  if (stat.error().code == base::ErrorCode::kNotFound) return false;
  return tl::unexpected(stat.error());
}

}  // namespace

base::Expected<std::unique_ptr<Replay>> Replay::open(const config::Config& config,
                                                     OutputEnvironment environment,
                                                     std::string letters_path) {
  std::unique_ptr<Replay> replay(
      new Replay(config, std::move(environment), std::move(letters_path)));
  if (auto taken = replay->take_letters(); !taken) return tl::unexpected(taken.error());
  if (replay->is_finished_) return replay;
  if (auto looked = replay->look_through(); !looked) return tl::unexpected(looked.error());
  return replay;
}

Replay::Replay(const config::Config& config, OutputEnvironment environment,
               std::string letters_path)
    : config_(config),
      environment_(std::move(environment)),
      letters_path_(std::move(letters_path)),
      taken_path_(letters_path_ + ".replay"),
      sent_path_(taken_path_ + ".sent"),
      refused_path_(refused_path_for(letters_path_)) {}

Replay::~Replay() {
  output_.reset();
  if (lock_ >= 0) close(lock_);
}

outputs::Health Replay::health() const {
  return output_ == nullptr ? outputs::Health{} : output_->health();
}

// --- the files ---------------------------------------------------------------------------------

base::Expected<void> Replay::take_letters() {
  base::Filesystem& filesystem = environment_.filesystem;
  const auto is_taken = exists(filesystem, taken_path_);
  if (!is_taken) return tl::unexpected(is_taken.error());
  if (!*is_taken) {
    const auto is_there = exists(filesystem, letters_path_);
    if (!is_there) return tl::unexpected(is_there.error());
    if (!*is_there) {
      is_finished_ = true;
      return {};
    }
    if (auto moved = filesystem.rename(letters_path_, taken_path_); !moved) return moved;
    if (auto synced = filesystem.sync_directory(directory_of(taken_path_)); !synced) return synced;
  }
  if (auto locked = lock_letters(); !locked) return locked;
  const auto stat = filesystem.stat(taken_path_);
  if (!stat) return tl::unexpected(stat.error());
  auto log = ReplayLog::open(filesystem, sent_path_, *stat);
  if (!log) return tl::unexpected(log.error());
  log_.emplace(std::move(*log));
  return {};
}

base::Expected<void> Replay::lock_letters() {
  lock_ = ::open(taken_path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (lock_ < 0) return tl::unexpected(base::os_error("open", taken_path_, errno));
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return tl::unexpected(base::os_error("lock", taken_path_, errno));
  return base::unexpected(base::ErrorCode::kUnavailable,
                          "cannot replay '" + taken_path_ + "': another replay is at it");
}

// Which outputs there is something for.
base::Expected<void> Replay::look_through() {
  auto file = environment_.filesystem.open(taken_path_, base::OpenMode::kRead);
  if (!file) return tl::unexpected(file.error());
  outputs::DeadLetterReader reader(std::move(*file));
  for (;;) {
    const auto letter = reader.next();
    if (!letter) return tl::unexpected(letter.error());
    if (!*letter) return {};
    const std::string& output = (*letter)->output;
    if (!(*letter)->is_readable) {
      ++counts_.unreadable;
    } else if (log_->contains((*letter)->begin)) {
      continue;
    } else if (find_output(config_, output) == nullptr) {
      ++counts_.without_output[output];
    } else if (std::ranges::find(outputs_left_, output) == outputs_left_.end()) {
      outputs_left_.push_back(output);
    }
  }
}

base::Expected<void> Replay::finish() {
  is_finished_ = true;
  base::Filesystem& filesystem = environment_.filesystem;
  if (const auto refused = filesystem.stat(refused_path_); refused && refused->size_bytes == 0) {
    if (auto removed = filesystem.remove(refused_path_); !removed) return removed;
  }
  if (counts_.unreadable > 0 || !counts_.without_output.empty()) return {};
  // In this order: a log without its letters means nothing.
  for (const std::string& path : {taken_path_, sent_path_}) {
    if (auto removed = filesystem.remove(path); !removed) return removed;
    if (auto synced = filesystem.sync_directory(directory_of(path)); !synced) return synced;
  }
  return {};
}

// --- sending -----------------------------------------------------------------------------------

base::Expected<outputs::Wake> Replay::step() {
  CHECK(!is_finished_);
  if (output_ == nullptr) {
    if (outputs_left_.empty()) {
      if (auto finished = finish(); !finished) return tl::unexpected(finished.error());
      return outputs::Wake{};
    }
    if (auto begun = begin_output(); !begun) return tl::unexpected(begun.error());
  }
  if (auto read = read_some(); !read) return tl::unexpected(read.error());
  if (!reader_) output_->drain();
  if (output_->wants_save()) {  // there is no state that a replay has to know again
    (void)output_->save_state(outputs::SaveKind::kFull);
    output_->saved();
  }
  outputs::Wake wake = output_->step();
  if (auto noted = note_done(); !noted) return tl::unexpected(noted.error());
  if (!reader_ && in_flight_ == 0) {
    output_.reset();
    wake.has_work = true;
  } else if (reader_ && output_->wants_more()) {
    wake.has_work = true;
  }
  return wake;
}

base::Expected<void> Replay::begin_output() {
  output_name_ = outputs_left_.back();
  outputs_left_.pop_back();
  config::OutputConfig config = *find_output(config_, output_name_);
  config.canonical_keys = false;
  config.dead_letter_path = refused_path_;
  if (auto* kafka = std::get_if<config::KafkaConfig>(&config.target)) kafka->exactly_once = false;
  auto output = make_output(config, environment_);
  if (!output) return tl::unexpected(output.error());
  if (auto restored = (*output)->restore({}); !restored) return restored;
  auto file = environment_.filesystem.open(taken_path_, base::OpenMode::kRead);
  if (!file) return tl::unexpected(file.error());
  reader_.emplace(std::move(*file));
  output_ = std::move(*output);
  return {};
}

base::Expected<void> Replay::read_some() {
  while (reader_ && output_->wants_more()) {
    const auto letter = reader_->next();
    if (!letter) return tl::unexpected(letter.error());
    if (!*letter) {
      reader_.reset();
    } else if ((*letter)->is_readable && (*letter)->output == output_name_ &&
               !log_->contains((*letter)->begin)) {
      give(**letter);
    }
  }
  return {};
}

// A chunk of its own, at the place that the line had in its file.
void Replay::give(const outputs::ReadLetter& letter) {
  buffer_.assign(letter.line.begin(), letter.line.end());
  buffer_.resize(buffer_.size() + parsers::kPaddingBytes);
  const auto size_bytes = static_cast<uint32_t>(letter.line.size());
  const parsers::Line line{0, size_bytes, size_bytes, size_bytes};
  parsers::Chunk chunk;
  chunk.source = &source_of(letter.file_path);
  chunk.path = letter.file_path;
  chunk.offset = letter.offset;
  chunk.next_offset = letter.offset + size_bytes;
  chunk.bytes = {buffer_.data(), letter.line.size()};
  chunk.lines = {&line, 1};
  chunk.first_read_unix_ns = environment_.clock.unix_ns();
  if (const auto id = parsers::RecordId::parse(letter.record_id)) {
    chunk.file = id->file;
    chunk.raw_hash = id->hash;
  }
  ++in_flight_;
  // The range names the letter: nobody asks for the line's own.
  const outputs::LineRange range{chunk.file, letter.begin, letter.end, 1};
  (void)output_->handle(chunk, outputs::Delivery(this, range));
}

// Of its labels: they are not in a line whose source says `enrich: none`.
const parsers::SourceContext& Replay::source_of(const std::string& path) {
  const auto source = std::ranges::find_if(config_.sources, [&](const auto& candidate) {
    return std::ranges::any_of(
        candidate.paths, [&](const std::string& glob) { return config::glob_matches(glob, path); });
  });
  const std::string name = source == config_.sources.end() ? "" : source->name;
  const auto [place, is_new] = sources_.try_emplace(name);
  parsers::SourceContext& context = place->second;
  if (is_new) {
    if (source != config_.sources.end()) context = make_source_context(*source, config_.labels);
    context.enrich = false;
  }
  return context;
}

void Replay::settled(const outputs::LineRange& range, const outputs::Outcome& outcome) {
  --in_flight_;
  counts_.sent += outcome.delivered;
  counts_.refused += outcome.dead_lettered;
  done_.push_back(range.begin);
}

base::Expected<void> Replay::note_done() {
  if (done_.empty()) return {};
  auto noted = log_->add(done_);
  done_.clear();
  return noted;
}

}  // namespace sawlog::agent
