// The loggers that are compared, and the event that each of them logs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sawlog::benchmarks {

struct Event {
  std::string order_id = "ord-12345678";
  std::string provider = "stripe payments";
  double total = 12.5;
  int items = 3;
  int64_t user_id = 123'456'789;
  bool is_vip = true;
};

// One logger under test, in a process of its own.
struct Rival {
  const char* name;        // in the table
  const char* ratio_name;  // in the lines "ratio logger_p50_…"; Sawlog's own is empty
  std::function<void(const std::string& file)> start;
  std::function<void(const Event&)> call;
  std::function<void()> finish;  // everything is written when it returns
};

// Sawlog first, then spdlog, then quill if it was there when this was built.
[[nodiscard]] std::vector<Rival> rivals();

}  // namespace sawlog::benchmarks
