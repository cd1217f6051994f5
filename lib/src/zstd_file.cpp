#include "lib/src/zstd_file.h"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <dlfcn.h>

namespace sawlog {

namespace {

// The part of zstd.h (stable since 1.4, libzstd.so.1) that is called.
struct InBuffer {
  const void* bytes;
  size_t size;
  size_t position;
};
struct OutBuffer {
  void* bytes;
  size_t size;
  size_t position;
};
struct Context;
constexpr int kEndFrame = 2;  // ZSTD_e_end; 0 is ZSTD_e_continue
constexpr int kChecksumFlag = 201;

struct Zstd {
  Context* (*create)() = nullptr;
  size_t (*free)(Context*) = nullptr;
  size_t (*set)(Context*, int, int) = nullptr;
  size_t (*compress)(Context*, OutBuffer*, InBuffer*, int) = nullptr;
  unsigned (*is_error)(size_t) = nullptr;

  [[nodiscard]] bool is_loaded() const {
    return create != nullptr && free != nullptr && set != nullptr && compress != nullptr &&
           is_error != nullptr;
  }
};

Zstd load() {
  Zstd zstd;
  void* const library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return zstd;
  const auto find = [library](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
  };
  find(zstd.create, "ZSTD_createCCtx");
  find(zstd.free, "ZSTD_freeCCtx");
  find(zstd.set, "ZSTD_CCtx_setParameter");
  find(zstd.compress, "ZSTD_compressStream2");
  find(zstd.is_error, "ZSTD_isError");
  return zstd;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

ssize_t read_some(int descriptor, void* bytes, size_t size) {
  ssize_t got = 0;
  do {
    got = ::read(descriptor, bytes, size);
  } while (got < 0 && errno == EINTR);
  return got;
}

bool write_whole(int descriptor, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

// One frame with a checksum, of all that `from` has until its end.
CompressionResult compress_all(const Zstd& zstd, int from, int to,
                               const std::atomic<bool>& must_stop) {
  constexpr size_t kPieceBytes = size_t{256} << 10;
  const std::unique_ptr<Context, size_t (*)(Context*)> context(zstd.create(), zstd.free);
  if (context == nullptr) return CompressionResult::kFailed;
  zstd.set(context.get(), kChecksumFlag, 1);
  std::vector<char> plain(kPieceBytes);
  std::vector<char> packed(kPieceBytes);
  while (!must_stop.load(std::memory_order_relaxed)) {
    const ssize_t got = read_some(from, plain.data(), plain.size());
    if (got < 0) return CompressionResult::kFailed;
    InBuffer in{plain.data(), static_cast<size_t>(got), 0};
    size_t left = 0;
    do {
      OutBuffer out{packed.data(), packed.size(), 0};
      left = zstd.compress(context.get(), &out, &in, got == 0 ? kEndFrame : 0);
      if (zstd.is_error(left) != 0 || !write_whole(to, packed.data(), out.position)) {
        return CompressionResult::kFailed;
      }
    } while (got == 0 ? left > 0 : in.position < in.size);
    if (got == 0) return CompressionResult::kDone;
  }
  return CompressionResult::kStopped;
}

}  // namespace

CompressionResult compress_file(const std::string& from, const std::string& to,
                                const std::atomic<bool>& must_stop) {
  static const Zstd zstd = load();
  if (!zstd.is_loaded()) return CompressionResult::kNoLibrary;
  const std::string unfinished = to + ".part";
  const Descriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  // One process does it, and none does it again.
  if (!source.is_open()) return CompressionResult::kFailed;
  if (flock(source.number(), LOCK_EX | LOCK_NB) != 0 || fstat(source.number(), &status) != 0 ||
      status.st_nlink == 0) {
    return CompressionResult::kStopped;
  }
  const Descriptor target(
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, status.st_mode & 07777));
  if (!target.is_open()) return CompressionResult::kFailed;
  CompressionResult result = compress_all(zstd, source.number(), target.number(), must_stop);
  const bool is_there = result == CompressionResult::kDone && fsync(target.number()) == 0 &&
                        ::rename(unfinished.c_str(), to.c_str()) == 0;
  if (is_there) return CompressionResult::kDone;
  ::unlink(unfinished.c_str());
  return result == CompressionResult::kDone ? CompressionResult::kFailed : result;
}

}  // namespace sawlog
