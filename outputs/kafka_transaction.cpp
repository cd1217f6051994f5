#include "outputs/kafka_transaction.h"

#include <algorithm>
#include <charconv>

#include "lib/base/check.h"
#include "lib/base/clock.h"

namespace sawlog::outputs {
namespace {

constexpr int64_t kAgainDelayNs = 100 * base::kNsPerMs;
// A call that goes on so long without success is worth a word.
constexpr int64_t kTroubleAfterNs = 5 * base::kNsPerSecond;

std::optional<KafkaMark> parse_mark(const std::string& state) {
  KafkaMark mark;
  const char* const end = state.data() + state.size();
  const auto [rest, error] = std::from_chars(state.data(), end, mark.number);
  if (error != std::errc() || rest == end || *rest != ' ') return std::nullopt;
  mark.topic.assign(rest + 1, end);
  return mark;
}

std::string text_of(const KafkaMark& mark) {
  return std::to_string(mark.number) + " " + mark.topic;
}

}  // namespace

// --- what is saved -----------------------------------------------------------------------------

void KafkaTransaction::restore(const std::string& state) {
  last_ = parse_mark(state).value_or(KafkaMark{});
  number_max_ = last_.number;
}

void KafkaTransaction::restore_prepared(const std::string& state) {
  mark_ = parse_mark(state);
  is_left_prepared_ = true;
}

std::string KafkaTransaction::state() const {
  if (needs_prepared_save_) return text_of(*mark_);
  return last_.number == 0 ? "" : text_of(last_);
}

void KafkaTransaction::concluded() {
  conclusion_ = Conclusion::kOpen;
  if (!std::exchange(is_left_prepared_, false)) return;
  mark_.reset();
}

// --- the transaction ---------------------------------------------------------------------------

void KafkaTransaction::enter(Phase phase, KafkaNow now) {
  phase_ = phase;
  phase_since_ns_ = now.monotonic_ns;
  call_at_ns_ = now.monotonic_ns;
}

void KafkaTransaction::start(KafkaNow now) {
  CHECK(phase_ == Phase::kBroken);
  enter(Phase::kStarting, now);
}

void KafkaTransaction::begin(KafkaNow now) {
  CHECK(phase_ == Phase::kReady && !is_left_prepared_);
  begun_ = now;
  has_messages_ = true;
  enter(Phase::kOpen, now);
}

void KafkaTransaction::complete(const std::string& topic, KafkaNow now) {
  CHECK(phase_ == Phase::kOpen);
  if (!mark_) {
    CHECK(conclusion_ == Conclusion::kOpen);
    mark_ = {number_max_ + 1, topic};
    needs_prepared_save_ = true;
  }
  enter(needs_prepared_save_ ? Phase::kPreparing : Phase::kSendingNumber, now);
}

void KafkaTransaction::prepared(KafkaNow now) {
  CHECK(needs_prepared_save_);
  needs_prepared_save_ = false;
  if (phase_ == Phase::kPreparing) enter(Phase::kSendingNumber, now);
}

void KafkaTransaction::abort(KafkaNow now) {
  CHECK(phase_ == Phase::kOpen);
  enter(Phase::kAborting, now);
}

void KafkaTransaction::fail(const KafkaAnswer& failure, KafkaNow now) {
  if (phase_ == Phase::kBroken || phase_ == Phase::kFenced) return;
  const bool has_taken_part = phase_ >= Phase::kReady;
  const bool is_own_time_out = phase_ > Phase::kReady && is_timed_out(now);
  if (failure.kind == KafkaAnswer::Kind::kFenced && has_taken_part && !is_own_time_out) {
    enter(Phase::kFenced, now);
    trouble_ = {Health::State::kPaused,
                "another agent has taken over '" + name_ +
                    "' in Kafka (a copy of this agent's state directory?), so this output has "
                    "stopped: give each agent a state directory of its own, and start this one "
                    "again"};
    return;
  }
  const bool is_operator = failure.kind == KafkaAnswer::Kind::kOperator;
  trouble_ = {is_operator ? Health::State::kPaused : Health::State::kUnreachable, failure.reason};
  enter(Phase::kBroken, now);
}

bool KafkaTransaction::is_timed_out(KafkaNow now) const {
  return std::max(now.monotonic_ns - begun_.monotonic_ns, now.unix_ns - begun_.unix_ns) >=
         timeout_ns_;
}

// --- calls and answers -------------------------------------------------------------------------

std::optional<KafkaCall> KafkaTransaction::next_call() const {
  switch (phase_) {
    case Phase::kStarting:
      return KafkaCall{.kind = KafkaCall::Kind::kInit};
    case Phase::kAsking:
      return KafkaCall{.kind = KafkaCall::Kind::kAsk, .topics = topics_to_ask()};
    case Phase::kSendingNumber:
      return KafkaCall{.kind = KafkaCall::Kind::kSendNumber, .mark = *mark_};
    case Phase::kCommitting:
      return KafkaCall{.kind = KafkaCall::Kind::kCommit};
    case Phase::kAborting:
      return KafkaCall{.kind = KafkaCall::Kind::kAbort};
    case Phase::kReady:
    case Phase::kOpen:
    case Phase::kPreparing:
    case Phase::kBroken:
    case Phase::kFenced:
      return std::nullopt;
  }
  return std::nullopt;
}

void KafkaTransaction::take_answer(const KafkaAnswer& answer, KafkaNow now) {
  // What a producer says that was given up in the meantime.
  if (phase_ == Phase::kBroken || phase_ == Phase::kFenced) return;
  switch (answer.kind) {
    case KafkaAnswer::Kind::kDone:
      take_done(answer, now);
      return;
    case KafkaAnswer::Kind::kAgain: {
      const int64_t waited_ns = now.monotonic_ns - phase_since_ns_;
      if (waited_ns >= timeout_ns_) {
        fail({.kind = KafkaAnswer::Kind::kFailed, .reason = answer.reason}, now);
        return;
      }
      call_at_ns_ = now.monotonic_ns + kAgainDelayNs;
      const bool is_lasting = waited_ns >= kTroubleAfterNs;
      if (is_lasting && trouble_.state != Health::State::kPaused) {
        trouble_ = {Health::State::kUnreachable, answer.reason};
      }
      return;
    }
    case KafkaAnswer::Kind::kFailed:
    case KafkaAnswer::Kind::kFenced:
    case KafkaAnswer::Kind::kOperator:
      fail(answer, now);
      return;
  }
}

void KafkaTransaction::take_done(const KafkaAnswer& answer, KafkaNow now) {
  switch (phase_) {
    case Phase::kStarting:
      enter(Phase::kAsking, now);
      if (topics_to_ask().empty()) take_numbers({}, now);
      break;
    case Phase::kAsking:
      take_numbers(answer.numbers, now);
      break;
    case Phase::kSendingNumber:
      enter(Phase::kCommitting, now);
      break;
    case Phase::kCommitting:
      commit_held();
      trouble_ = {};
      enter(Phase::kReady, now);
      break;
    case Phase::kAborting:
      has_messages_ = false;
      outcome_ = Outcome::kLost;
      enter(Phase::kReady, now);
      break;
    default:
      break;
  }
}

void KafkaTransaction::commit_held() {
  last_ = *mark_;
  number_max_ = std::max(number_max_, last_.number);
  mark_.reset();
  conclusion_ = Conclusion::kHolds;
  if (std::exchange(has_messages_, false)) outcome_ = Outcome::kCommitted;
}

// --- the numbers -------------------------------------------------------------------------------

std::vector<std::string> KafkaTransaction::topics_to_ask() const {
  std::vector<std::string> topics;
  if (mark_) topics.push_back(mark_->topic);
  if (last_.number > 0 && (!mark_ || mark_->topic != last_.topic)) topics.push_back(last_.topic);
  return topics;
}

void KafkaTransaction::take_numbers(const std::vector<int64_t>& numbers, KafkaNow now) {
  CHECK(numbers.size() == topics_to_ask().size());
  const int64_t mark_number = mark_ ? numbers.front() : KafkaAnswer::kNoNumber;
  const int64_t last_number = last_.number > 0 ? numbers.back() : KafkaAnswer::kNoNumber;
  const bool holds = mark_ && mark_number == static_cast<int64_t>(mark_->number);
  report_numbers(holds, last_number, mark_number);
  for (const int64_t number : numbers) {
    if (number > 0) number_max_ = std::max(number_max_, static_cast<uint64_t>(number));
  }
  if (holds) {
    commit_held();
  } else if (is_left_prepared_) {
    conclusion_ = Conclusion::kVoid;
  }
  if (std::exchange(has_messages_, false)) {
    outcome_ = Outcome::kLost;
  } else {
    trouble_ = {};
  }
  enter(Phase::kReady, now);
}

void KafkaTransaction::report_numbers(bool holds, int64_t last_number, int64_t mark_number) {
  if (mark_ && !holds && last_.number > 0 && last_number == KafkaAnswer::kNoNumber) {
    notices_.push_back("Kafka has forgotten the number of the last transaction of '" + name_ +
                       "' (offsets.retention.minutes): its lines may be there twice");
    return;
  }
  const uint64_t ours = mark_ ? std::max(last_.number, mark_->number) : last_.number;
  const int64_t theirs = std::max(last_number, mark_number);
  if (theirs > static_cast<int64_t>(ours)) {
    notices_.push_back("Kafka has transaction " + std::to_string(theirs) + " of '" + name_ +
                       "', and this agent knows of " + std::to_string(ours) +
                       " only: its state directory was copied or is an old one, and lines may be "
                       "in Kafka twice");
  }
}

}  // namespace sawlog::outputs
