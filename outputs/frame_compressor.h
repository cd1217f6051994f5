// Turns a stream of lines into self-contained compressed frames (zstd frames, gzip members), which
// may be put one after the other in one file: the standard tools read it as one text.
//
// The context and its tables live as long as the object. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sawlog::outputs {

enum class FrameFormat : uint8_t { kNone, kGzip, kZstd };

class FrameCompressor {
 public:
  // zstd level 1 with a checksum, gzip as in outputs/gzip.h: the fastest that compress JSON lines
  // to about a seventh. kNone passes the bytes on. zstd compresses as it goes, gzip keeps the bytes
  // until finish().
  explicit FrameCompressor(FrameFormat format);
  ~FrameCompressor();
  FrameCompressor(const FrameCompressor&) = delete;
  FrameCompressor& operator=(const FrameCompressor&) = delete;

  // Adds bytes to the frame under way (begins one); what is ready is appended to out.
  void append(std::string_view bytes, std::string& out);
  // Ends the frame: with what is appended now, out holds a whole one. Nothing if none was begun.
  void finish(std::string& out);

  // What the object itself occupies.
  [[nodiscard]] size_t memory_bytes() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::outputs
