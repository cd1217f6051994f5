#include "lib/src/level_sources.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <utility>

namespace sawlog {

namespace {

constexpr size_t kLinesMax = 10'000;  // of a file; a log named by mistake is not read to its end

constexpr std::array<std::pair<std::string_view, Level>, 7> kLevelWords = {{{"trace", Level::trace},
                                                                            {"debug", Level::debug},
                                                                            {"info", Level::info},
                                                                            {"warn", Level::warn},
                                                                            {"error", Level::error},
                                                                            {"fatal", Level::fatal},
                                                                            {"off", Level::off}}};

std::optional<Level> level_of(std::string_view word) {
  for (const auto& [name, level] : kLevelWords) {
    if (name == word) return level;
  }
  return std::nullopt;
}

// The next word; `text` is what is behind it.
std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kBetween = " \t\r=";
  const size_t begin = std::min(text.find_first_not_of(kBetween), text.size());
  const size_t end = std::min(text.find_first_of(kBetween, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

constinit std::atomic<bool> was_signalled{false};
struct sigaction before = {};  // who handled the signal
int handled_signal = 0;

void on_signal(int number, siginfo_t* info, void* context) {
  was_signalled.store(true, std::memory_order_relaxed);
  if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  }
}

void handle_signal(int number) {
  if (number == handled_signal) return;
  if (handled_signal != 0) sigaction(handled_signal, &before, nullptr);
  handled_signal = number;
  if (number == 0) return;
  struct sigaction action = {};
  action.sa_sigaction = &on_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(number, nullptr, &before) != 0 || sigaction(number, &action, nullptr) != 0) {
    std::fprintf(stderr, "sawlog: cannot handle signal %d for the levels\n", number);
    handled_signal = 0;
  }
}

bool is_same_version(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

void LevelSources::begin(const Options& options) {
  handle_signal(options.debug_signal);
  if (path_ != options.levels_file) {
    path_ = options.levels_file;
    seen_ = {};
    loggers_.set_file_levels({});
  }
  look_at_file();
}

void LevelSources::look_at_signal() {
  if (!was_signalled.load(std::memory_order_relaxed)) return;
  was_signalled.store(false, std::memory_order_relaxed);
  loggers_.switch_debugging();
}

void LevelSources::look_at_file() {
  if (path_.empty()) return;
  struct stat status = {};
  if (stat(path_.c_str(), &status) != 0) status = {};
  if (is_same_version(status, seen_)) return;
  seen_ = status;
  loggers_.set_file_levels(read_file());
}

std::map<std::string, Level> LevelSources::read_file() const {
  std::map<std::string, Level> levels;
  std::ifstream file(path_);
  std::string line;
  for (size_t number = 1; number <= kLinesMax && std::getline(file, line); ++number) {
    std::string_view rest = std::string_view(line).substr(0, line.find('#'));
    const std::string_view name = take_word(rest);
    const std::string_view word = take_word(rest);
    if (name.empty()) continue;
    const std::optional<Level> level = level_of(word);
    if (level && take_word(rest).empty()) {
      levels[std::string(name)] = *level;
    } else {
      std::fprintf(stderr, "sawlog: %s:%zu: not a name and a level: '%s'\n", path_.c_str(), number,
                   line.c_str());
    }
  }
  return levels;
}

}  // namespace sawlog
