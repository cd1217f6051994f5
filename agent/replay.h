// Sends the lines of a file of dead letters again, byte for byte and under the ids that they had
// (`sawlog replay`), while the agent may be running.
//
//   LETTERS ──rename──▶ LETTERS.replay ──▶ output ──▶ acknowledged   noted in LETTERS.replay.sent
//                                             └─────▶ refused again  written to LETTERS.refused
//
// Invariants:
//   * every letter is in one durable place until its destination has acknowledged it;
//   * LETTERS is taken by a rename, so that the agent goes on in a new file, and what it writes in
//     that moment is written again there (outputs/dead_letters.h);
//   * a letter that is noted is not sent again; a crash between acknowledgement and note sends it
//     twice, with the same id;
//   * LETTERS.replay goes when all of it is noted. Lines in it that are no letters, or whose output
//     the configuration does not have, stay, and it with them;
//   * one replay at a time for a file (flock on LETTERS.replay).
// Outputs are made as the agent makes them, but that lines keep their keys (`keys: as_is`), and
// that Kafka gets no transaction: its id is the running agent's.
//
// Single-threaded. step() never waits for a destination.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/output_factory.h"
#include "agent/replay_log.h"
#include "config/config.h"
#include "lib/base/error.h"
#include "outputs/dead_letter_reader.h"
#include "outputs/output.h"
#include "parsers/chunk.h"

namespace sawlog::agent {

struct ReplayCounts {
  uint64_t sent = 0;
  uint64_t refused = 0;
  uint64_t unreadable = 0;                         // lines that are no letters
  std::map<std::string, uint64_t> without_output;  // by the name that the configuration lacks
};

class Replay final : private outputs::DeliverySink {
 public:
  // Takes the letters. Without any, is_finished() is true at once. config and what environment
  // refers to must outlive it.
  [[nodiscard]] static base::Expected<std::unique_ptr<Replay>> open(const config::Config& config,
                                                                    OutputEnvironment environment,
                                                                    std::string letters_path);
  ~Replay() override;

  // An error ends the replay: the disk, or an output that cannot be made.
  [[nodiscard]] base::Expected<outputs::Wake> step();
  // Every letter that can be sent is acknowledged or refused again, and noted; what is done with is
  // removed.
  [[nodiscard]] bool is_finished() const { return is_finished_; }

  [[nodiscard]] int wake_fd() const { return output_ == nullptr ? -1 : output_->wake_fd(); }
  [[nodiscard]] outputs::Health health() const;
  [[nodiscard]] const ReplayCounts& counts() const { return counts_; }
  [[nodiscard]] const std::string& refused_path() const { return refused_path_; }
  [[nodiscard]] const std::string& taken_path() const { return taken_path_; }

 private:
  Replay(const config::Config& config, OutputEnvironment environment, std::string letters_path);

  void settled(const outputs::LineRange& range, const outputs::Outcome& outcome) override;
  void unknown(const outputs::LineRange&) override {}

  base::Expected<void> take_letters();
  base::Expected<void> lock_letters();
  base::Expected<void> look_through();
  base::Expected<void> begin_output();
  base::Expected<void> read_some();
  void give(const outputs::ReadLetter& letter);
  [[nodiscard]] const parsers::SourceContext& source_of(const std::string& path);
  base::Expected<void> note_done();
  base::Expected<void> finish();

  const config::Config& config_;
  const OutputEnvironment environment_;
  const std::string letters_path_;
  const std::string taken_path_;
  const std::string sent_path_;
  const std::string refused_path_;
  int lock_ = -1;  // a descriptor of LETTERS.replay

  std::optional<ReplayLog> log_;
  std::vector<std::string> outputs_left_;  // that letters name and the configuration has
  std::string output_name_;
  std::optional<outputs::DeadLetterReader> reader_;  // the pass of output_
  uint64_t in_flight_ = 0;
  std::vector<uint64_t> done_;  // letters that are not noted yet
  bool is_finished_ = false;
  ReplayCounts counts_;

  std::unordered_map<std::string, parsers::SourceContext> sources_;  // by the source's name
  std::vector<char> buffer_;                                         // a line with its padding
  // Last, so that it goes first: its open deliveries report to this.
  std::unique_ptr<outputs::Output> output_;
};

}  // namespace sawlog::agent
