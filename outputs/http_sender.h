// The way of batches over HTTP, the same for every such destination: collect, send, read the
// answer, send again, set aside, settle.
//
//   frames ──▶ BatchBuilder ──▶ waiting ──▶ in flight ──▶ judge ──▶ delivered | dead letters
//                                  ▲                        │
//                                  └── again: part, halves ─┘
//
// What differs between destinations is a HttpDestination. One that would take a line twice, but can
// tell what it has, is asked before lines go out whose outcome is unknown: an answer that never
// came, a crash (Batch::may_be_there).
//
// Invariants:
//   * a line is settled only when the answer acknowledged it, or its dead letter is durable;
//   * lines that are sent again go before those that were never sent, so that the order is kept
//     where one request is in flight; with one_group_a_request that is true of each group, and the
//     other groups get their turn in between;
//   * after a failure one request goes alone; each success doubles how many may be in flight (slow
//     start), up to in_flight_max;
//   * while somebody must act (Health::kPaused) one request at a time is tried, with the backoff;
//   * batches in flight and waiting are at most in_flight_max + 1, but for the parts that a batch
//     was taken apart into (which hold the same lines); the memory limit holds for all.
// Single-threaded: the consumer's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/clock.h"
#include "outputs/batch.h"
#include "outputs/dead_letters.h"
#include "outputs/host_pool.h"
#include "outputs/http_transport.h"
#include "outputs/judgement.h"
#include "outputs/output.h"
#include "outputs/output_options.h"

namespace sawlog::outputs {

struct HttpDestination {
  // Fills the request (url holds the host's already) with the lines of the batch; may lend the
  // batch's bytes.
  std::function<void(Batch& batch, HttpRequest& request)> fill;
  // What the answer says. Not called for status 0.
  std::function<Judgement(const HttpResponse& response, const Batch& batch)> judge;
  // Fills a question about the lines of a batch that may be there; false when nothing is left to
  // ask, and the lines go out. Empty: the destination cannot tell, or sees by itself what it has.
  std::function<bool(Batch& batch, HttpRequest& request)> ask{};
  // The answer to it. kLines: the exceptions are the lines that were not found (yet).
  std::function<Judgement(const HttpResponse& response, Batch& batch)> judge_found{};
};

struct HttpSenderOptions {
  std::vector<std::string> hosts{};
  BatchOptions batch{};
  RetryOptions retry{};
  // A request holds lines of one group only, and a group has one request in flight at a time, so
  // that its lines go in order.
  bool one_group_a_request = false;
  uint64_t random_seed = 1;  // of the jitter; the agent draws it
};

class HttpSender {
 public:
  HttpSender(HttpSenderOptions options, HttpDestination destination,
             std::unique_ptr<HttpTransport> transport, std::unique_ptr<DeadLetters> dead_letters,
             const base::Clock& clock);
  ~HttpSender();

  [[nodiscard]] BatchBuilder& builder() { return builder_; }
  [[nodiscard]] bool wants_more() const;
  Wake step();
  void drain();

  [[nodiscard]] int wake_fd() const { return transport_->wake_fd(); }
  [[nodiscard]] const Health& health() const { return health_; }
  [[nodiscard]] const OutputCounters& counters() const { return counters_; }
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const {
    return dead_letters_->counts();
  }
  [[nodiscard]] size_t memory_bytes() const;
  // No line is here that is not settled.
  [[nodiscard]] bool is_empty() const;
  // The least Batch::first_sent of the lines that are here; Batch::kNeverSent without any.
  [[nodiscard]] uint64_t first_sent_min() const;

 private:
  struct InFlight {
    Batch batch;
    size_t host = 0;
    size_t request_bytes = 0;
    bool is_question = false;
  };
  struct Refused {
    Batch batch;
    std::vector<LineVerdict> verdicts;  // one for each line of the batch
  };

  void take_answer(HttpResponse response);
  void apply(InFlight sent, const HttpResponse& response, Judgement judgement);
  void apply_lines(InFlight sent, const HttpResponse& response, Judgement& judgement);
  void apply_found(InFlight sent, const Judgement& judgement);
  void apply_parts(const Batch& batch, Judgement& judgement);
  void apply_too_large(Batch batch, const Judgement& judgement);
  void send_again(Batch batch, const std::string& reason);
  void refuse(Batch batch, std::vector<LineVerdict> verdicts);
  void refuse_all(Batch batch, const std::string& type, const std::string& reason);

  void succeeded(size_t host);
  void failed(Health::State state, const std::string& reason, const std::string& retry_after);
  void host_failed(size_t host, Health::State state, const std::string& reason,
                   const std::string& retry_after);

  void set_refused_aside();
  [[nodiscard]] base::Expected<void> write_refused();
  void collect_batches();
  void enqueue(Batch batch);
  // The first batch that may go now, or waiting_.end().
  [[nodiscard]] std::deque<Batch>::iterator next_batch();
  [[nodiscard]] bool is_in_flight(const std::string& group) const;
  [[nodiscard]] bool may_start() const;
  [[nodiscard]] bool start_one();
  [[nodiscard]] Wake next_wake();
  void limit_bytes(size_t bytes_max);

  const HttpSenderOptions options_;
  const HttpDestination destination_;
  const std::unique_ptr<HttpTransport> transport_;
  const std::unique_ptr<DeadLetters> dead_letters_;
  const base::Clock& clock_;

  BatchBuilder builder_;
  std::deque<Batch> waiting_;
  std::unordered_map<uint64_t, InFlight> in_flight_;  // by the transport's number
  std::deque<Refused> refused_;                       // not yet durable as dead letters
  bool is_draining_ = false;

  HostPool hosts_;
  Backoff backoff_;
  Backoff dead_letter_backoff_;
  int64_t blocked_until_monotonic_ns_ = INT64_MIN;
  int64_t dead_letters_due_monotonic_ns_ = INT64_MIN;
  uint32_t window_;                    // how many requests may be in flight now
  size_t bytes_max_;                   // of a batch: smaller than configured after "too large"
  size_t too_large_bytes_ = SIZE_MAX;  // the smallest batch that was
  uint32_t successes_with_this_limit_ = 0;

  Health health_;
  OutputCounters counters_;
};

}  // namespace sawlog::outputs
