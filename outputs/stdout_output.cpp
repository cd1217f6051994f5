#include "outputs/stdout_output.h"

#include <cerrno>
#include <climits>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

constexpr int64_t kSaveDelayNs = 20 * base::kNsPerMs;
constexpr size_t kFileWriteBytesMax = 1u << 20;

bool is_regular_file(int descriptor) {
  struct stat status{};
  return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

StdoutOutput::StdoutOutput(StdoutOptions options)
    : options_(std::move(options)),
      pretty_(options_.pretty
                  ? std::optional<PrettyLine>(std::in_place, isatty(options_.descriptor) == 1)
                  : std::nullopt),
      reader_(pretty_ ? pretty_->field_names() : std::vector<std::string>{},
              options_.pretty ? parsers::Purpose::kFields : parsers::Purpose::kShipping),
      writer_(options_.lines),
      may_block_(!is_regular_file(options_.descriptor)) {
  if (pretty_) pretty_->bind(reader_);
  if (!may_block_) return;
  wake_fd_ = epoll_create1(EPOLL_CLOEXEC);
  CHECK(wake_fd_ >= 0);
  // Armed only while there is something to write. What epoll cannot watch (/dev/null) never blocks.
  epoll_event event{};
  if (epoll_ctl(wake_fd_, EPOLL_CTL_ADD, options_.descriptor, &event) != 0) {
    close(std::exchange(wake_fd_, -1));
    may_block_ = false;
  }
}

StdoutOutput::~StdoutOutput() {
  if (wake_fd_ >= 0) close(wake_fd_);
}

base::Expected<void> StdoutOutput::restore(std::span<const std::string>) {
  return {};
}

bool StdoutOutput::wants_more() const {
  return health_.state == Health::State::kUp && held_bytes_ < options_.batch.memory_bytes_max / 2;
}

Handled StdoutOutput::handle(const parsers::Chunk& chunk, Delivery delivery) {
  Framed framed{{}, std::move(delivery)};
  framed.text.reserve(chunk.bytes.size() + chunk.bytes.size() / 2);
  const Handled handled = frame_records(reader_, chunk, [&](const parsers::Record& record) {
    if (pretty_) {
      pretty_->append(record, framed.text);
    } else {
      writer_.append(chunk, record, framed.text);
      framed.text += '\n';
    }
  });
  held_bytes_ += framed.text.capacity();
  framed_.push_back(std::move(framed));
  return handled;
}

Wake StdoutOutput::step() {
  if (health_.state != Health::State::kUp) return {};
  while (!framed_.empty()) {
    Framed& framed = framed_.front();
    std::string_view rest = std::string_view(framed.text).substr(written_bytes_);
    const Written written = write_some(rest);
    written_bytes_ = framed.text.size() - rest.size();
    if (written == Written::kBroken) return {};
    if (written == Written::kFull) {
      wait_for_room();
      return {};
    }
    const uint64_t lines = framed.delivery.range().line_count;
    std::move(framed.delivery).settle({.delivered = lines});
    held_bytes_ -= framed.text.capacity();
    framed_.pop_front();
    written_bytes_ = 0;
  }
  return {};
}

// A pipe that poll() calls writable takes PIPE_BUF bytes without blocking, not more.
StdoutOutput::Written StdoutOutput::write_some(std::string_view& text) {
  while (!text.empty()) {
    pollfd ready{options_.descriptor, POLLOUT, 0};
    if (may_block_ && (poll(&ready, 1, 0) <= 0 || (ready.revents & (POLLOUT | POLLERR)) == 0)) {
      return Written::kFull;
    }
    const size_t count = std::min<size_t>(text.size(), may_block_ ? PIPE_BUF : kFileWriteBytesMax);
    const ssize_t written = write(options_.descriptor, text.data(), count);
    if (written >= 0) {
      ++counters_.requests;
      counters_.sent_bytes += static_cast<uint64_t>(written);
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      return Written::kFull;
    } else if (errno != EINTR) {
      const int error = errno;
      health_ = {Health::State::kPaused,
                 error == EPIPE ? "nobody reads the standard output any more"
                                : base::os_error("write to", "standard output", error).message};
      return Written::kBroken;
    }
  }
  return Written::kAll;
}

void StdoutOutput::wait_for_room() {
  epoll_event event{};
  event.events = EPOLLOUT | EPOLLONESHOT;
  CHECK(wake_fd_ >= 0);
  CHECK(epoll_ctl(wake_fd_, EPOLL_CTL_MOD, options_.descriptor, &event) == 0);
}

int64_t StdoutOutput::save_delay_ns() const {
  return kSaveDelayNs;
}

size_t StdoutOutput::memory_bytes() const {
  return held_bytes_;
}

}  // namespace sawlog::outputs
