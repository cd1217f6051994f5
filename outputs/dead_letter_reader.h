// Reads a file of dead letters (outputs/dead_letters.h) from its beginning, letter by letter.
//
// Single-threaded. Holds one letter and a block of the file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::outputs {

struct ReadLetter {
  uint64_t begin = 0;  // in the file; end is that of the next letter
  uint64_t end = 0;
  bool is_readable = false;  // false: this line is no letter, and the fields below say nothing
  std::string output;
  std::string record_id;
  std::string file_path;
  uint64_t offset = 0;
  std::string line;  // the shipped form, byte for byte
};

class DeadLetterReader {
 public:
  explicit DeadLetterReader(std::unique_ptr<base::File> file);
  ~DeadLetterReader();
  DeadLetterReader(DeadLetterReader&&) noexcept;
  DeadLetterReader& operator=(DeadLetterReader&&) noexcept;

  // Empty at the end. A last line without its line end is no letter yet and not given.
  [[nodiscard]] base::Expected<std::optional<ReadLetter>> next();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::outputs
