#include "tests/simulation/simulated_agent.h"

#include <charconv>
#include <tuple>

#include "agent/tail/cursor_check.h"
#include "outputs/file_output.h"

namespace sawlog::simulation {

namespace {

constexpr const char* kStateDirectory = "/state";
constexpr const char* kOutDirectory = "/out";
constexpr const char* kArchive = "/out/archive.ndjson";
constexpr int kStepsMax = 2000;
const std::vector<std::string> kConsumers = {"archive", "search"};

}  // namespace

long number_in(std::string_view line) {
  const size_t at = line.find("n=");
  if (at == std::string_view::npos) return -1;
  long number = -1;
  const char* const begin = line.data() + at + 2;
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), number);
  return error == std::errc() && end != line.data() + line.size() && *end == ';' ? number : -1;
}

SimulatedAgent::SimulatedAgent(tests::FakeFilesystem& disk, const tests::FakeClock& clock,
                               Options options)
    : disk_(disk), clock_(clock), options_(std::move(options)) {
  context_.name = "app";
  context_.enrich = false;
}

bool SimulatedAgent::start() {
  std::vector<std::unique_ptr<agent::ConsumerCheckpoint>> checkpoints;
  std::vector<const agent::ConsumerState*> states;
  for (const std::string& name : kConsumers) {
    auto checkpoint = agent::ConsumerCheckpoint::open(disk_, kStateDirectory, name);
    if (!checkpoint) return false;
    states.push_back(&(*checkpoint)->state());
    checkpoints.push_back(std::move(*checkpoint));
  }
  agent::TailSource source;
  source.context = &context_;
  source.paths = {"/log/*.log", "/log/*/*.log", "/log/old/*"};
  source.line_bytes_max = options_.line_bytes_max;
  agent::TailOptions tail_options;
  tail_options.state_dir = kStateDirectory;
  tail_options.consumer_count = kConsumers.size();
  tail_options.positions = agent::collect_positions(states);
  tail_options.report = [this](const agent::TailEvent& event) {
    options_.trace("    tail: " + event.path + " " + event.file.hex().substr(0, 8) + ": " +
                   event.message);
  };
  tail_options.random = options_.random;
  table_ = std::make_unique<agent::FileTable>();
  auto tail = agent::Tail::open(disk_, clock_, *table_, {source}, std::move(tail_options));
  if (!tail) return false;
  for (size_t i = 0; i < kConsumers.size(); ++i) {
    if (!add_consumer(kConsumers[i], std::move(checkpoints[i]))) return false;
  }
  tail_ = std::move(*tail);
  return true;
}

bool SimulatedAgent::add_consumer(const std::string& name,
                                  std::unique_ptr<agent::ConsumerCheckpoint> checkpoint) {
  agent::ConsumerOptions consumer_options{
      name, consumers_.size(), {}, [this, name](const char*, const std::string& message) {
        options_.trace("    " + name + ": " + message);
      }};
  auto consumer = agent::Consumer::open(std::move(consumer_options), *table_, std::move(checkpoint),
                                        make_output(name), clock_);
  if (!consumer) {
    consumers_.clear();
    return false;
  }
  consumers_.push_back(std::move(*consumer));
  return true;
}

std::unique_ptr<outputs::Output> SimulatedAgent::make_output(const std::string& name) {
  if (name == "search") {
    auto output = std::make_unique<outputs::FakeOutput>(search_);
    output->answer = options_.answer;
    output->save_delay = base::kNsPerSecond;
    output->uses_chunk_time = true;
    return output;
  }
  outputs::FileOptions file_options;
  file_options.path = kArchive;
  file_options.format = outputs::FrameFormat::kNone;
  file_options.rotate_bytes = 100'000;
  file_options.rotate_keep = 1'000'000;
  file_options.batch.bytes_max = 5000;
  file_options.retry.backoff_max_ns = base::kNsPerSecond;
  file_options.lines.canonical_keys = false;
  return std::make_unique<outputs::FileOutput>(disk_, clock_, file_options);
}

void SimulatedAgent::kill() {
  tail_.reset();
  consumers_.clear();
  table_.reset();
}

bool SimulatedAgent::look() {
  tail_->hint();
  const auto next = tail_->step();
  if (!next) options_.trace("    tail: " + next.error().message);
  return next.has_value();
}

void SimulatedAgent::step_consumer(size_t index) {
  std::ignore = consumers_[index % consumers_.size()]->step();
}

void SimulatedAgent::finish_steps() {
  for (const auto& consumer : consumers_) {
    for (int i = 0; i < kStepsMax && consumer->step().has_work; ++i) {
    }
  }
}

std::map<long, size_t> SimulatedAgent::archive() const {
  std::map<long, size_t> counts;
  const auto entries = disk_.list(kOutDirectory);
  for (const auto& entry : entries.value_or(std::vector<base::DirectoryEntry>())) {
    const std::string text = disk_.content(std::string(kOutDirectory) + "/" + entry.name);
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      ++counts[number_in(std::string_view(text).substr(begin, end - begin))];
      begin = end + 1;
    }
  }
  return counts;
}

// By file, offset and number: a line that was cut differently repeats a part.
std::map<long, size_t> SimulatedAgent::search() const {
  std::set<std::tuple<base::FileId, uint64_t, long>> records;
  std::map<long, size_t> counts;
  for (const auto& entry : search_.entries) {
    const long number = number_in(entry.line);
    if (records.insert({entry.file, entry.offset, number}).second) ++counts[number];
  }
  return counts;
}

std::set<long> SimulatedAgent::lines_with_two_times() const {
  std::set<long> lines;
  std::map<std::tuple<base::FileId, uint64_t, std::string_view>, int64_t> times;
  for (const auto& entry : search_.entries) {
    const auto [first, is_first] =
        times.try_emplace({entry.file, entry.offset, entry.line}, entry.time_unix_ns);
    if (first->second != entry.time_unix_ns) lines.insert(number_in(entry.line));
  }
  return lines;
}

std::vector<std::string> SimulatedAgent::contradictions() const {
  std::vector<std::string> sentences;
  for (const auto& consumer : consumers_) {
    const agent::Ledger ledger = consumer->status().ledger;
    if (ledger.read_lines != ledger.delivered_lines + ledger.dead_lettered_lines +
                                 ledger.filtered_lines + ledger.abandoned_lines) {
      sentences.push_back("the ledger of '" + consumer->name() + "' does not add up");
    }
  }
  return sentences;
}

}  // namespace sawlog::simulation
