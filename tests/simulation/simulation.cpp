#include "tests/simulation/simulation.h"

#include <cerrno>
#include <map>
#include <random>

#include "tests/simulation/model.h"
#include "tests/simulation/simulated_agent.h"
#include "tests/simulation/world.h"

namespace sawlog::simulation {

namespace {

constexpr int kActions = 200;
constexpr int kRoundsToSettle = 40;
constexpr size_t kNumbersBytesMax = 60;

class Simulation {
 public:
  Simulation(unsigned seed, const std::function<void(const std::string&)>& trace)
      : random_(seed), trace_(trace) {
    has_power_cuts_ = chance(3);
    has_disk_faults_ = chance(3);
    refusal_ = chance(2) ? 0 : random_() % 8;
    disk_.set_inode_reuse(chance(2));
    disk_.make_directory("/log");
    if (chance(2)) start();
    world_.add_service("/log/app.log", trace);
    if (chance(2)) world_.add_service("/log/deep/web.log", trace);
    if (chance(4)) world_.add_service("/log/other.log", trace);
    if (!agent_.is_running()) start();
    agent_looks();
  }

  void run() {
    for (int action = 0; action < kActions; ++action) {
      act();
      clock_.advance_ns(static_cast<int64_t>(random_() % 1000) * base::kNsPerMs);
    }
    settle();
  }

  [[nodiscard]] std::vector<std::string> findings() const {
    std::vector<std::string> sentences = agent_.contradictions();
    judge("archive", agent_.archive(), sentences);
    judge("search", agent_.search(), sentences);
    for (const long line : agent_.lines_with_two_times()) {
      if (!model_.must_be_once(line)) continue;
      sentences.push_back("line " + std::to_string(line) + " has two times");
      break;
    }
    if (const auto open = disk_.open_paths(); open.size() > kOpenFilesMax) {
      std::string sentence = "still open:";
      for (const std::string& path : open) sentence.append(" ").append(path);
      sentences.push_back(sentence);
    }
    return sentences;
  }

 private:
  static constexpr uint64_t kOpenFilesMax = 6;  // two checkpoints, identities, the archive

  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  void act() {
    switch (random_() % 16) {
      case 0:
        if (chance(3)) kill_or_start();
        break;
      case 1:
        if (has_power_cuts_ && chance(5)) power_cut();
        break;
      case 2:
        if (has_disk_faults_ && chance(2)) disk_trouble();
        break;
      case 3:
      case 4:
        agent_looks();
        break;
      case 5:
      case 6:
      case 7:
        if (agent_.is_running()) agent_.step_consumer(random_());
        break;
      case 8:
        if (agent_.is_running()) {
          agent_looks();
          agent_.finish_steps();
        }
        break;
      case 9:
        if (chance(20)) clock_.advance_seconds(static_cast<int64_t>(random_() % 100));
        break;
      default:
        world_.act();
    }
  }

  void start() {
    if (!agent_.start()) {
      trace_("the agent cannot start");
      agent_.kill();
      return;
    }
    model_.agent_started();
    trace_("the agent is started");
  }

  void kill_or_start() {
    if (!agent_.is_running()) {
      start();
      return;
    }
    trace_("the agent is killed");
    agent_.kill();
    model_.agent_died();
  }

  void agent_looks() {
    if (!agent_.is_running()) return;
    trace_("look");
    if (agent_.look()) model_.agent_looked();
  }

  void power_cut() {
    trace_("power cut");
    agent_.kill();
    const bool has_other_device = chance(3);
    world_.power_cut(has_other_device);
    disk_.crash(random_() % 100);
    if (has_other_device) disk_.set_device(2 + random_() % 1000);
  }

  void disk_trouble() {
    switch (random_() % 3) {
      case 0:
        trace_("the disk is full");
        disk_.set_free_bytes(random_() % 2000);
        break;
      case 1:
        trace_("a call will fail");
        disk_.fail_change(random_() % 20, EIO);
        break;
      default:
        trace_("the disk is well");
        disk_.set_free_bytes(UINT64_MAX);
    }
  }

  outputs::FakeAnswer answer() {
    if (refusal_ == 0 || !chance(refusal_)) return outputs::FakeAnswer::kAccept;
    return chance(3)   ? outputs::FakeAnswer::kLoseAnswer
           : chance(2) ? outputs::FakeAnswer::kLoseRequest
                       : outputs::FakeAnswer::kHold;
  }

  void settle() {
    trace_("settle");
    disk_.set_free_bytes(UINT64_MAX);
    disk_.fail_change(UINT64_MAX / 2, EIO);
    refusal_ = 0;
    for (int round = 0; round < kRoundsToSettle; ++round) {
      if (!agent_.is_running()) start();
      agent_looks();
      agent_.finish_steps();
      clock_.advance_seconds(3);
      if (round == 3) world_.finish();
    }
  }

  void judge(const std::string& destination, const std::map<long, size_t>& counts,
             std::vector<std::string>& sentences) const {
    std::string lost;
    std::string twice;
    for (size_t line = 0; line < model_.line_count(); ++line) {
      const auto found = counts.find(static_cast<long>(line));
      const size_t count = found == counts.end() ? 0 : found->second;
      if (model_.is_right(line, count)) continue;
      std::string& which = count == 0 ? lost : twice;
      if (which.size() < kNumbersBytesMax) which.append(" ").append(std::to_string(line));
    }
    if (!lost.empty()) sentences.push_back(destination + ": lost" + lost);
    if (!twice.empty()) sentences.push_back(destination + ": twice" + twice);
  }

  std::mt19937 random_;
  const std::function<void(const std::string&)> trace_;
  bool has_power_cuts_ = false;
  bool has_disk_faults_ = false;
  unsigned refusal_ = 0;
  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
  Model model_;
  World world_{disk_, clock_, model_, random_};
  SimulatedAgent agent_{disk_,
                        clock_,
                        {.line_bytes_max = 600,
                         .answer = [this] { return answer(); },
                         .random = [this] { return (uint64_t{random_()} << 32) | random_(); },
                         .trace = trace_}};
};

}  // namespace

std::vector<std::string> simulate(unsigned seed,
                                  const std::function<void(const std::string&)>& trace) {
  Simulation simulation(seed, trace);
  simulation.run();
  return simulation.findings();
}

}  // namespace sawlog::simulation
