// gzip by ISA-L at its level 1: as small as zlib -1 at five times the speed, which is two thirds of
// what shipping to Elasticsearch costs. One context for the life of an output; not thread-safe.
// ISA-L is required (Debian has it for amd64 and arm64).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace sawlog::outputs {

class GzipCompressor {
 public:
  GzipCompressor();
  ~GzipCompressor();
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;

  // Appends one whole gzip member with these bytes.
  void compress(std::string_view bytes, std::string& out);
  [[nodiscard]] size_t memory_bytes() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace sawlog::outputs
