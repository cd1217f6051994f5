// What a log call costs: Sawlog beside spdlog's asynchronous logger (and quill, if CMake found it),
// the same event of six typed fields as the same JSON line in a file. Only Sawlog's would still be
// JSON if a text had a quote in it: the others' texts are written as they are, which is less work.
//
//   logger_benchmark [ROUNDS]     (default 5; the files are in $TMPDIR or /tmp)
//
// Each measurement is a process of its own; the rounds of the two are interleaved; the table is the
// median. Latency: bursts of 20 calls with 2 ms between them, each call between two reads of the
// time-stamp counter, whose own cost is taken off. Flood: calls without a pause until all is
// written; CPU is that of the whole process, callers and backend, user and system.
// The last lines say how many times better Sawlog is.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "benchmarks/logger_rivals.h"

namespace {

using sawlog::benchmarks::Event;
using sawlog::benchmarks::Rival;

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr int kBursts = 400;
constexpr int kCallsPerBurst = 20;
constexpr int kFloodEvents = 400'000;

struct Result {
  double p50_ns, p99_ns, p999_ns;
  double events_per_second;
  double cpu_ns_per_event;
  double rss_mib;
};

uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return static_cast<uint64_t>(SteadyClock::now().time_since_epoch().count());
#endif
}

double ns_per_tick() {
  const auto begin = SteadyClock::now();
  const uint64_t first = ticks();
  std::this_thread::sleep_for(20ms);
  const std::chrono::duration<double, std::nano> took = SteadyClock::now() - begin;
  return took.count() / static_cast<double>(ticks() - first);
}

// The distance between neighbours among the values that are frequent (one of a hundred): the
// counter of some processors moves in steps of 10 ns.
uint64_t step_of(const std::vector<uint64_t>& sorted) {
  uint64_t step = UINT64_MAX;
  uint64_t last_frequent = UINT64_MAX;
  for (auto run = sorted.begin(); run != sorted.end();) {
    const auto end = std::upper_bound(run, sorted.end(), *run);
    if (static_cast<size_t>(end - run) > sorted.size() / 100) {
      if (last_frequent != UINT64_MAX) step = std::min(step, *run - last_frequent);
      last_frequent = *run;
    }
    run = end;
  }
  return step == UINT64_MAX ? 1 : step;
}

// Of values that were rounded to steps: inside of a step they are taken as evenly spread (the
// usual quantile of grouped data), so that a step does not hide what is smaller.
double quantile(const std::vector<uint64_t>& sorted, double q) {
  const double rank = q * static_cast<double>(sorted.size());
  const uint64_t value = sorted[static_cast<size_t>(rank)];
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
  const auto below = static_cast<double>(first - sorted.begin());
  const auto equal = static_cast<double>(last - first);
  const auto step = static_cast<double>(step_of(sorted));
  return static_cast<double>(value) + step * ((rank - below) / equal - 0.5);
}

double median_cost_of_ticks() {
  std::vector<uint64_t> costs(10'000);
  for (uint64_t& cost : costs) {
    const uint64_t begin = ticks();
    cost = ticks() - begin;
  }
  std::sort(costs.begin(), costs.end());
  return quantile(costs, 0.5);
}

double process_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

void on_threads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

std::vector<uint64_t> burst_costs(const Rival& rival) {
  std::vector<uint64_t> costs;
  costs.reserve(kBursts * kCallsPerBurst);
  Event event;
  rival.call(event);
  for (int burst = 0; burst < kBursts; ++burst) {
    for (int i = 0; i < kCallsPerBurst; ++i) {
      ++event.user_id;
      const uint64_t begin = ticks();
      rival.call(event);
      costs.push_back(ticks() - begin);
    }
    std::this_thread::sleep_for(2ms);
  }
  return costs;
}

void measure_latency(const Rival& rival, int thread_count, Result& result) {
  std::vector<std::vector<uint64_t>> by_thread(static_cast<size_t>(thread_count));
  on_threads(thread_count, [&](int i) { by_thread[static_cast<size_t>(i)] = burst_costs(rival); });
  std::vector<uint64_t> all;
  for (const auto& costs : by_thread) all.insert(all.end(), costs.begin(), costs.end());
  std::sort(all.begin(), all.end());
  const double overhead = median_cost_of_ticks();
  const double scale = ns_per_tick();
  result.p50_ns = (quantile(all, 0.5) - overhead) * scale;
  result.p99_ns = (quantile(all, 0.99) - overhead) * scale;
  result.p999_ns = (quantile(all, 0.999) - overhead) * scale;
}

void measure_flood(const Rival& rival, int thread_count, Result& result) {
  const auto begin = SteadyClock::now();
  const double cpu_begin_ns = process_cpu_ns();
  on_threads(thread_count, [&](int) {
    Event event;
    for (int i = 0; i < kFloodEvents / thread_count; ++i) {
      ++event.user_id;
      event.total += 0.25;
      rival.call(event);
    }
  });
  rival.finish();
  const std::chrono::duration<double> took = SteadyClock::now() - begin;
  result.events_per_second = kFloodEvents / took.count();
  result.cpu_ns_per_event = (process_cpu_ns() - cpu_begin_ns) / kFloodEvents;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  result.rss_mib = static_cast<double>(usage.ru_maxrss) / 1024;
}

bool all_lines_are_there(const std::string& file, int thread_count) {
  std::FILE* const stream = std::fopen(file.c_str(), "rb");
  if (stream == nullptr) return false;
  long lines = 0;
  std::vector<char> buffer(size_t{1} << 20);
  while (const size_t size = std::fread(buffer.data(), 1, buffer.size(), stream)) {
    lines += std::count(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size), '\n');
  }
  std::fclose(stream);
  return lines == kFloodEvents + thread_count * (1L + kBursts * kCallsPerBurst);
}

// In a child process, so that no library meets the threads or the memory of another.
Result measure(const Rival& rival, int thread_count, const std::string& file) {
  std::filesystem::remove(file);
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    Result result{};
    rival.start(file);
    measure_latency(rival, thread_count, result);
    measure_flood(rival, thread_count, result);
    const bool is_written = write(ends[1], &result, sizeof(result)) == sizeof(result);
    std::_Exit(is_written ? 0 : 1);
  }
  Result result{};
  const bool is_read = read(ends[0], &result, sizeof(result)) == sizeof(result);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  if (!is_read || !all_lines_are_there(file, thread_count)) {
    std::fprintf(stderr, "%s did not write all of its lines\n", rival.name);
    std::exit(1);
  }
  std::filesystem::remove(file);
  return result;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Result median_of(const std::vector<Result>& results) {
  const auto of = [&results](double Result::* member) {
    std::vector<double> values;
    for (const Result& result : results) values.push_back(result.*member);
    return median(values);
  };
  return {of(&Result::p50_ns),           of(&Result::p99_ns),
          of(&Result::p999_ns),          of(&Result::events_per_second),
          of(&Result::cpu_ns_per_event), of(&Result::rss_mib)};
}

void print(const char* name, int thread_count, const Result& result) {
  std::printf("%-13s %7d %8.1f %8.1f %9.1f %10.2f %8.2f %8.1f\n", name, thread_count, result.p50_ns,
              result.p99_ns, result.p999_ns, result.events_per_second / 1e6,
              result.cpu_ns_per_event / 1e3, result.rss_mib);
}

// How many times better Sawlog is.
void print_ratios(int thread_count, const Result& ours, const Rival& rival, const Result& theirs) {
  const char* const suffix = thread_count == 1 ? "" : "_2_threads";
  std::printf("ratio logger_p50_%s%s %.2f\n", rival.ratio_name, suffix,
              theirs.p50_ns / ours.p50_ns);
  std::printf("ratio logger_cpu_%s%s %.2f\n", rival.ratio_name, suffix,
              theirs.cpu_ns_per_event / ours.cpu_ns_per_event);
  std::printf("ratio logger_events_%s%s %.2f\n", rival.ratio_name, suffix,
              ours.events_per_second / theirs.events_per_second);
  std::printf("ratio logger_memory_%s%s %.2f\n", rival.ratio_name, suffix,
              theirs.rss_mib / ours.rss_mib);
}

// The medians of each rival.
std::vector<Result> compare(const std::vector<Rival>& rivals, int thread_count, int rounds,
                            const std::string& file) {
  std::vector<std::vector<Result>> results(rivals.size());
  for (int round = 0; round < rounds; ++round) {
    for (size_t r = 0; r < rivals.size(); ++r) {
      results[r].push_back(measure(rivals[r], thread_count, file));
    }
  }
  std::vector<Result> medians;
  for (size_t r = 0; r < rivals.size(); ++r) {
    medians.push_back(median_of(results[r]));
    print(rivals[r].name, thread_count, medians[r]);
  }
  return medians;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? static_cast<int>(std::strtol(argv[1], nullptr, 10)) : 5;
  const std::string file =
      std::filesystem::temp_directory_path() / ("logger_benchmark-" + std::to_string(getpid()));
  const std::vector<Rival> rivals = sawlog::benchmarks::rivals();
  std::printf("%-13s %7s %8s %8s %9s %10s %8s %8s\n", "", "threads", "p50 ns", "p99 ns", "p99.9 ns",
              "M events/s", "CPU us", "RSS MiB");
  const std::vector<Result> of_one = compare(rivals, 1, rounds, file);
  const std::vector<Result> of_two = compare(rivals, 2, rounds, file);
  for (size_t r = 1; r < rivals.size(); ++r) {
    print_ratios(1, of_one[0], rivals[r], of_one[r]);
    print_ratios(2, of_two[0], rivals[r], of_two[r]);
  }
}
