#include "outputs/kafka_client.h"

#include <charconv>
#include <mutex>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "lib/base/check.h"
#include "outputs/kafka_calls.h"
#include "outputs/kafka_conf.h"
#include "outputs/kafka_errors.h"

namespace sawlog::outputs {
namespace {

struct FreeEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, FreeEvent>;

// librdkafka tells why a transaction cannot go on only in its log.
class TransactionLog {
 public:
  static void take(const rd_kafka_t* client, int level, const char* facility, const char* text) {
    auto* const log = static_cast<TransactionLog*>(rd_kafka_opaque(client));
    if (log == nullptr) return;
    if (std::string_view(facility) == "TXNERR") {
      const std::lock_guard lock(log->mutex_);
      log->error_ = text;
    }
    if (log->is_printed_) rd_kafka_log_print(client, level, facility, text);
  }
  explicit TransactionLog(bool is_printed) : is_printed_(is_printed) {}
  [[nodiscard]] std::string error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  const bool is_printed_;
  mutable std::mutex mutex_;
  std::string error_;
};

// The number behind the last `"name":`, which in librdkafka's statistics is the client's own; those
// of brokers and topics stand before it.
uint64_t last_number(std::string_view json, std::string_view quoted_name) {
  const size_t at = json.rfind(quoted_name);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = json.substr(at + quoted_name.size());
  uint64_t number = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return number;
}

}  // namespace

class KafkaClient::Implementation {
 public:
  Implementation(KafkaConf conf, const KafkaClientOptions& options, int wake_fd)
      : wake_fd_(wake_fd), hint_(kafka_connection_hint(options)), log_(options.wants_debug()) {
    rd_kafka_conf_set_events(conf.get(),
                             RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
    if (!options.transactional_id.empty()) {
      rd_kafka_conf_set_opaque(conf.get(), &log_);
      rd_kafka_conf_set_log_cb(conf.get(), &TransactionLog::take);
    }
    char reason[512];
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), reason, sizeof(reason));
    if (client_ == nullptr) {
      refusal_ = reason;
      return;
    }
    (void)conf.release();  // now the client's
    calls_ = std::make_unique<KafkaCalls>(client_, options, wake_fd);
    queue_ = rd_kafka_queue_get_main(client_);
    const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(queue_, wake_fd_, &one, sizeof(one));
  }

  ~Implementation() {
    if (client_ == nullptr) return;
    calls_.reset();
    rd_kafka_queue_io_event_enable(queue_, -1, nullptr, 0);
    rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                RD_KAFKA_PURGE_F_NON_BLOCKING);
    for (rd_kafka_topic_t* topic : topics_) rd_kafka_topic_destroy(topic);
    rd_kafka_queue_destroy(queue_);
    rd_kafka_destroy(client_);
  }

  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  size_t add_topic(const std::string& name) {
    rd_kafka_topic_t* const topic = rd_kafka_topic_new(client_, name.c_str(), nullptr);
    CHECK(topic != nullptr);
    topics_.push_back(topic);
    return topics_.size() - 1;
  }

  bool produce(const KafkaMessage& message) {
    rd_kafka_vu_t arguments[5];
    arguments[0].vtype = RD_KAFKA_VTYPE_RKT;
    arguments[0].u.rkt = topics_[message.topic];
    arguments[1].vtype = RD_KAFKA_VTYPE_KEY;
    arguments[1].u.mem = {const_cast<char*>(message.key.data()), message.key.size()};
    arguments[2].vtype = RD_KAFKA_VTYPE_VALUE;
    arguments[2].u.mem = {const_cast<char*>(message.payload.data()), message.payload.size()};
    arguments[3].vtype = RD_KAFKA_VTYPE_OPAQUE;
    arguments[3].u.ptr = message.message;
    arguments[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    arguments[4].u.headers = headers_of(message);
    rd_kafka_error_t* const error = rd_kafka_produceva(client_, arguments, std::size(arguments));
    if (error == nullptr) return true;
    rd_kafka_headers_destroy(arguments[4].u.headers);  // ours again
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
    refused_.push_back(report(message.message, code));
    if (refused_.back().verdict == KafkaVerdict::kBatchRefused) {
      refused_.back().verdict = KafkaVerdict::kRefused;  // there is no batch yet
    }
    return true;
  }

  void poll(std::vector<KafkaReport>& reports) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t ignored = read(wake_fd_, &count, sizeof(count));
    reports.insert(reports.end(), refused_.begin(), refused_.end());
    refused_.clear();
    while (const Event event{rd_kafka_queue_poll(queue_, 0)}) take(event.get(), reports);
  }

  void purge() {
    rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                RD_KAFKA_PURGE_F_NON_BLOCKING);
  }

  base::Expected<void> begin() {
    rd_kafka_error_t* const error = rd_kafka_begin_transaction(client_);
    if (error == nullptr) return {};
    const std::string reason = rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
    return base::unexpected(base::ErrorCode::kUnavailable, reason);
  }

  [[nodiscard]] KafkaCalls& calls() { return *calls_; }

  [[nodiscard]] KafkaAnswer failure() const {
    char reason[512];
    const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_, reason, sizeof(reason));
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) return {kafka_failure(fatal), reason, {}};
    const std::string error = log_.error();
    const bool is_operator = error.find("AUTHORIZATION_FAILED") != std::string::npos;
    return {is_operator ? KafkaAnswer::Kind::kOperator : KafkaAnswer::Kind::kFailed,
            error.empty() ? "the transaction has failed" : error,
            {}};
  }

  [[nodiscard]] bool has_reports() const { return !refused_.empty(); }
  [[nodiscard]] const Health& connection() const { return connection_; }
  [[nodiscard]] bool is_fatal() const { return is_fatal_; }
  [[nodiscard]] uint64_t sent_bytes() const { return sent_bytes_; }
  [[nodiscard]] uint64_t requests() const { return requests_; }

 private:
  static KafkaReport report(void* message, rd_kafka_resp_err_t error) {
    return {message, kafka_verdict(error), rd_kafka_err2name(error), rd_kafka_err2str(error)};
  }

  static rd_kafka_headers_t* headers_of(const KafkaMessage& message) {
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(message.headers.size());
    for (const KafkaHeader& header : message.headers) {
      rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()),
                          header.value.data(), static_cast<ssize_t>(header.value.size()));
    }
    return headers;
  }

  void take(rd_kafka_event_t* event, std::vector<KafkaReport>& reports) {
    switch (rd_kafka_event_type(event)) {
      case RD_KAFKA_EVENT_DR:
        while (const rd_kafka_message_t* const message = rd_kafka_event_message_next(event)) {
          reports.push_back(report(message->_private, message->err));
          if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && !is_fatal_) connection_ = {};
        }
        break;
      case RD_KAFKA_EVENT_ERROR:
        take_error(event);
        break;
      case RD_KAFKA_EVENT_STATS:
        take_statistics(rd_kafka_event_stats(event));
        break;
      default:
        break;
    }
  }

  void take_error(rd_kafka_event_t* event) {
    if (is_fatal_) return;
    const rd_kafka_resp_err_t error = rd_kafka_event_error(event);
    if (error == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event) != 0) {
      char reason[512];
      const rd_kafka_resp_err_t cause = rd_kafka_fatal_error(client_, reason, sizeof(reason));
      is_fatal_ = true;
      // A new one is made, so mostly it goes on by itself.
      const bool is_operator = kafka_failure(cause) == KafkaAnswer::Kind::kOperator;
      connection_ = {
          is_operator ? Health::State::kPaused : Health::State::kUnreachable,
          std::string("the producer gave up: ") + rd_kafka_err2name(cause) + ": " + reason};
      return;
    }
    if (is_refused_connection(error)) {
      connection_ = {Health::State::kPaused, rd_kafka_event_error_string(event) + hint_};
    } else if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
      // Follows the failures of the single brokers, which say why.
      if (connection_.state == Health::State::kPaused) return;
      connection_ = {Health::State::kUnreachable,
                     last_failure_.empty() ? rd_kafka_event_error_string(event) : last_failure_};
    } else if (error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__RESOLVE) {
      last_failure_ = rd_kafka_event_error_string(event);
    }
  }

  void take_statistics(std::string_view json) {
    sent_bytes_ = last_number(json, "\"tx_bytes\":");
    requests_ = last_number(json, "\"tx\":");
    // A broker is UP after TLS and authentication only.
    if (!is_fatal_ && json.find("\"state\":\"UP\"") != std::string_view::npos) connection_ = {};
  }

  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  const int wake_fd_;
  std::string refusal_;
  std::vector<rd_kafka_topic_t*> topics_;
  std::vector<KafkaReport> refused_;  // by produce() itself
  Health connection_;
  std::string last_failure_;  // of one broker
  const std::string hint_;    // for whoever looks for the cause of a refused connection
  TransactionLog log_;
  std::unique_ptr<KafkaCalls> calls_;
  bool is_fatal_ = false;
  uint64_t sent_bytes_ = 0;
  uint64_t requests_ = 0;
};

KafkaClient::KafkaClient(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
KafkaClient::~KafkaClient() = default;

base::Expected<std::unique_ptr<KafkaClient>> KafkaClient::create(const KafkaClientOptions& options,
                                                                 int wake_fd) {
  return make(options, wake_fd, true);
}

base::Expected<std::unique_ptr<KafkaClient>> KafkaClient::make(const KafkaClientOptions& options,
                                                               int wake_fd, bool connects) {
  auto properties = kafka_properties(options);
  if (!properties) return tl::unexpected(properties.error());
  if (!connects) {
    std::erase_if(*properties, [](const auto& pair) { return pair.first == "bootstrap.servers"; });
  }
  auto conf = make_kafka_conf(*properties);
  if (!conf) return tl::unexpected(conf.error());
  auto implementation = std::make_unique<Implementation>(std::move(*conf), options, wake_fd);
  if (!implementation->refusal().empty()) {
    return base::unexpected(base::ErrorCode::kInvalid,
                            "cannot make a Kafka producer: " + implementation->refusal());
  }
  return std::unique_ptr<KafkaClient>(new KafkaClient(std::move(implementation)));
}

base::Expected<void> KafkaClient::check(const KafkaClientOptions& options) {
  auto client = make(options, -1, false);
  if (!client) return tl::unexpected(client.error());
  return {};
}

size_t KafkaClient::add_topic(const std::string& name) {
  return implementation_->add_topic(name);
}
bool KafkaClient::produce(const KafkaMessage& message) {
  return implementation_->produce(message);
}
void KafkaClient::poll(std::vector<KafkaReport>& reports) {
  implementation_->poll(reports);
}
void KafkaClient::purge() {
  implementation_->purge();
}
bool KafkaClient::has_reports() const {
  return implementation_->has_reports();
}
const Health& KafkaClient::connection() const {
  return implementation_->connection();
}
bool KafkaClient::is_fatal() const {
  return implementation_->is_fatal();
}
base::Expected<void> KafkaClient::begin() {
  return implementation_->begin();
}
void KafkaClient::start_call(const KafkaCall& call) {
  implementation_->calls().start(call);
}
bool KafkaClient::is_calling() const {
  return implementation_->calls().is_running();
}
std::optional<KafkaAnswer> KafkaClient::take_answer() {
  return implementation_->calls().take();
}
KafkaAnswer KafkaClient::failure() const {
  return implementation_->failure();
}
uint64_t KafkaClient::sent_bytes() const {
  return implementation_->sent_bytes();
}
uint64_t KafkaClient::requests() const {
  return implementation_->requests();
}

}  // namespace sawlog::outputs
