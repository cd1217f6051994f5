// What a destination answers when a command asks it (`sawlog check --connect`): whether it would
// take our lines now. Nothing is written there.
#pragma once

#include <cstdint>
#include <string>

namespace sawlog::outputs {

constexpr int64_t kProbeTimeoutNs = 10'000'000'000;  // of one question

struct Probe {
  bool works = false;
  // Works: what is there and what was checked. Else: what is wrong and what to do about it. One
  // line, without secrets.
  std::string text;
};

}  // namespace sawlog::outputs
