#include "tests/support/fake_output.h"

namespace sawlog::outputs {

base::Expected<void> FakeOutput::restore(std::span<const std::string> states) {
  destination_.restored_states.assign(states.begin(), states.end());
  return {};
}

Handled FakeOutput::handle(const parsers::Chunk& chunk, Delivery delivery) {
  Framed framed{{}, std::move(delivery)};
  for (const parsers::Line& line : chunk.lines) {
    framed.entries.push_back({chunk.file, chunk.offset_of(line), std::string(chunk.text(line)),
                              chunk.first_read_unix_ns});
  }
  framed_.push_back(std::move(framed));
  chunk_times_unix_ns.push_back(chunk.first_read_unix_ns);
  chunks_are_repeats.push_back(chunk.may_have_been_sent);
  return {.used_chunk_time = uses_chunk_time};
}

Wake FakeOutput::step() {
  for (size_t left = framed_.size(); left > 0; --left) {
    const FakeAnswer given = answer();
    if (given == FakeAnswer::kHold) break;
    Framed framed = std::move(framed_.front());
    framed_.pop_front();
    if (given != FakeAnswer::kLoseRequest) {
      destination_.entries.insert(destination_.entries.end(), framed.entries.begin(),
                                  framed.entries.end());
    }
    if (given != FakeAnswer::kAccept) continue;
    ++accepted_chunks_;
    std::move(framed.delivery).settle({.delivered = framed.entries.size()});
  }
  return {};
}

std::string FakeOutput::save_state(SaveKind kind) {
  return (kind == SaveKind::kFull ? "full " : "delta ") + std::to_string(accepted_chunks_);
}

}  // namespace sawlog::outputs
