// What a server's answer means for the lines of its request: data that elasticsearch_answer.h and
// loki_answer.h make from an answer, without side effects, and http_sender.h acts upon.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sawlog::outputs {

enum class LineFate : uint8_t {
  kAgain,     // the server was busy for this line: sent again, alone
  kRefused,   // a fault of the line: to the dead letters
  kOperator,  // somebody must act (rights, a block, a missing index): kept, the output pauses
};

struct LineVerdict {
  uint32_t line = 0;
  LineFate fate = LineFate::kAgain;
  std::string type{};         // the server's word, countable
  std::string reason{};       // the server's sentence
  bool may_be_there = false;  // of kAgain: the server failed in the middle of it
};

struct Judgement {
  enum class Kind : uint8_t {
    kLines,     // every line is delivered, but for the exceptions
    kParts,     // the exceptions as they say, the others are sent again at once, in these parts
    kTooLarge,  // sent again at once in halves; requests are kept smaller from now on
    kBusy,      // the server refused everything for now: sent again after a wait
    kUnknown,   // no answer, or none that can be read: as kBusy, and the host is set aside
    kOperator,  // somebody must act: kept, tried again slowly
  };
  Kind kind = Kind::kLines;
  std::string reason{};                   // of everything but kLines; a sentence without secrets
  uint64_t already_there = 0;             // of kLines: delivered before this request
  uint64_t diverted = 0;                  // of kLines: taken, but put aside by the server
  std::string index{};                    // that took a line of it, where the answer says so
  std::vector<LineVerdict> exceptions{};  // rising lines
  std::vector<std::vector<uint32_t>> parts{};  // of kParts: rising lines
};

// Every line of a request is to blame, or may be.
[[nodiscard]] Judgement all_refused(uint32_t line_count, const std::string& type,
                                    const std::string& reason);
// Some line is to blame, and the halves will tell more. Needs two lines or more.
[[nodiscard]] Judgement in_halves(uint32_t line_count);

}  // namespace sawlog::outputs
