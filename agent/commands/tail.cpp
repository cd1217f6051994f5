#include <cstdio>
#include <deque>
#include <memory>
#include <poll.h>
#include <unistd.h>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/commands/followed_log.h"
#include "agent/source_stage.h"
#include "lib/base/posix_filesystem.h"
#include "lib/base/printable.h"
#include "outputs/pretty_line.h"

namespace sawlog::agent::commands {

namespace {

constexpr int kLookIntervalMs = 100;
constexpr size_t kWriteBytes = 64u << 10;

struct TailArguments {
  std::vector<std::string> paths;
  std::string where;
  std::string fields;
  std::string lines;
  std::string color = "auto";
  bool as_json = false;
  bool stays = false;
};

std::optional<int> parse(const std::vector<std::string>& arguments, TailArguments& into) {
  Usage usage{
      "tail",
      "FILE… [OPTIONS]",
      "Shows the end of logs, one readable line a record, and what comes after it, through\n"
      "rotation; compressed files (gzip, zstd, xz) are shown whole. With --where: the records\n"
      "that match, from the beginning.\n"
      "  sawlog tail /var/log/app/*.log --where 'level >= warn and http.route != \"/health\"'",
      {{"where,w", "EXPRESSION", "only the records for which this is true", &into.where},
       {"fields,f", "NAMES", "show these fields behind the text: http.route,trace_id",
        &into.fields},
       {"lines,n", "COUNT", "how many lines of the end, or all; 10, with --where all", &into.lines},
       {"json,j", "", "the lines as they are", &into.as_json},
       {"no-follow", "", "end where the files end", &into.stays},
       {"color", "WHEN", "always, never, or auto: on a terminal", &into.color}}};
  usage.operands = &into.paths;
  if (const auto exit_code = parse_arguments(usage, arguments)) return exit_code;
  if (into.paths.empty()) return refuse("tail", "FILE is missing");
  if (into.color != "auto" && into.color != "always" && into.color != "never") {
    return refuse("tail", "--color takes always, never or auto");
  }
  if (into.lines.empty()) into.lines = into.where.empty() ? "10" : "all";
  const bool is_number = into.lines.find_first_not_of("0123456789") == std::string::npos;
  if (into.lines != "all" && (!is_number || into.lines.size() > 9)) {
    return refuse("tail", "--lines takes a number, or all");
  }
  return std::nullopt;
}

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

// Chunks become text on the standard output.
class Printer {
 public:
  Printer(std::string where, outputs::PrettyLine line, bool as_json)
      : stage_(std::move(where)),
        line_(std::move(line)),
        reader_(line_.field_names(), parsers::Purpose::kFields),
        as_json_(as_json) {
    line_.bind(reader_);
  }

  void print(parsers::Chunk chunk) {
    (void)stage_.apply(chunk);
    if (as_json_) {
      for (const parsers::Line& line : chunk.lines) text_.append(chunk.raw_text(line)) += '\n';
    } else {
      reader_.start(chunk);
      while (const parsers::Record* const record = reader_.next()) line_.append(*record, text_);
    }
    if (text_.size() >= kWriteBytes) flush();
  }
  // False when nobody reads any more.
  bool flush() {
    std::fwrite(text_.data(), 1, text_.size(), stdout);
    text_.clear();
    return std::fflush(stdout) == 0;
  }

 private:
  SourceStage stage_;
  outputs::PrettyLine line_;
  parsers::RecordReader reader_;
  const bool as_json_;
  std::string text_;
};

class Tailing {
 public:
  Tailing(const TailArguments& arguments, const parsers::SourceContext& source, Printer& printer)
      : arguments_(arguments), source_(source), printer_(printer) {}

  int run() {
    for (const std::string& path : arguments_.paths) add(path);
    if (logs_.empty()) return kExitFailed;
    read(arguments_.stays);
    while (!arguments_.stays && printer_.flush() && may_grow()) {
      // The standard output is watched for its reader's going away.
      pollfd output{STDOUT_FILENO, 0, 0};
      if (poll(&output, 1, kLookIntervalMs) > 0) break;
      for (FollowedLog& log : logs_) log.look();
      read(false);
    }
    printer_.flush();
    return exit_code_;
  }

 private:
  void add(const std::string& path) {
    logs_.emplace_back(path, source_, filesystem_, clock_);
    if (const auto opened = logs_.back().open(); !opened) {
      complain(opened.error());
      logs_.pop_back();
      return;
    }
    if (arguments_.lines != "all") logs_.back().skip_to_last_lines(std::stoull(arguments_.lines));
  }
  void read(bool is_final) {
    for (FollowedLog& log : logs_) {
      const auto done = log.read(is_final || !log.may_grow(),
                                 [this](const parsers::Chunk& chunk) { printer_.print(chunk); });
      if (!done) complain(done.error());
    }
  }
  [[nodiscard]] bool may_grow() const {
    return std::ranges::any_of(logs_, [](const FollowedLog& log) { return log.may_grow(); });
  }
  void complain(const base::Error& error) {
    std::fprintf(stderr, "sawlog tail: %s\n", base::printable(error.message).c_str());
    exit_code_ = kExitFailed;
  }

  const TailArguments& arguments_;
  const parsers::SourceContext& source_;
  Printer& printer_;
  base::PosixFilesystem filesystem_;
  base::SystemClock clock_;
  std::deque<FollowedLog> logs_;
  int exit_code_ = kExitDone;
};

}  // namespace

int tail(const std::vector<std::string>& arguments) {
  TailArguments parsed;
  if (const auto exit_code = parse(arguments, parsed)) return *exit_code;
  if (const auto checked = SourceStage::check(parsed.where); !checked) {
    return refuse("tail", "--where: " + checked.error().message);
  }
  parsers::SourceContext source;
  source.format = parsers::LineFormat::kAuto;
  source.multiline = parsers::Multiline::kAuto;
  const bool has_color =
      parsed.color == "always" || (parsed.color == "auto" && isatty(STDOUT_FILENO) != 0);
  std::vector<std::string> details = split_names(parsed.fields);
  if (details.empty()) details = outputs::PrettyLine::default_details();
  Printer printer(parsed.where, outputs::PrettyLine(has_color, std::move(details)), parsed.as_json);
  return Tailing(parsed, source, printer).run();
}

}  // namespace sawlog::agent::commands
