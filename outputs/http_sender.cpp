#include "outputs/http_sender.h"

#include <algorithm>

#include "lib/base/check.h"
#include "parsers/record_id.h"

namespace sawlog::outputs {
namespace {

// Below this, smaller requests only cost more.
constexpr size_t kBytesFloor = 64u << 10;
// After so many requests without "too large", twice the size is tried again.
constexpr uint32_t kSuccessesBeforeGrowth = 64;

}  // namespace

HttpSender::HttpSender(HttpSenderOptions options, HttpDestination destination,
                       std::unique_ptr<HttpTransport> transport,
                       std::unique_ptr<DeadLetters> dead_letters, const base::Clock& clock)
    : options_(std::move(options)),
      destination_(std::move(destination)),
      transport_(std::move(transport)),
      dead_letters_(std::move(dead_letters)),
      clock_(clock),
      builder_(options_.batch),
      hosts_(options_.hosts, options_.retry, options_.random_seed),
      backoff_(options_.retry, options_.random_seed + 1),
      dead_letter_backoff_(options_.retry, options_.random_seed + 2),
      window_(options_.batch.in_flight_max),
      bytes_max_(options_.batch.bytes_max) {
  CHECK(options_.batch.in_flight_max > 0);
}

HttpSender::~HttpSender() = default;

bool HttpSender::wants_more() const {
  const size_t batches = in_flight_.size() + waiting_.size();
  if (batches == 0 && refused_.empty()) return true;  // one batch is always let through
  return batches <= options_.batch.in_flight_max && refused_.empty() &&
         memory_bytes() + builder_.chunk_bytes_max() <= options_.batch.memory_bytes_max;
}

Wake HttpSender::step() {
  for (HttpResponse& response : transport_->poll()) take_answer(std::move(response));
  set_refused_aside();
  collect_batches();
  while (may_start() && start_one()) {
  }
  return next_wake();
}

void HttpSender::drain() {
  is_draining_ = true;
}

size_t HttpSender::memory_bytes() const {
  size_t bytes = builder_.memory_bytes();
  for (const Batch& batch : waiting_) bytes += batch.memory_bytes();
  for (const auto& [number, sent] : in_flight_) {
    bytes += sent.batch.memory_bytes() + sent.request_bytes;
  }
  for (const Refused& refused : refused_) bytes += refused.batch.memory_bytes();
  return bytes;
}

bool HttpSender::is_empty() const {
  return builder_.is_empty() && waiting_.empty() && in_flight_.empty() && refused_.empty();
}

uint64_t HttpSender::first_sent_min() const {
  uint64_t least = Batch::kNeverSent;
  for (const Batch& batch : waiting_) least = std::min(least, batch.first_sent);
  for (const auto& [number, sent] : in_flight_) least = std::min(least, sent.batch.first_sent);
  for (const Refused& refused : refused_) least = std::min(least, refused.batch.first_sent);
  return least;
}

void HttpSender::take_answer(HttpResponse response) {
  const auto found = in_flight_.find(response.request);
  CHECK(found != in_flight_.end());
  InFlight sent = std::move(found->second);
  in_flight_.erase(found);
  if (sent.batch.is_lent()) sent.batch.give_back(std::move(response.sent.body));
  if (response.status != 0) {
    Judgement judgement = sent.is_question ? destination_.judge_found(response, sent.batch)
                                           : destination_.judge(response, sent.batch);
    apply(std::move(sent), response, std::move(judgement));
    return;
  }
  const auto state =
      response.is_operators_fault ? Health::State::kPaused : Health::State::kUnreachable;
  const std::string host = hosts_.display_name(sent.host);
  const std::string reason = "cannot reach '" + host + "': " + response.error;
  host_failed(sent.host, state, reason, "");
  sent.batch.may_be_there = true;
  send_again(std::move(sent.batch), reason);
}

void HttpSender::apply(InFlight sent, const HttpResponse& response, Judgement judgement) {
  const std::string host = hosts_.display_name(sent.host);
  const std::string reason = "'" + host + "' answered: " + judgement.reason;
  switch (judgement.kind) {
    case Judgement::Kind::kLines:
      if (sent.is_question) {
        apply_found(std::move(sent), judgement);
      } else {
        apply_lines(std::move(sent), response, judgement);
      }
      return;
    case Judgement::Kind::kParts:
      hosts_.answered(sent.host);
      apply_parts(sent.batch, judgement);
      return;
    case Judgement::Kind::kTooLarge:
      hosts_.answered(sent.host);
      if (response.status == 429) {
        failed(Health::State::kUnreachable, reason, response.retry_after);
      }
      apply_too_large(std::move(sent.batch), judgement);
      return;
    case Judgement::Kind::kBusy:
      hosts_.answered(sent.host);
      failed(Health::State::kUnreachable, reason, response.retry_after);
      break;
    case Judgement::Kind::kUnknown:
      host_failed(sent.host, Health::State::kUnreachable, reason, response.retry_after);
      sent.batch.may_be_there = true;
      break;
    case Judgement::Kind::kOperator:
      hosts_.answered(sent.host);
      failed(Health::State::kPaused, reason, response.retry_after);
      break;
  }
  send_again(std::move(sent.batch), reason);
}

void HttpSender::apply_lines(InFlight sent, const HttpResponse& response, Judgement& judgement) {
  Batch& batch = sent.batch;
  counters_.already_there += judgement.already_there;
  counters_.diverted += judgement.diverted;
  std::vector<uint32_t> not_delivered, kept, refused;
  bool may_be_there = false;
  std::vector<LineVerdict> refusals;
  const LineVerdict* worst = nullptr;  // of the lines that are kept
  for (LineVerdict& verdict : judgement.exceptions) {
    not_delivered.push_back(verdict.line);
    if (verdict.fate == LineFate::kRefused) {
      refused.push_back(verdict.line);
      refusals.push_back(std::move(verdict));
      continue;
    }
    kept.push_back(verdict.line);
    may_be_there = may_be_there || verdict.may_be_there;
    if (worst == nullptr || verdict.fate > worst->fate) worst = &verdict;
  }
  batch.settle_delivered_except(not_delivered);
  const bool made_progress = kept.size() < batch.line_count();
  if (made_progress) succeeded(sent.host);
  if (!refused.empty()) refuse(batch.subset(refused), std::move(refusals));
  if (worst != nullptr) {
    const std::string host = hosts_.display_name(sent.host);
    const std::string reason = "'" + host + "' refused " + std::to_string(kept.size()) + " of " +
                               std::to_string(batch.line_count()) + " lines: " + worst->type +
                               ": " + worst->reason;
    failed(
        worst->fate == LineFate::kOperator ? Health::State::kPaused : Health::State::kUnreachable,
        reason, response.retry_after);
    Batch rest = batch.subset(kept);
    rest.attempts = made_progress ? 0 : batch.attempts;
    rest.may_be_there = may_be_there;
    send_again(std::move(rest), reason);
  }
  builder_.recycle(std::move(batch));
}

void HttpSender::apply_found(InFlight sent, const Judgement& judgement) {
  Batch& batch = sent.batch;
  std::vector<uint32_t> missing;
  for (const LineVerdict& verdict : judgement.exceptions) missing.push_back(verdict.line);
  batch.settle_delivered_except(missing);
  counters_.already_there += batch.line_count() - missing.size();
  // Lines that are sent now will tell whether the destination takes any: until then the waits grow.
  if (missing.empty()) succeeded(sent.host);
  if (missing.size() == batch.line_count()) {
    waiting_.push_front(std::move(batch));
    return;
  }
  if (!missing.empty()) waiting_.push_front(batch.subset(missing));
  builder_.recycle(std::move(batch));
}

void HttpSender::apply_parts(const Batch& batch, Judgement& judgement) {
  std::vector<uint32_t> refused;
  for (const LineVerdict& verdict : judgement.exceptions) {
    CHECK(verdict.fate == LineFate::kRefused);
    refused.push_back(verdict.line);
  }
  if (!refused.empty()) refuse(batch.subset(refused), std::move(judgement.exceptions));
  for (auto part = judgement.parts.rbegin(); part != judgement.parts.rend(); ++part) {
    if (part->empty()) continue;
    waiting_.push_front(batch.subset(*part));
    ++counters_.retries;
  }
}

void HttpSender::apply_too_large(Batch batch, const Judgement& judgement) {
  if (batch.line_count() == 1) {
    refuse_all(std::move(batch), "too_large", judgement.reason);
    return;
  }
  too_large_bytes_ = std::min(too_large_bytes_, batch.bytes().size());
  limit_bytes(std::max(kBytesFloor, batch.bytes().size() / 2));
  auto [front, back] = batch.halves();
  front.attempts = back.attempts = batch.attempts;
  waiting_.push_front(std::move(back));
  waiting_.push_front(std::move(front));
  counters_.retries += 2;
  builder_.recycle(std::move(batch));
}

void HttpSender::send_again(Batch batch, const std::string& reason) {
  ++batch.attempts;
  ++counters_.retries;
  if (options_.retry.attempts_max != 0 && batch.attempts >= options_.retry.attempts_max) {
    refuse_all(std::move(batch), "attempts_exhausted", reason);
    return;
  }
  if (!options_.one_group_a_request) {
    waiting_.push_front(std::move(batch));
    return;
  }
  // Its group goes behind the other groups, which may have more luck; it first in its group.
  const std::string& group = batch.groups().front();
  const auto rest =
      std::stable_partition(waiting_.begin(), waiting_.end(),
                            [&](const Batch& other) { return other.groups().front() != group; });
  waiting_.insert(rest, std::move(batch));
}

void HttpSender::refuse(Batch batch, std::vector<LineVerdict> verdicts) {
  CHECK(batch.line_count() == verdicts.size());
  refused_.push_back({std::move(batch), std::move(verdicts)});
}

void HttpSender::refuse_all(Batch batch, const std::string& type, const std::string& reason) {
  std::vector<LineVerdict> verdicts(batch.line_count(), {0, LineFate::kRefused, type, reason});
  refuse(std::move(batch), std::move(verdicts));
}

void HttpSender::succeeded(size_t host) {
  hosts_.answered(host);
  backoff_.success();
  blocked_until_monotonic_ns_ = INT64_MIN;
  window_ = std::min(window_ * 2, options_.batch.in_flight_max);
  health_ = {};
  // Growing stops short of what was refused, so that the limit is found and not tried for ever.
  const size_t ceiling = std::min(options_.batch.bytes_max, too_large_bytes_ / 8 * 7);
  if (bytes_max_ < ceiling && ++successes_with_this_limit_ >= kSuccessesBeforeGrowth) {
    limit_bytes(std::min(bytes_max_ * 2, ceiling));
  }
}

void HttpSender::failed(Health::State state, const std::string& reason,
                        const std::string& retry_after) {
  health_ = {state, reason};
  window_ = 1;
  const int64_t now = clock_.monotonic_ns();
  // Requests that were in flight together fail together: that is one failure.
  if (blocked_until_monotonic_ns_ > now) return;
  blocked_until_monotonic_ns_ = now + backoff_.next_delay_ns(retry_after, clock_.unix_ns());
}

void HttpSender::host_failed(size_t host, Health::State state, const std::string& reason,
                             const std::string& retry_after) {
  const int64_t now = clock_.monotonic_ns();
  hosts_.failed(host, retry_after, now, clock_.unix_ns());
  if (!hosts_.all_are_down(now)) return;
  health_ = {state, reason};
  window_ = 1;
}

void HttpSender::set_refused_aside() {
  if (refused_.empty() || clock_.monotonic_ns() < dead_letters_due_monotonic_ns_) return;
  if (const auto written = write_refused(); !written) {
    health_ = {Health::State::kPaused, written.error().message};
    dead_letters_due_monotonic_ns_ =
        clock_.monotonic_ns() + dead_letter_backoff_.next_delay_ns("", clock_.unix_ns());
    return;
  }
  if (dead_letter_backoff_.failures_in_a_row() > 0) health_ = {};
  dead_letter_backoff_.success();
  for (const Refused& refused : refused_) refused.batch.settle_dead_lettered();
  refused_.clear();
}

base::Expected<void> HttpSender::write_refused() {
  for (const Refused& refused : refused_) {
    const Batch& batch = refused.batch;
    for (uint32_t index = 0; index < batch.line_count(); ++index) {
      const OpenDelivery& delivery = batch.delivery_of(index);
      const uint64_t offset = batch.line(index).offset;
      std::string id(batch.record_id(index));
      if (id.empty()) id = parsers::RecordId(delivery.file(), offset, batch.payload(index)).text();
      const auto written = dead_letters_->write({.reason_type = refused.verdicts[index].type,
                                                 .reason_message = refused.verdicts[index].reason,
                                                 .record_id = id,
                                                 .file_path = delivery.file_path(),
                                                 .offset = offset,
                                                 .line = batch.payload(index)});
      if (!written) return written;
    }
  }
  return dead_letters_->sync();
}

void HttpSender::collect_batches() {
  for (Batch& batch : builder_.take_full()) enqueue(std::move(batch));
  if (!is_draining_ && builder_.due_monotonic_ns() > clock_.monotonic_ns()) return;
  is_draining_ = false;
  if (auto rest = builder_.take_rest()) enqueue(std::move(*rest));
}

void HttpSender::enqueue(Batch batch) {
  if (!options_.one_group_a_request || batch.groups().size() == 1) {
    waiting_.push_back(std::move(batch));
    return;
  }
  for (Batch& part : batch.one_for_each_group()) waiting_.push_back(std::move(part));
  builder_.recycle(std::move(batch));
}

std::deque<Batch>::iterator HttpSender::next_batch() {
  if (!options_.one_group_a_request) return waiting_.begin();
  return std::find_if(waiting_.begin(), waiting_.end(),
                      [&](const Batch& batch) { return !is_in_flight(batch.groups().front()); });
}

bool HttpSender::is_in_flight(const std::string& group) const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [&](const auto& sent) { return sent.second.batch.groups().front() == group; });
}

bool HttpSender::may_start() const {
  // Lines that cannot be set aside stop the output; else they would pile up in memory.
  return !waiting_.empty() && refused_.empty() && in_flight_.size() < window_ &&
         clock_.monotonic_ns() >= blocked_until_monotonic_ns_;
}

bool HttpSender::start_one() {
  const auto batch = next_batch();
  if (batch == waiting_.end()) return false;
  const auto host = hosts_.pick(clock_.monotonic_ns());
  if (!host) return false;
  InFlight sent{std::move(*batch), *host};
  waiting_.erase(batch);
  HttpRequest request;
  request.url = hosts_.url(*host);
  sent.is_question =
      sent.batch.may_be_there && destination_.ask && destination_.ask(sent.batch, request);
  if (!sent.is_question) {
    sent.batch.may_be_there = false;
    sent.batch.places.reset();
    destination_.fill(sent.batch, request);
  }
  sent.request_bytes = request.body.capacity();
  ++counters_.requests;
  counters_.sent_bytes += request.body.size();
  in_flight_.emplace(transport_->start(std::move(request)), std::move(sent));
  return true;
}

Wake HttpSender::next_wake() {
  int64_t at = std::min(transport_->next_deadline_monotonic_ns(), builder_.due_monotonic_ns());
  if (!refused_.empty()) {
    at = std::min(at, dead_letters_due_monotonic_ns_);
  } else if (in_flight_.size() < window_ && next_batch() != waiting_.end()) {
    at = std::min(at, std::max(blocked_until_monotonic_ns_, hosts_.next_return_monotonic_ns()));
  }
  return {at, at <= clock_.monotonic_ns()};
}

void HttpSender::limit_bytes(size_t bytes_max) {
  bytes_max_ = bytes_max;
  successes_with_this_limit_ = 0;
  builder_.set_bytes_max(bytes_max);
}

}  // namespace sawlog::outputs
