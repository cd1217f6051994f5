#include "agent/sample_run.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "agent/metrics/exposition.h"
#include "agent/metrics/metric_handler.h"
#include "agent/metrics/metric_snapshot.h"
#include "agent/source_factory.h"
#include "agent/source_stage.h"
#include "lib/base/clock.h"
#include "parsers/line_splitter.h"
#include "parsers/line_writer.h"
#include "parsers/record_joiner.h"
#include "parsers/record_reader.h"

namespace sawlog::agent {

namespace {

bool wants(const config::OutputConfig& output, const std::string& source) {
  return output.sources == std::vector<std::string>{"all"} ||
         std::ranges::find(output.sources, source) != output.sources.end();
}

// Answers for nobody: what is counted here is not saved.
class NoSink final : public outputs::DeliverySink {
 public:
  void settled(const outputs::LineRange&, const outputs::Outcome&) override {}
  void unknown(const outputs::LineRange&) override {}
};

// The metrics of the records, without those of the agent itself.
std::string without_own(const std::string& exposition) {
  std::string kept;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    const size_t name = line.starts_with("# ") ? 7 : 0;  // behind "# HELP ", "# TYPE "
    if (line.compare(name, 7, "sawlog_") != 0) kept += line + "\n";
  }
  return kept;
}

}  // namespace

class SampleRun::Implementation {
 public:
  Implementation(const config::Config& config, const config::SourceConfig& source)
      : source_(make_source_context(source, config.labels)),
        joiner_(source_),
        line_bytes_max_(static_cast<uint32_t>(source.line_bytes_max)),
        metric_stage_("") {
    for (const config::OutputConfig& output : config.outputs) {
      if (wants(output, source_.name)) shippers_.push_back(std::make_unique<Shipper>(output));
    }
  }

  base::Expected<void> open_metrics(const config::MetricsConfig& config) {
    auto handler = MetricHandler::create(config, clock_, snapshots_);
    if (!handler) return tl::unexpected(handler.error());
    metrics_ = std::move(*handler);
    return metrics_->restore({});
  }

  std::string add(const Sample& sample);
  std::string metrics();

 private:
  // One output: what it gets, and what it makes of it.
  struct Shipper {
    explicit Shipper(const config::OutputConfig& output)
        : name(output.name),
          stage(output.where),
          reader({}, parsers::Purpose::kShipping),
          writer({output.canonical_keys, output.type == config::OutputType::kElasticsearch, ""}) {}
    std::string name;
    SourceStage stage;
    parsers::RecordReader reader;
    parsers::LineWriter writer;
  };

  void read_records(const Sample& sample);
  void count();
  void ship(Shipper& shipper);

  const parsers::SourceContext source_;
  parsers::RecordJoiner joiner_;
  const uint32_t line_bytes_max_;
  std::vector<std::unique_ptr<Shipper>> shippers_;
  SourceStage metric_stage_;
  base::SystemClock clock_;
  MetricSnapshots snapshots_;
  NoSink sink_;
  std::unique_ptr<MetricHandler> metrics_;

  std::string buffer_;
  std::vector<parsers::Line> lines_;
  parsers::Chunk chunk_;
  std::map<uint64_t, std::string> shown_;  // by the record's offset
};

void SampleRun::Implementation::read_records(const Sample& sample) {
  buffer_ = sample.bytes;
  buffer_.append(parsers::kPaddingBytes, '\0');
  chunk_ = {};
  chunk_.source = &source_;
  chunk_.path = sample.path;
  chunk_.bytes = std::string_view(buffer_).substr(0, sample.bytes.size());
  chunk_.next_offset = sample.bytes.size();
  chunk_.first_read_unix_ns = chunk_.file_unix_ns = sample.modified_unix_ns;
  (void)parsers::split_lines(chunk_.bytes,
                             {.at_start_of_file = true,
                              .end_is_final = true,
                              .line_bytes_max = line_bytes_max_,
                              .lines_max = SIZE_MAX},
                             lines_);
  chunk_.lines = lines_;
  if (parsers::RecordJoiner::is_needed(source_)) (void)joiner_.join(chunk_, line_bytes_max_, true);
}

std::string SampleRun::Implementation::add(const Sample& sample) {
  read_records(sample);
  shown_.clear();
  for (const parsers::Line& line : chunk_.lines) shown_[chunk_.offset_of(line)];
  for (const auto& shipper : shippers_) ship(*shipper);
  count();
  std::string text;
  for (const auto& [offset, shown] : shown_)
    text += sample.path + ":" + std::to_string(offset) + "\n" + shown;
  return text;
}

void SampleRun::Implementation::ship(Shipper& shipper) {
  parsers::Chunk chunk = chunk_;
  (void)shipper.stage.apply(chunk);
  std::map<uint64_t, std::string> sent;
  shipper.reader.start(chunk);
  while (const parsers::Record* record = shipper.reader.next())
    shipper.writer.append(chunk, *record, sent[chunk.offset_of(record->line())]);
  for (auto& [offset, shown] : shown_) {
    const auto found = sent.find(offset);
    shown += "  " + shipper.name + "  " + (found == sent.end() ? "filtered" : found->second) + "\n";
  }
}

void SampleRun::Implementation::count() {
  parsers::Chunk chunk = chunk_;
  (void)metric_stage_.apply(chunk);
  if (chunk.lines.empty()) return;
  const outputs::LineRange range{chunk.file, 0, chunk.next_offset, chunk.lines.size()};
  (void)metrics_->handle(chunk, outputs::Delivery(&sink_, range));
}

std::string SampleRun::Implementation::metrics() {
  (void)metrics_->save_state(outputs::SaveKind::kFull);
  metrics_->saved();
  return "metrics\n" + without_own(render_metrics(
                           snapshots_, [](ExpositionWriter&) {}, ExpositionFormat::kPrometheus));
}

SampleRun::SampleRun(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
SampleRun::~SampleRun() = default;

base::Expected<std::unique_ptr<SampleRun>> SampleRun::create(const config::Config& config,
                                                             const config::SourceConfig& source) {
  auto implementation = std::make_unique<Implementation>(config, source);
  if (auto opened = implementation->open_metrics(config.metrics); !opened)
    return tl::unexpected(opened.error());
  return std::unique_ptr<SampleRun>(new SampleRun(std::move(implementation)));
}

std::string SampleRun::add(const Sample& sample) {
  return implementation_->add(sample);
}
std::string SampleRun::metrics() {
  return implementation_->metrics();
}

}  // namespace sawlog::agent
