// The whole agent but its threads and endpoints: tail, two consumers with their checkpoints, on a
// disk in memory. What the destinations hold survives it.
//
// "archive" is the real file output; "search" a server that answers when it likes, forgets requests
// and loses answers, and knows records by their ids.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/consumer.h"
#include "agent/tail/file_table.h"
#include "agent/tail/tail.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_output.h"

namespace sawlog::simulation {

class SimulatedAgent {
 public:
  using Trace = std::function<void(const std::string&)>;
  struct Options {
    bool start_late = false;  // the source is seen when files are there already
    uint64_t line_bytes_max = 1u << 20;
    std::function<outputs::FakeAnswer()> answer;
    std::function<uint64_t()> random;
    Trace trace;
  };
  SimulatedAgent(tests::FakeFilesystem& disk, const tests::FakeClock& clock, Options options);

  [[nodiscard]] bool is_running() const { return tail_ != nullptr; }
  // False if the state cannot be written: it is not running then.
  bool start();
  void kill();
  // True if it was a look that succeeded.
  bool look();
  // Some of what the consumer has to do.
  void step_consumer(size_t index);
  // Until there is nothing more to do at this moment.
  void finish_steps();

  // How often each destination holds each line, by the line's number; what is no line under -1.
  [[nodiscard]] std::map<long, size_t> archive() const;
  [[nodiscard]] std::map<long, size_t> search() const;
  // Of the same record, sent again to "search" with another time for it.
  [[nodiscard]] std::set<long> lines_with_two_times() const;
  // Sentences about what must never be, whatever happened. Empty: all is well.
  [[nodiscard]] std::vector<std::string> contradictions() const;
  [[nodiscard]] size_t listed_files() const { return table_->snapshot()->size(); }

 private:
  bool add_consumer(const std::string& name, std::unique_ptr<agent::ConsumerCheckpoint> checkpoint);
  std::unique_ptr<outputs::Output> make_output(const std::string& name);

  tests::FakeFilesystem& disk_;
  const tests::FakeClock& clock_;
  Options options_;
  parsers::SourceContext context_;
  outputs::FakeDestination search_;
  std::unique_ptr<agent::FileTable> table_;
  std::unique_ptr<agent::Tail> tail_;
  std::vector<std::unique_ptr<agent::Consumer>> consumers_;
};

// The number in a line as the simulated services write it, or -1.
[[nodiscard]] long number_in(std::string_view line);

}  // namespace sawlog::simulation
