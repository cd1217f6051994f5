// Which letters of a file of dead letters were sent again, so that a replay that was broken off
// goes on behind them: a text file with a line for each, its place in the letters' file.
//
//     sawlog replay 1 INODE SIZE      of the letters' file: a log of another file says nothing
//     0
//     5113
//
// Invariant: add() returns when its letters are durably noted. A torn last line is no note.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>

#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

class ReplayLog {
 public:
  // Reads what is there, or begins anew.
  [[nodiscard]] static base::Expected<ReplayLog> open(base::Filesystem& filesystem,
                                                      const std::string& path,
                                                      const base::FileStat& letters);

  [[nodiscard]] bool contains(uint64_t letter_begin) const { return noted_.contains(letter_begin); }
  [[nodiscard]] base::Expected<void> add(std::span<const uint64_t> letter_begins);

 private:
  explicit ReplayLog(std::unique_ptr<base::File> file) : file_(std::move(file)) {}

  std::unique_ptr<base::File> file_;
  std::unordered_set<uint64_t> noted_;
};

}  // namespace sawlog::agent
