#include "outputs/kafka_sender.h"

#include <algorithm>

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

// What librdkafka holds for a message besides the bytes that are ours: its own structure, the key,
// and the headers, each in a piece of memory of its own.
constexpr size_t kClientBytesPerMessage = 768;
// So long without any report while messages are in flight is worth a word.
constexpr int64_t kStallNs = 30 * base::kNsPerSecond;

}  // namespace

KafkaSender::KafkaSender(const base::Clock& clock, std::unique_ptr<DeadLetters> dead_letters,
                         const KafkaSenderOptions& options)
    : clock_(clock),
      options_(options),
      dead_letters_(std::move(dead_letters)),
      backoff_(options.retry, options.retry_seed),
      dead_letters_backoff_(options.retry, options.retry_seed + 1) {
  CHECK(dead_letters_ != nullptr);
}

// --- taking lines ------------------------------------------------------------------------------

bool KafkaSender::wants_more() const {
  if (dead_letters_trouble_.state != Health::State::kUp) return false;
  return chunks_.empty() || memory_bytes() + chunk_bytes_max_ <= options_.batch.memory_bytes_max;
}

void KafkaSender::add(std::unique_ptr<KafkaFramedChunk> chunk) {
  chunk->sequence = chunks_added_++;
  const size_t bytes = chunk->memory_bytes();
  held_bytes_ += bytes;
  chunk_bytes_max_ =
      std::max(chunk_bytes_max_, bytes + chunk->messages.size() * kClientBytesPerMessage);
  if (waiting_bytes_ == 0) waiting_since_ns_ = clock_.monotonic_ns();
  waiting_bytes_ += chunk->text.size();
  chunks_.push_back(std::move(chunk));
}

bool KafkaSender::is_due(int64_t now) const {
  if (waiting_bytes_ == 0) return false;
  return is_draining_ || waiting_bytes_ >= options_.batch.bytes_max ||
         now - waiting_since_ns_ >= options_.batch.age_max_ns;
}

// --- reports -----------------------------------------------------------------------------------

void KafkaSender::take_reports(KafkaClient& client, const std::vector<std::string>& topics,
                               int64_t now) {
  reports_.clear();
  client.poll(reports_);
  if (!reports_.empty()) progress_ns_ = now;
  for (const KafkaReport& report : reports_) take_report(report, topics);
}

void KafkaSender::take_report(const KafkaReport& report, const std::vector<std::string>& topics) {
  Message& message = *static_cast<Message*>(report.message);
  CHECK(message.state == KafkaMessageState::kInFlight);
  CHECK(in_flight_messages_ > 0 && in_flight_bytes_ >= message.size_bytes());
  --in_flight_messages_;
  in_flight_bytes_ -= message.size_bytes();
  switch (report.verdict) {
    case KafkaVerdict::kDelivered:
      take_delivered(message);
      break;
    case KafkaVerdict::kRefused:
      set_aside(message, report.type, report.text);
      break;
    case KafkaVerdict::kBatchRefused:
      take_refused(message, report);
      break;
    case KafkaVerdict::kPurged:
      has_purged_ = true;
      take_back(message, true);
      break;
    case KafkaVerdict::kRetry:
    case KafkaVerdict::kOperator:
      take_failed(message, report, topics);
      break;
  }
  if (in_flight_messages_ == 0) repetition_.end_burst();
}

void KafkaSender::take_delivered(Message& message) {
  message.state = KafkaMessageState::kDelivered;
  ++message.chunk->outcome.delivered;
  if (options_.uses_transactions) return;
  take_success();
  finish(message);
}

void KafkaSender::take_success() {
  trouble_ = {};
  backoff_.success();
}

void KafkaSender::take_refused(Message& message, const KafkaReport& report) {
  has_refused_ = true;
  if (repetition_.burst() == 1) {
    set_aside(message, report.type, report.text);
  } else {
    repetition_.suspect(message);
    take_back(message, false);
  }
}

void KafkaSender::take_failed(Message& message, const KafkaReport& report,
                              const std::vector<std::string>& topics) {
  has_failed_ = true;
  ++message.attempts;
  const Health::State state = report.verdict == KafkaVerdict::kOperator
                                  ? Health::State::kPaused
                                  : Health::State::kUnreachable;
  trouble_ = {state, "cannot deliver to topic '" + topics[message.topic] +
                         "': " + std::string(report.text)};
  const uint64_t attempts_max = options_.retry.attempts_max;
  if (attempts_max > 0 && message.attempts >= attempts_max) {
    set_aside(message, report.type,
              std::string(report.text) + " (attempts: " + std::to_string(message.attempts) + ")");
  } else {
    take_back(message, true);
  }
}

// It goes again: by itself, or when the whole transaction does.
void KafkaSender::take_back(Message& message, bool needs_delay) {
  ++retries_;
  message.state = KafkaMessageState::kWaiting;
  if (!options_.uses_transactions) repetition_.add(message, needs_delay);
}

// --- dead letters ------------------------------------------------------------------------------

void KafkaSender::set_aside(Message& message, std::string_view type, std::string_view text) {
  message.state = KafkaMessageState::kRefused;
  refused_.push_back({&message, std::string(type), std::string(text)});
}

void KafkaSender::write_dead_letters(int64_t now) {
  if (refused_.empty() || now < dead_letters_at_ns_) return;
  size_t written = 0;
  base::Expected<void> result;
  for (; written < refused_.size(); ++written) {
    const Refused& refused = refused_[written];
    const Message& message = *refused.message;
    result = dead_letters_->write({refused.type, refused.text, message.record_id(),
                                   message.chunk->file_path, message.offset, message.payload()});
    if (!result) break;
  }
  if (auto synced = dead_letters_->sync(); !synced) {
    written = 0;
    result = synced;
  }
  for (size_t i = 0; i < written; ++i) {
    Message& message = *refused_[i].message;
    message.state = KafkaMessageState::kSetAside;
    ++message.chunk->outcome.dead_lettered;
    finish(message);
  }
  refused_.erase(refused_.begin(), refused_.begin() + static_cast<ptrdiff_t>(written));
  if (result) {
    dead_letters_trouble_ = {};
    dead_letters_backoff_.success();
  } else {
    dead_letters_trouble_ = {Health::State::kPaused, result.error().message};
    dead_letters_at_ns_ = now + dead_letters_backoff_.next_delay_ns("", clock_.unix_ns());
  }
}

// --- settling ----------------------------------------------------------------------------------

void KafkaSender::finish(Message& message) {
  KafkaFramedChunk& chunk = *message.chunk;
  if (options_.uses_transactions || !chunk.is_answered()) return;
  held_bytes_ -= chunk.memory_bytes();
  std::move(chunk.delivery).settle(chunk.outcome);
  chunk.text = {};
  chunk.messages = {};
  held_bytes_ += chunk.memory_bytes();
}

void KafkaSender::release_settled() {
  if (options_.uses_transactions) return;
  while (next_chunk_ > 0 && chunks_.front()->is_settled()) {
    held_bytes_ -= chunks_.front()->memory_bytes();
    chunks_.pop_front();
    --next_chunk_;
  }
}

bool KafkaSender::is_answered() const {
  if (in_flight_messages_ > 0 || next_message_ > 0 || next_chunk_ < open_chunks_) return false;
  return open_chunks_ > 0 && repetition_.is_empty() && refused_.empty() &&
         failure() == Failure::kNone;
}

// A refusal purges the rest of its transaction; what is purged without one has another cause.
KafkaSender::Failure KafkaSender::failure() const {
  if (has_failed_) return Failure::kFailed;
  if (has_refused_) return Failure::kRefused;
  return has_purged_ ? Failure::kFailed : Failure::kNone;
}

size_t KafkaSender::delivered_topic() const {
  for (size_t i = 0; i < open_chunks_; ++i) {
    for (const Message& message : chunks_[i]->messages) {
      if (message.state == KafkaMessageState::kDelivered) return message.topic;
    }
  }
  return kNoTopic;
}

void KafkaSender::settle_open() {
  for (size_t i = 0; i < open_chunks_; ++i) {
    KafkaFramedChunk& chunk = *chunks_[i];
    CHECK(chunk.is_answered());
    // A transaction that is given again was settled before.
    if (chunk.delivery.is_open()) std::move(chunk.delivery).settle(chunk.outcome);
  }
}

void KafkaSender::release_open() {
  for (; open_chunks_ > 0; --open_chunks_) {
    held_bytes_ -= chunks_.front()->memory_bytes();
    chunks_.pop_front();
    --next_chunk_;
  }
  open_bytes_ = 0;
  take_success();
}

void KafkaSender::give_again() {
  CHECK(in_flight_messages_ == 0);
  repetition_.clear();  // it is a part of the open chunks
  has_refused_ = has_purged_ = has_failed_ = false;
  for (size_t i = 0; i < open_chunks_; ++i) {
    KafkaFramedChunk& chunk = *chunks_[i];
    const size_t given = i < next_chunk_ ? chunk.messages.size() : next_message_;
    for (size_t j = 0; j < given; ++j) {
      Message& message = chunk.messages[j];
      if (!message.is_set_aside()) repetition_.add(message, false);
    }
    chunk.outcome.delivered = 0;
  }
}

// --- giving messages to the client -------------------------------------------------------------

void KafkaSender::give(KafkaClient& client, const std::vector<std::string>& topics, int64_t now) {
  for (; client_topics_ < topics.size(); ++client_topics_) {
    CHECK(client.add_topic(topics[client_topics_]) == client_topics_);
  }
  if (options_.uses_transactions && failure() != Failure::kNone) return;
  if (!repetition_.is_empty()) give_repetition(client, now);
  if (repetition_.is_empty()) give_new(client, now);
}

void KafkaSender::give_repetition(KafkaClient& client, int64_t now) {
  if (!repetition_.is_ordered()) {
    if (in_flight_messages_ > 0) return;
    repeat_at_ns_ = repetition_.order() ? now + backoff_.next_delay_ns("", clock_.unix_ns()) : now;
  }
  if (now < repeat_at_ns_) return;
  while (!repetition_.is_empty() && has_room() && repetition_.may_give(has_in_flight())) {
    if (!produce(client, repetition_.front(), now)) return;
    repetition_.give_front();
  }
}

void KafkaSender::give_new(KafkaClient& client, int64_t now) {
  if (repetition_.burst() > 0) return;
  if (next_message_ == 0 && !(open_chunks_ > 0 ? has_new() : is_due(now))) return;
  while (next_chunk_ < chunks_.size()) {
    if (next_message_ == 0 && options_.uses_transactions && next_chunk_ == open_chunks_) {
      if (!may_open_another(now)) return;
      if (open_chunks_ == 0) open_since_ns_ = now;
      ++open_chunks_;
      open_bytes_ += chunks_[next_chunk_]->text.size();
    }
    if (!give_chunk(client, *chunks_[next_chunk_], now)) return;
    ++next_chunk_;
    next_message_ = 0;
  }
  CHECK(waiting_bytes_ == 0);
  is_draining_ = false;
}

bool KafkaSender::give_chunk(KafkaClient& client, KafkaFramedChunk& chunk, int64_t now) {
  for (; next_message_ < chunk.messages.size(); ++next_message_) {
    Message& message = chunk.messages[next_message_];
    if (message.topic == Message::kNoTopic) {
      set_aside(message, "too_many_topics",
                "the topic's field has more than " + std::to_string(KafkaFramer::kTopicsMax) +
                    " different values");
    } else if (!has_room() || !produce(client, message, now)) {
      return false;
    }
    waiting_bytes_ -= message.size_bytes();
  }
  return true;
}

// A transaction ends when its messages are acknowledged, so it must not be given new ones for ever.
bool KafkaSender::may_open_another(int64_t now) const {
  if (open_chunks_ == 0) return true;
  const size_t bytes_max =
      options_.batch.bytes_max * std::max(1U, options_.batch.in_flight_max / 2);
  return open_bytes_ < bytes_max && now - open_since_ns_ < options_.batch.age_max_ns;
}

bool KafkaSender::has_room() const {
  return in_flight_bytes_ < options_.batch.bytes_max * options_.batch.in_flight_max;
}

bool KafkaSender::produce(KafkaClient& client, Message& message, int64_t now) {
  const KafkaHeader headers[] = {{"log.record.uid", message.record_id()},
                                 {"log.file.path", message.chunk->file_path},
                                 {"content-type", "application/json"},
                                 {"traceparent", message.traceparent()}};
  const size_t header_count = message.has_trace ? 4 : 3;
  if (!client.produce({message.topic, message.key(), message.payload(),
                       std::span(headers).first(header_count), &message})) {
    return false;
  }
  if (in_flight_messages_ == 0) progress_ns_ = now;
  message.state = KafkaMessageState::kInFlight;
  ++in_flight_messages_;
  in_flight_bytes_ += message.size_bytes();
  return true;
}

// --- when to come back, and how it is ----------------------------------------------------------

Wake KafkaSender::next_wake(int64_t now) const {
  Wake wake;
  const auto not_later_than = [&](int64_t at) {
    wake.at_monotonic_ns = std::min(wake.at_monotonic_ns, at);
  };
  if (!refused_.empty()) not_later_than(dead_letters_at_ns_);
  if (in_flight_messages_ > 0) {
    not_later_than(std::max(progress_ns_ + kStallNs, now + kStallNs / 8));
  }
  if (!repetition_.is_empty()) {
    // Otherwise the next report wakes.
    if (!repetition_.is_ordered() && in_flight_messages_ == 0) not_later_than(now);
    if (repetition_.is_ordered() && now < repeat_at_ns_) not_later_than(repeat_at_ns_);
  } else if (waiting_bytes_ > 0 && !is_due(now)) {
    not_later_than(waiting_since_ns_ + options_.batch.age_max_ns);
  }
  wake.has_work = wake.at_monotonic_ns <= now;
  return wake;
}

Health KafkaSender::health(int64_t now) const {
  if (dead_letters_trouble_.state != Health::State::kUp) return dead_letters_trouble_;
  if (trouble_.state != Health::State::kUp) return trouble_;
  if (in_flight_messages_ > 0 && now - progress_ns_ >= kStallNs) {
    return {Health::State::kUnreachable, "no broker has acknowledged anything for " +
                                             std::to_string(kStallNs / base::kNsPerSecond) + " s"};
  }
  return {};
}

std::vector<DeadLetterCount> KafkaSender::dead_letters() const {
  return dead_letters_->counts();
}

size_t KafkaSender::memory_bytes() const {
  return held_bytes_ + in_flight_messages_ * kClientBytesPerMessage;
}

}  // namespace sawlog::outputs
