#include "outputs/kafka_output.h"

#include <cerrno>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

// What librdkafka holds for a message besides the bytes that are ours: its own structure, the key,
// and the headers, each in a piece of memory of its own.
constexpr size_t kClientBytesPerMessage = 768;
// A crash sends again what was delivered and not saved: as little as a save costs.
constexpr int64_t kSaveDelayNs = 20 * base::kNsPerMs;
// So long without any report while messages are in flight is worth a word.
constexpr int64_t kStallNs = 30 * base::kNsPerSecond;

}  // namespace

KafkaOutput::KafkaOutput(const base::Clock& clock, std::unique_ptr<DeadLetters> dead_letters,
                         KafkaOptions options, KafkaTopic topic, int wake_fd)
    : clock_(clock),
      options_(std::move(options)),
      dead_letters_(std::move(dead_letters)),
      wake_fd_(wake_fd),
      framer_(std::move(topic), options_.key_field, options_.lines),
      backoff_(options_.retry, options_.retry_seed),
      dead_letters_backoff_(options_.retry, options_.retry_seed + 1) {}

KafkaOutput::~KafkaOutput() {
  client_.reset();
  close(wake_fd_);
}

base::Expected<std::unique_ptr<KafkaOutput>> KafkaOutput::create(
    const base::Clock& clock, std::unique_ptr<DeadLetters> dead_letters, KafkaOptions options) {
  CHECK(dead_letters != nullptr);
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

base::Expected<void> KafkaOutput::restore(std::span<const std::string>) {
  return {};
}

// --- taking lines ------------------------------------------------------------------------------

bool KafkaOutput::wants_more() const {
  if (dead_letters_trouble_.state != Health::State::kUp) return false;
  return chunks_.empty() || memory_bytes() + chunk_bytes_max_ <= options_.batch.memory_bytes_max;
}

Handled KafkaOutput::handle(const parsers::Chunk& chunk, Delivery delivery) {
  Handled handled;
  auto framed = framer_.frame(chunk, std::move(delivery), handled);
  framed->sequence = chunks_handled_++;
  const size_t bytes = framed->memory_bytes();
  held_bytes_ += bytes;
  chunk_bytes_max_ =
      std::max(chunk_bytes_max_, bytes + framed->messages.size() * kClientBytesPerMessage);
  if (waiting_bytes_ == 0) waiting_since_ns_ = clock_.monotonic_ns();
  waiting_bytes_ += framed->text.size();
  chunks_.push_back(std::move(framed));
  return handled;
}

void KafkaOutput::drain() {
  is_draining_ = true;
}

Wake KafkaOutput::step() {
  const int64_t now = clock_.monotonic_ns();
  take_reports(now);
  replace_fatal_client(now);
  if (!is_replacing_client_) produce_due(now);
  write_dead_letters(now);
  release_settled();
  is_stalled_ = in_flight_messages_ > 0 && now - progress_ns_ >= kStallNs;
  return next_wake(now);
}

// --- the client --------------------------------------------------------------------------------

base::Expected<void> KafkaOutput::make_client() {
  auto client = KafkaClient::create(options_.client, wake_fd_);
  if (!client) return tl::unexpected(client.error());
  client_ = std::move(*client);
  client_topics_ = 0;
  return {};
}

// A fatal error ends an idempotent producer for good. What it had comes back by purge() and goes
// through a new one; of what was in flight nobody knows whether it arrived.
void KafkaOutput::replace_fatal_client(int64_t now) {
  if (!client_->is_fatal()) return;
  if (!is_replacing_client_) {
    is_replacing_client_ = true;
    trouble_ = client_->connection();
    replace_at_ns_ = now + backoff_.next_delay_ns("", clock_.unix_ns());
    client_->purge();
  }
  if (in_flight_messages_ > 0 || now < replace_at_ns_) return;
  const uint64_t sent_bytes = client_->sent_bytes();
  const uint64_t requests = client_->requests();
  if (auto made = make_client(); !made) {
    trouble_ = {Health::State::kPaused, made.error().message};
    replace_at_ns_ = now + backoff_.next_delay_ns("", clock_.unix_ns());
    return;
  }
  counters_.sent_bytes += sent_bytes;
  counters_.requests += requests;
  is_replacing_client_ = false;
}

void KafkaOutput::take_reports(int64_t now) {
  reports_.clear();
  client_->poll(reports_);
  if (!reports_.empty()) progress_ns_ = now;
  for (const KafkaReport& report : reports_) take_report(report);
}

void KafkaOutput::take_report(const KafkaReport& report) {
  Message& message = *static_cast<Message*>(report.message);
  CHECK(message.state == KafkaMessageState::kInFlight);
  CHECK(in_flight_messages_ > 0 && in_flight_bytes_ >= message.size_bytes());
  --in_flight_messages_;
  in_flight_bytes_ -= message.size_bytes();
  switch (report.verdict) {
    case KafkaVerdict::kDelivered:
      message.state = KafkaMessageState::kDelivered;
      ++message.chunk->outcome.delivered;
      trouble_ = {};
      backoff_.success();
      finish(message);
      break;
    case KafkaVerdict::kRefused:
      set_aside(message, report.type, report.text);
      break;
    case KafkaVerdict::kBatchRefused:
      if (repetition_.burst() == 1) {
        set_aside(message, report.type, report.text);
      } else {
        repetition_.add_suspect(message);
        ++counters_.retries;
      }
      break;
    case KafkaVerdict::kRetry:
    case KafkaVerdict::kOperator:
      take_failure(message, report);
      break;
  }
  if (in_flight_messages_ == 0) repetition_.end_burst();
}

void KafkaOutput::take_failure(Message& message, const KafkaReport& report) {
  // What was purged has not failed by itself, and its reason was told before.
  if (!is_replacing_client_) {
    ++message.attempts;
    const Health::State state = report.verdict == KafkaVerdict::kOperator
                                    ? Health::State::kPaused
                                    : Health::State::kUnreachable;
    trouble_ = {state, "cannot deliver to topic '" + framer_.topics()[message.topic] +
                           "': " + std::string(report.text)};
  }
  const uint64_t attempts_max = options_.retry.attempts_max;
  if (attempts_max > 0 && message.attempts >= attempts_max) {
    set_aside(message, report.type,
              std::string(report.text) + " (attempts: " + std::to_string(message.attempts) + ")");
    return;
  }
  repetition_.add(message, true);
  ++counters_.retries;
}

// --- dead letters ------------------------------------------------------------------------------

void KafkaOutput::set_aside(Message& message, std::string_view type, std::string_view text) {
  message.state = KafkaMessageState::kRefused;
  refused_.push_back({&message, std::string(type), std::string(text)});
}

void KafkaOutput::write_dead_letters(int64_t now) {
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

void KafkaOutput::finish(Message& message) {
  KafkaFramedChunk& chunk = *message.chunk;
  if (chunk.outcome.delivered + chunk.outcome.dead_lettered < chunk.messages.size()) return;
  held_bytes_ -= chunk.memory_bytes();
  std::move(chunk.delivery).settle(chunk.outcome);
  chunk.text = {};
  chunk.messages = {};
  held_bytes_ += chunk.memory_bytes();
}

void KafkaOutput::release_settled() {
  while (next_chunk_ > 0 && chunks_.front()->is_settled()) {
    held_bytes_ -= chunks_.front()->memory_bytes();
    chunks_.pop_front();
    --next_chunk_;
  }
}

// --- giving messages to the client -------------------------------------------------------------

void KafkaOutput::produce_due(int64_t now) {
  for (; client_topics_ < framer_.topics().size(); ++client_topics_) {
    CHECK(client_->add_topic(framer_.topics()[client_topics_]) == client_topics_);
  }
  if (!repetition_.is_empty()) produce_repetition(now);
  if (repetition_.is_empty()) produce_new(now);
}

void KafkaOutput::produce_repetition(int64_t now) {
  if (!repetition_.is_ordered()) {
    if (in_flight_messages_ > 0) return;
    repeat_at_ns_ = repetition_.order() ? now + backoff_.next_delay_ns("", clock_.unix_ns()) : now;
  }
  if (now < repeat_at_ns_) return;
  while (!repetition_.is_empty() && has_room()) {
    Message& message = repetition_.front();
    if (message.is_suspect) {
      if (in_flight_messages_ == 0) produce_burst(now);
      return;
    }
    if (!produce(message, now)) return;
    repetition_.pop_front();
  }
}

void KafkaOutput::produce_burst(int64_t now) {
  while (!repetition_.is_empty() && repetition_.burst() < repetition_.burst_max()) {
    Message& message = repetition_.front();
    if (!message.is_suspect || !produce(message, now)) return;
    repetition_.pop_front();
    repetition_.count_in_burst();
  }
}

void KafkaOutput::produce_new(int64_t now) {
  if (!is_new_due(now)) return;
  while (next_chunk_ < chunks_.size()) {
    KafkaFramedChunk& chunk = *chunks_[next_chunk_];
    for (; next_message_ < chunk.messages.size(); ++next_message_) {
      Message& message = chunk.messages[next_message_];
      if (message.topic == Message::kNoTopic) {
        set_aside(message, "too_many_topics",
                  "the topic's field has more than " + std::to_string(KafkaFramer::kTopicsMax) +
                      " different values");
      } else if (!has_room() || !produce(message, now)) {
        return;
      }
      waiting_bytes_ -= message.size_bytes();
    }
    ++next_chunk_;
    next_message_ = 0;
  }
  CHECK(waiting_bytes_ == 0);
  is_draining_ = false;
}

bool KafkaOutput::is_new_due(int64_t now) const {
  if (waiting_bytes_ == 0) return false;
  return is_draining_ || waiting_bytes_ >= options_.batch.bytes_max ||
         now - waiting_since_ns_ >= options_.batch.age_max_ns;
}

bool KafkaOutput::has_room() const {
  return repetition_.burst() == 0 &&
         in_flight_bytes_ < options_.batch.bytes_max * options_.batch.in_flight_max;
}

bool KafkaOutput::produce(Message& message, int64_t now) {
  const KafkaHeader headers[] = {{"log.record.uid", message.record_id()},
                                 {"log.file.path", message.chunk->file_path},
                                 {"content-type", "application/json"},
                                 {"traceparent", message.traceparent()}};
  const size_t header_count = message.has_trace ? 4 : 3;
  if (!client_->produce({message.topic, message.key(), message.payload(),
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

Wake KafkaOutput::next_wake(int64_t now) const {
  Wake wake;
  const auto not_later_than = [&](int64_t at) {
    wake.at_monotonic_ns = std::min(wake.at_monotonic_ns, at);
  };
  if (!refused_.empty()) not_later_than(dead_letters_at_ns_);
  if (in_flight_messages_ > 0)
    not_later_than(std::max(progress_ns_ + kStallNs, now + kStallNs / 8));
  if (is_replacing_client_) {
    if (in_flight_messages_ == 0) not_later_than(replace_at_ns_);
  } else if (!repetition_.is_empty()) {
    // Otherwise the next report wakes.
    if (!repetition_.is_ordered() && in_flight_messages_ == 0) not_later_than(now);
    if (repetition_.is_ordered() && now < repeat_at_ns_) not_later_than(repeat_at_ns_);
  } else if (waiting_bytes_ > 0 && !is_new_due(now)) {
    not_later_than(waiting_since_ns_ + options_.batch.age_max_ns);
  }
  wake.has_work = wake.at_monotonic_ns <= now || client_->has_reports();
  return wake;
}

int64_t KafkaOutput::save_delay_ns() const {
  return kSaveDelayNs;
}

int KafkaOutput::wake_fd() const {
  return wake_fd_;
}

Health KafkaOutput::health() const {
  const Health& connection = client_->connection();
  if (dead_letters_trouble_.state != Health::State::kUp) return dead_letters_trouble_;
  if (trouble_.state == Health::State::kPaused) return trouble_;
  if (connection.state != Health::State::kUp) return connection;
  if (trouble_.state != Health::State::kUp) return trouble_;
  if (is_stalled_) {
    return {Health::State::kUnreachable, "no broker has acknowledged anything for " +
                                             std::to_string(kStallNs / base::kNsPerSecond) + " s"};
  }
  return {};
}

OutputCounters KafkaOutput::counters() const {
  OutputCounters counters = counters_;
  counters.sent_bytes += client_->sent_bytes();
  counters.requests += client_->requests();
  return counters;
}

std::vector<DeadLetterCount> KafkaOutput::dead_letters() const {
  return dead_letters_->counts();
}

size_t KafkaOutput::memory_bytes() const {
  return held_bytes_ + in_flight_messages_ * kClientBytesPerMessage;
}

}  // namespace sawlog::outputs
