#include "outputs/kafka_calls.h"

#include <mutex>
#include <thread>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "lib/base/check.h"
#include "outputs/kafka_client.h"
#include "outputs/kafka_conf.h"
#include "outputs/kafka_errors.h"

namespace sawlog::outputs {
namespace {

constexpr int kCallMs = KafkaClient::kCallSeconds * 1000;

struct FreeError {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
using CallError = std::unique_ptr<rd_kafka_error_t, FreeError>;

struct FreeClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using Client = std::unique_ptr<rd_kafka_t, FreeClient>;

struct FreeList {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, FreeList>;

struct FreeGroup {
  void operator()(rd_kafka_consumer_group_metadata_t* group) const {
    rd_kafka_consumer_group_metadata_destroy(group);
  }
};
using Group = std::unique_ptr<rd_kafka_consumer_group_metadata_t, FreeGroup>;

KafkaAnswer answer_of(const CallError& error) {
  if (error == nullptr) return {};
  const int code = rd_kafka_error_code(error.get());
  const bool can_go_on = rd_kafka_error_is_retriable(error.get()) != 0 &&
                         rd_kafka_error_is_fatal(error.get()) == 0 &&
                         rd_kafka_error_txn_requires_abort(error.get()) == 0;
  return {can_go_on ? KafkaAnswer::Kind::kAgain : kafka_failure(code),
          rd_kafka_error_string(error.get()),
          {}};
}

bool is_about_time(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
      return true;
    default:
      return false;
  }
}

KafkaAnswer failed(rd_kafka_resp_err_t error, const std::string& what) {
  return {is_about_time(error) ? KafkaAnswer::Kind::kAgain : kafka_failure(error),
          what + ": " + rd_kafka_err2str(error),
          {}};
}

}  // namespace

class KafkaCalls::Implementation {
 public:
  Implementation(rd_kafka_t* producer, KafkaClientOptions options, int wake_fd)
      : producer_(producer), options_(std::move(options)), wake_fd_(wake_fd) {}
  ~Implementation() {
    if (thread_.joinable()) thread_.join();
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  void start(const KafkaCall& call) {
    CHECK(!thread_.joinable());
    thread_ = std::thread([this, call] {
      KafkaAnswer answer = make(call);
      {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(answer);
      }
      const uint64_t one = 1;
      [[maybe_unused]] const ssize_t ignored = write(wake_fd_, &one, sizeof(one));
    });
  }

  [[nodiscard]] bool is_running() const { return thread_.joinable(); }

  std::optional<KafkaAnswer> take() {
    std::optional<KafkaAnswer> answer;
    {
      const std::lock_guard lock(mutex_);
      answer = std::exchange(answer_, std::nullopt);
    }
    if (answer) thread_.join();
    return answer;
  }

 private:
  KafkaAnswer make(const KafkaCall& call) {
    switch (call.kind) {
      case KafkaCall::Kind::kInit:
        return answer_of(CallError(rd_kafka_init_transactions(producer_, kCallMs)));
      case KafkaCall::Kind::kAsk:
        return ask(call.topics);
      case KafkaCall::Kind::kSendNumber:
        return send_number(call.mark);
      case KafkaCall::Kind::kCommit:
        return answer_of(CallError(rd_kafka_commit_transaction(producer_, kCallMs)));
      case KafkaCall::Kind::kAbort:
        return answer_of(CallError(rd_kafka_abort_transaction(producer_, kCallMs)));
    }
    return {};
  }

  KafkaAnswer send_number(const KafkaMark& mark) {
    const PartitionList offsets(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(offsets.get(), mark.topic.c_str(), 0)->offset =
        static_cast<int64_t>(mark.number);
    const Group group(rd_kafka_consumer_group_metadata_new(options_.transactional_id.c_str()));
    return answer_of(CallError(
        rd_kafka_send_offsets_to_transaction(producer_, offsets.get(), group.get(), kCallMs)));
  }

  // By a consumer that never subscribes. It asks for stable offsets only (isolation.level), so an
  // answer is not from before a transaction whose end the group has not seen yet.
  KafkaAnswer ask(const std::vector<std::string>& topics) {
    if (reader_ == nullptr) {
      if (auto made = make_reader(); made.kind != KafkaAnswer::Kind::kDone) return made;
    }
    const PartitionList offsets(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
    for (const std::string& topic : topics) {
      rd_kafka_topic_partition_list_add(offsets.get(), topic.c_str(), 0);
    }
    const std::string what = "cannot ask for the number of the last transaction";
    if (const auto error = rd_kafka_committed(reader_.get(), offsets.get(), kCallMs)) {
      return failed(error, what);
    }
    KafkaAnswer answer;
    for (int i = 0; i < offsets->cnt; ++i) {
      const rd_kafka_topic_partition_t& partition = offsets->elems[i];
      const bool is_gone = partition.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
      if (partition.err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_gone) {
        return failed(partition.err, what);
      }
      answer.numbers.push_back(is_gone || partition.offset < 0 ? KafkaAnswer::kNoNumber
                                                               : partition.offset);
    }
    reader_.reset();
    return answer;
  }

  KafkaAnswer make_reader() {
    const auto properties = kafka_reader_properties(options_, options_.transactional_id);
    CHECK(properties);
    auto conf = make_kafka_conf(*properties);
    CHECK(conf);
    char reason[512];
    reader_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, conf->get(), reason, sizeof(reason)));
    if (reader_ == nullptr) return {KafkaAnswer::Kind::kFailed, reason, {}};
    (void)conf->release();  // now the reader's
    return {};
  }

  rd_kafka_t* const producer_;
  const KafkaClientOptions options_;
  const int wake_fd_;
  std::thread thread_;  // of the call that runs, or whose answer was not taken
  Client reader_;       // on that thread
  std::mutex mutex_;
  std::optional<KafkaAnswer> answer_;
};

KafkaCalls::KafkaCalls(rd_kafka_t* producer, KafkaClientOptions options, int wake_fd)
    : implementation_(std::make_unique<Implementation>(producer, std::move(options), wake_fd)) {}
KafkaCalls::~KafkaCalls() = default;

void KafkaCalls::start(const KafkaCall& call) {
  implementation_->start(call);
}
bool KafkaCalls::is_running() const {
  return implementation_->is_running();
}
std::optional<KafkaAnswer> KafkaCalls::take() {
  return implementation_->take();
}

}  // namespace sawlog::outputs
