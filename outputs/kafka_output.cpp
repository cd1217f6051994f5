#include "outputs/kafka_output.h"

#include <algorithm>
#include <cerrno>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

// A crash sends again what was delivered and not saved: as little as a save costs. With
// transactions nothing hangs on it.
constexpr int64_t kSaveDelayNs = 20 * base::kNsPerMs;

KafkaSenderOptions sender_options(const KafkaOptions& options) {
  return {options.batch, options.retry, options.retry_seed,
          !options.client.transactional_id.empty()};
}

// The first of two that are equally bad.
const Health& worse(const Health& left, const Health& right) {
  return right.state > left.state ? right : left;
}

}  // namespace

KafkaOutput::KafkaOutput(const base::Clock& clock, std::unique_ptr<DeadLetters> dead_letters,
                         KafkaOptions options, KafkaTopic topic, int wake_fd)
    : clock_(clock),
      options_(std::move(options)),
      wake_fd_(wake_fd),
      framer_(std::move(topic), options_.key_field, options_.lines),
      sender_(clock, std::move(dead_letters), sender_options(options_)),
      replace_backoff_(options_.retry, options_.retry_seed + 2) {
  if (options_.client.transactional_id.empty()) return;
  transaction_.emplace(options_.client.transactional_id, transaction_timeout_ns(options_.client));
}

KafkaOutput::~KafkaOutput() {
  client_.reset();
  close(wake_fd_);
}

base::Expected<std::unique_ptr<KafkaOutput>> KafkaOutput::create(
    const base::Clock& clock, std::unique_ptr<DeadLetters> dead_letters, KafkaOptions options) {
  auto topic = KafkaTopic::parse(options.topic);
  if (!topic) return tl::unexpected(topic.error());
  const int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_fd < 0) return tl::unexpected(base::os_error("make", "an eventfd", errno));
  std::unique_ptr<KafkaOutput> output(new KafkaOutput(
      clock, std::move(dead_letters), std::move(options), std::move(*topic), wake_fd));
  if (auto made = output->make_client(); !made) return tl::unexpected(made.error());
  return output;
}

base::Expected<void> KafkaOutput::check(const KafkaOptions& options) {
  if (auto topic = KafkaTopic::parse(options.topic); !topic) return tl::unexpected(topic.error());
  return KafkaClient::check(options.client);
}

// --- what is saved -----------------------------------------------------------------------------

base::Expected<void> KafkaOutput::restore(std::span<const std::string> states) {
  if (transaction_ && !states.empty()) transaction_->restore(states.back());
  return {};
}

void KafkaOutput::restore_prepared(const std::string& state) {
  if (transaction_) {
    transaction_->restore_prepared(state);
  } else {
    notices_.emplace_back(
        "exactly_once was turned off while a transaction was under way: its lines may be in Kafka "
        "twice");
  }
}

std::string KafkaOutput::save_state(SaveKind) {
  return transaction_ ? transaction_->state() : "";
}

bool KafkaOutput::saves_are_prepared() const {
  return transaction_ && transaction_->needs_prepared_save();
}

void KafkaOutput::saved() {
  if (saves_are_prepared()) transaction_->prepared(moment());
}

Conclusion KafkaOutput::conclusion() const {
  return transaction_ ? transaction_->conclusion() : Conclusion::kVoid;
}

void KafkaOutput::concluded() {
  if (transaction_) transaction_->concluded();
}

int64_t KafkaOutput::save_delay_ns() const {
  return kSaveDelayNs;
}

// --- taking lines ------------------------------------------------------------------------------

bool KafkaOutput::wants_more() const {
  if (transaction_ && (transaction_->is_left_prepared() ||
                       transaction_->phase() == KafkaTransaction::Phase::kFenced)) {
    return false;
  }
  return sender_.wants_more();
}

Handled KafkaOutput::handle(const parsers::Chunk& chunk, Delivery delivery) {
  Handled handled;
  sender_.add(framer_.frame(chunk, std::move(delivery), handled));
  return handled;
}

Wake KafkaOutput::step() {
  const KafkaNow now = moment();
  sender_.take_reports(*client_, framer_.topics(), now.monotonic_ns);
  if (transaction_) {
    step_transaction(now);
  } else {
    if (client_->is_fatal()) replace_client(now.monotonic_ns);
    if (!is_replacing_client_) sender_.give(*client_, framer_.topics(), now.monotonic_ns);
  }
  sender_.write_dead_letters(now.monotonic_ns);
  sender_.release_settled();
  if (transaction_) complete_if_answered(now);
  return next_wake(now.monotonic_ns);
}

// --- the client --------------------------------------------------------------------------------

base::Expected<void> KafkaOutput::make_client() {
  auto client = KafkaClient::create(options_.client, wake_fd_);
  if (!client) return tl::unexpected(client.error());
  client_ = std::move(*client);
  sender_.forget_topics();
  return {};
}

// What the old one had comes back by purge() and goes through the new one; of what was in flight
// nobody knows whether it arrived, but for the transaction.
void KafkaOutput::replace_client(int64_t now) {
  if (!is_replacing_client_) {
    is_replacing_client_ = true;
    client_trouble_ = client_->connection();
    replace_at_ns_ = now + replace_backoff_.next_delay_ns("", clock_.unix_ns());
    client_->purge();
  }
  if (sender_.has_in_flight() || client_->is_calling() || now < replace_at_ns_) return;
  const uint64_t sent_bytes = client_->sent_bytes();
  const uint64_t requests = client_->requests();
  if (auto made = make_client(); !made) {
    client_trouble_ = {Health::State::kPaused, made.error().message};
    replace_at_ns_ = now + replace_backoff_.next_delay_ns("", clock_.unix_ns());
    return;
  }
  counters_.sent_bytes += sent_bytes;
  counters_.requests += requests;
  is_replacing_client_ = false;
  client_trouble_ = {};
}

// --- transactions ------------------------------------------------------------------------------

void KafkaOutput::step_transaction(KafkaNow now) {
  // After the reports: those emptied wake_fd.
  if (const auto answer = client_->take_answer()) transaction_->take_answer(*answer, now);
  take_failures(now);
  if (transaction_->phase() == KafkaTransaction::Phase::kBroken) {
    replace_client(now.monotonic_ns);
    if (!is_replacing_client_) transaction_->start(now);
  }
  take_outcome();
  begin_if_due(now);
  if (transaction_->phase() == KafkaTransaction::Phase::kOpen) {
    sender_.give(*client_, framer_.topics(), now.monotonic_ns);
  }
  if (client_->is_calling() || now.monotonic_ns < transaction_->call_at_ns()) return;
  if (const auto call = transaction_->next_call()) client_->start_call(*call);
}

void KafkaOutput::take_failures(KafkaNow now) {
  if (client_->is_fatal()) {
    transaction_->fail(client_->failure(), now);
  } else if (transaction_->phase() == KafkaTransaction::Phase::kOpen) {
    switch (sender_.failure()) {
      case KafkaSender::Failure::kNone:
        break;
      case KafkaSender::Failure::kRefused:
        if (!sender_.has_in_flight()) transaction_->abort(now);
        break;
      case KafkaSender::Failure::kFailed:
        transaction_->fail(failure(), now);
        break;
    }
  }
}

// Of a message where one failed, else of the whole.
KafkaAnswer KafkaOutput::failure() const {
  const Health& trouble = sender_.trouble();
  if (trouble.state == Health::State::kUp) return client_->failure();
  const bool is_operator = trouble.state == Health::State::kPaused;
  return {.kind = is_operator ? KafkaAnswer::Kind::kOperator : KafkaAnswer::Kind::kFailed,
          .reason = trouble.reason};
}

void KafkaOutput::take_outcome() {
  switch (transaction_->take_outcome()) {
    case KafkaTransaction::Outcome::kNone:
      break;
    case KafkaTransaction::Outcome::kCommitted:
      sender_.release_open();
      replace_backoff_.success();
      break;
    case KafkaTransaction::Outcome::kLost:
      sender_.give_again();
      break;
  }
}

void KafkaOutput::begin_if_due(KafkaNow now) {
  if (transaction_->phase() != KafkaTransaction::Phase::kReady) return;
  if (transaction_->is_left_prepared()) return;
  if (!sender_.has_open() && !sender_.is_due(now.monotonic_ns)) return;
  if (auto begun = client_->begin(); !begun) {
    transaction_->fail({.kind = KafkaAnswer::Kind::kFailed, .reason = begun.error().message}, now);
    return;
  }
  transaction_->begin(now);
}

void KafkaOutput::complete_if_answered(KafkaNow now) {
  if (transaction_->phase() != KafkaTransaction::Phase::kOpen || !sender_.is_answered()) return;
  // The save of the transaction before has to be concluded before another is prepared.
  if (transaction_->conclusion() != Conclusion::kOpen) return;
  const size_t topic = sender_.delivered_topic();
  sender_.settle_open();
  if (topic == KafkaSender::kNoTopic && !transaction_->has_mark()) {
    // All of it is in the dead letters: there is nothing to commit.
    sender_.release_open();
    transaction_->abort(now);
    return;
  }
  transaction_->complete(topic == KafkaSender::kNoTopic ? "" : framer_.topics()[topic], now);
}

// --- when to come back, and how it is ----------------------------------------------------------

Wake KafkaOutput::next_wake(int64_t now) const {
  Wake wake;
  const bool is_sending = !transaction_ ||
                          transaction_->phase() == KafkaTransaction::Phase::kOpen ||
                          transaction_->phase() == KafkaTransaction::Phase::kReady;
  if (is_sending && !is_replacing_client_) wake = sender_.next_wake(now);
  const auto not_later_than = [&](int64_t at) {
    wake.at_monotonic_ns = std::min(wake.at_monotonic_ns, at);
  };
  if (is_replacing_client_ && !sender_.has_in_flight()) not_later_than(replace_at_ns_);
  if (transaction_ && transaction_->next_call() && !client_->is_calling()) {
    not_later_than(transaction_->call_at_ns());
  }
  wake.has_work = wake.at_monotonic_ns <= now || client_->has_reports();
  return wake;
}

std::vector<std::string> KafkaOutput::take_notices() {
  auto notices = std::exchange(notices_, {});
  if (transaction_) {
    for (std::string& notice : transaction_->take_notices()) notices.push_back(std::move(notice));
  }
  return notices;
}

Health KafkaOutput::health() const {
  if (transaction_ && transaction_->phase() == KafkaTransaction::Phase::kFenced) {
    return transaction_->trouble();
  }
  // Why the brokers cannot be reached says more than that they do not answer.
  const Health& client = worse(client_->connection(), client_trouble_);
  const Health sender = sender_.health(clock_.monotonic_ns());
  return worse(transaction_ ? worse(client, transaction_->trouble()) : client, sender);
}

OutputCounters KafkaOutput::counters() const {
  OutputCounters counters = counters_;
  counters.retries = sender_.retries();
  counters.sent_bytes += client_->sent_bytes();
  counters.requests += client_->requests();
  return counters;
}

std::vector<DeadLetterCount> KafkaOutput::dead_letters() const {
  return sender_.dead_letters();
}

}  // namespace sawlog::outputs
