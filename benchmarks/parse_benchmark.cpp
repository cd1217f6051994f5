// How fast lines become metrics, records, and what is shipped; beside plain simdjson On-Demand that
// reads the same five fields, and memcpy. All in one run, interleaved, CPU time of this thread;
// ratios are taken within a repetition, then the median.
//
// Metrics: those of the preset http, as the agent derives them: from method, route, status and
// duration, beside each record's time, level and trace, one counter by three labels and one
// histogram by two.
//
//   parse_benchmark FILE [REPETITIONS]     FILE: JSON lines like those of an access log:
//     timestamp level logger message service http.method endpoint status_code duration_ms trace_id
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "agent/metrics/metric_set.h"
#include "agent/metrics/rules.h"
#include "parsers/line_splitter.h"
#include "parsers/line_writer.h"
#include "parsers/record_joiner.h"
#include "parsers/record_reader.h"
#include "parsers/redactor.h"

namespace {

using namespace sawlog::parsers;

constexpr size_t kChunkBytes = 1u << 20;

struct Input {
  std::string bytes;  // with the padding behind
  size_t size_bytes = 0;
  SourceContext source;
  std::vector<Chunk> chunks;
  std::vector<std::vector<Line>> lines;
  size_t line_count = 0;
};

void read_file(const char* path, Input& input) {
  std::ifstream file(path, std::ios::binary);
  input.bytes.assign(std::istreambuf_iterator<char>(file), {});
  input.size_bytes = input.bytes.size();
  input.bytes.append(kPaddingBytes, '\0');
  input.source.name = "bench";
  input.source.labels = {{"env", "prod"}, {"region", "eu-1"}};
  const std::string_view all = std::string_view(input.bytes).substr(0, input.size_bytes);
  for (size_t at = 0; at < all.size();) {
    std::vector<Line> lines;
    const std::string_view rest = all.substr(at, kChunkBytes);
    const SplitResult split = split_lines(rest, {}, lines);
    if (split.consumed_bytes == 0) break;
    Chunk chunk;
    chunk.source = &input.source;
    chunk.path = "/var/log/checkout/application.log";
    chunk.offset = at;
    chunk.bytes = rest.substr(0, split.consumed_bytes);
    chunk.next_offset = at + split.consumed_bytes;
    input.chunks.push_back(chunk);
    input.line_count += lines.size();
    input.lines.push_back(std::move(lines));
    at += split.consumed_bytes;
  }
  for (size_t i = 0; i < input.chunks.size(); ++i) input.chunks[i].lines = input.lines[i];
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// What every way of reading must agree on.
struct Sums {
  uint64_t status = 0;
  double duration_ms = 0;
  uint64_t text_bytes = 0;
};

void add(Sums& sums, std::string_view level, std::string_view method, std::string_view route,
         int64_t status, double duration_ms) {
  sums.status += static_cast<uint64_t>(status);
  sums.duration_ms += duration_ms;
  sums.text_bytes += level.size() + method.size() + route.size();
}

void copy_chunks(const Input& input) {
  static std::vector<char> target(kChunkBytes);
  for (const Chunk& chunk : input.chunks) {
    std::memcpy(target.data(), chunk.bytes.data(), chunk.bytes.size());
    asm volatile("" : : "r"(target.data()) : "memory");
  }
}

Sums on_demand_line_by_line(const Input& input) {
  Sums sums;
  static simdjson::ondemand::parser parser;
  for (const Chunk& chunk : input.chunks) {
    for (const Line& line : chunk.lines) {
      const std::string_view text = chunk.text(line);
      auto document = parser.iterate(text.data(), text.size(), text.size() + kPaddingBytes);
      auto object = document.get_object();
      const std::string_view level = object.find_field("level").get_string();
      const std::string_view method = object.find_field("http.method").get_string();
      const std::string_view route = object.find_field("endpoint").get_string();
      const int64_t status = object.find_field("status_code").get_int64();
      const double duration = object.find_field("duration_ms").get_double();
      add(sums, level, method, route, status, duration);
    }
  }
  return sums;
}

Sums on_demand_many(const Input& input) {
  Sums sums;
  static simdjson::ondemand::parser parser;
  parser.threaded = false;
  for (const Chunk& chunk : input.chunks) {
    simdjson::ondemand::document_stream documents;
    if (parser.iterate_many(chunk.bytes.data(), chunk.bytes.size(), kChunkBytes).get(documents))
      std::abort();
    for (auto document : documents) {
      auto object = document.get_object();
      const std::string_view level = object.find_field("level").get_string();
      const std::string_view method = object.find_field("http.method").get_string();
      const std::string_view route = object.find_field("endpoint").get_string();
      const int64_t status = object.find_field("status_code").get_int64();
      const double duration = object.find_field("duration_ms").get_double();
      add(sums, level, method, route, status, duration);
    }
  }
  return sums;
}

Sums read_fields(const Input& input) {
  static RecordReader reader({"log.level", "http.request.method", "http.route",
                              "http.response.status_code", "event.duration"},
                             Purpose::kFields);
  Sums sums;
  for (const Chunk& chunk : input.chunks) {
    reader.start(chunk);
    while (const Record* record = reader.next())
      add(sums, (*record)[0].text, (*record)[1].text, (*record)[2].text, (*record)[3].integer,
          (*record)[4].number / 1e6);
  }
  return sums;
}

// What the agent keeps from chunk to chunk.
struct Counting {
  Counting() {
    sawlog::config::MetricsConfig config;
    config.presets = {"http"};
    auto compiled = sawlog::agent::RuleSet::compile(config, metrics);
    if (!compiled) std::abort();
    rules.emplace(std::move(*compiled));
    reader = std::make_unique<RecordReader>(rules->fields(), Purpose::kFields);
  }
  // All requests that were ever counted.
  double total() {
    (void)metrics.save(sawlog::outputs::SaveKind::kFull);
    const auto snapshot = metrics.snapshot();
    const auto requests = std::ranges::find(
        *snapshot, "http_requests_total", [](const auto& metric) { return metric->schema->name; });
    double sum = 0;
    for (uint32_t i = 0; i < (*requests)->series->keys.size(); ++i) sum += (*requests)->value(i);
    return sum;
  }
  sawlog::agent::MetricSet metrics{1'000'000, 1'000'000};
  std::optional<sawlog::agent::RuleSet> rules;
  std::unique_ptr<RecordReader> reader;
};

void derive_metrics(const Input& input, Counting& counting) {
  for (const Chunk& chunk : input.chunks) {
    counting.reader->start(chunk);
    while (const Record* record = counting.reader->next()) counting.rules->apply(*record, 0);
  }
}

size_t ship(const Input& input) {
  static RecordReader reader({}, Purpose::kShipping);
  static LineWriter writer({.elastic_trace_keys = true, .host_name = "web-1.example.com"});
  static std::string out;
  size_t size_bytes = 0;
  for (const Chunk& chunk : input.chunks) {
    out.clear();
    reader.start(chunk);
    while (const Record* record = reader.next()) {
      writer.append(chunk, *record, out);
      out += '\n';
    }
    size_bytes += out.size();
  }
  return size_bytes;
}

// What format: auto and multiline: auto cost where every line is JSON.
size_t look_for_text(const Input& input) {
  static const SourceContext source = [] {
    SourceContext made;
    made.format = LineFormat::kAuto;
    made.multiline = Multiline::kAuto;
    return made;
  }();
  static RecordJoiner joiner(source);
  size_t size_bytes = 0;
  for (Chunk chunk : input.chunks) size_bytes += joiner.join(chunk, 1u << 20, false);
  return size_bytes;
}

size_t mask(const Input& input) {
  static const auto redactor = [] {
    auto made = Redactor::compile(
        {{RedactKind::kEmail}, {RedactKind::kCard}, {RedactKind::kIp}, {RedactKind::kToken}});
    if (!made) std::abort();
    return *std::move(made);
  }();
  size_t size_bytes = 0;
  for (Chunk chunk : input.chunks) {
    redactor->redact(chunk);
    size_bytes += chunk.bytes.size();
  }
  return size_bytes;
}

struct Stage {
  const char* name;
  std::function<void()> run;
  std::vector<double> seconds = {};
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double ratio(const Stage& ours, const Stage& theirs) {
  std::vector<double> ratios;
  for (size_t i = 0; i < ours.seconds.size(); ++i)
    ratios.push_back(theirs.seconds[i] / ours.seconds[i]);
  return median(ratios);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: parse_benchmark FILE [REPETITIONS]\n");
    return 2;
  }
  const long repetitions = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 7;
  Input input;
  read_file(argv[1], input);
  if (input.line_count == 0 || repetitions < 1) {
    std::fprintf(stderr, "parse_benchmark: no lines in '%s'\n", argv[1]);
    return 1;
  }
  std::array<Sums, 3> sums;
  size_t shipped_bytes = 0;
  Counting counting;
  size_t looked_at_bytes = 0;
  size_t masked_bytes = 0;
  std::vector<Stage> stages = {
      {"memcpy", [&] { copy_chunks(input); }},
      {"On-Demand, line by line", [&] { sums[0] = on_demand_line_by_line(input); }},
      {"On-Demand, iterate_many", [&] { sums[1] = on_demand_many(input); }},
      {"RecordReader, 5 fields", [&] { sums[2] = read_fields(input); }},
      {"RecordReader and LineWriter", [&] { shipped_bytes = ship(input); }},
      {"metrics of 5 fields", [&] { derive_metrics(input, counting); }},
      {"RecordJoiner, all JSON", [&] { looked_at_bytes = look_for_text(input); }},
      {"Redactor, 4 rules", [&] { masked_bytes = mask(input); }},
  };
  for (long i = 0; i <= repetitions; ++i) {
    for (Stage& stage : stages) {
      const double begin = cpu_seconds();
      stage.run();
      if (i > 0) stage.seconds.push_back(cpu_seconds() - begin);  // the first is for warming up
    }
  }
  for (const Sums& sum : sums) {
    if (sum.status != sums[0].status || sum.text_bytes != sums[0].text_bytes ||
        std::abs(sum.duration_ms - sums[0].duration_ms) > 1e-6 * sums[0].duration_ms) {
      std::fprintf(stderr, "parse_benchmark: the readers do not agree\n");
      return 1;
    }
  }
  const double wanted =
      static_cast<double>(input.line_count) * static_cast<double>(repetitions + 1);
  if (const double counted = counting.total(); counted != wanted) {
    std::fprintf(stderr, "parse_benchmark: %.0f requests were counted, not %.0f\n", counted,
                 wanted);
    return 1;
  }
  const double gigabytes = static_cast<double>(input.size_bytes) / 1e9;
  std::printf("%zu lines, %zu bytes; shipped as %zu bytes, masked %zu of %zu\n", input.line_count,
              input.size_bytes, shipped_bytes, masked_bytes, looked_at_bytes);
  for (const Stage& stage : stages) {
    const double seconds = median(stage.seconds);
    std::printf("%-28s %7.2f GB/s %7.3f CPU s/GB %7.1f ns a line\n", stage.name,
                gigabytes / seconds, seconds / gigabytes,
                seconds * 1e9 / static_cast<double>(input.line_count));
  }
  std::printf("ratio parse_metrics_vs_ondemand %.3f\n", ratio(stages[5], stages[1]));
  std::printf("ratio parse_metrics_vs_iterate_many %.3f\n", ratio(stages[5], stages[2]));
  std::printf("ratio parse_metrics_vs_memcpy %.3f\n", ratio(stages[5], stages[0]));
  std::printf("ratio parse_fields_vs_ondemand %.3f\n", ratio(stages[3], stages[1]));
  std::printf("ratio parse_fields_vs_iterate_many %.3f\n", ratio(stages[3], stages[2]));
  std::printf("ratio parse_fields_vs_memcpy %.3f\n", ratio(stages[3], stages[0]));
  std::printf("ratio parse_ship_vs_ondemand %.3f\n", ratio(stages[4], stages[1]));
  std::printf("ratio parse_mask_vs_ondemand %.3f\n", ratio(stages[7], stages[1]));
  return 0;
}
