// What the parts of tail share: the seams, the configuration, what is known, and what to tell.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/checkpoint/identity_store.h"
#include "agent/tail/known_file.h"
#include "agent/tail/tail.h"
#include "lib/base/clock.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

struct TailContext {
  base::Filesystem& filesystem;
  const base::Clock& clock;
  std::vector<TailSource> sources;
  TailOptions options;
  std::unique_ptr<IdentityStore> store;
  KnownFiles files;
  TailCounters counters;
  // What report_once() was given in the look before this one, and in this one.
  std::set<std::string> errors_before;
  std::set<std::string> errors_now;
  bool is_table_stale = false;  // the FileTable does not show what is known

  void report(TailEvent::Level level, std::string message, const KnownFile& known) const {
    if (options.report) options.report({level, std::move(message), known.path, known.record.id});
  }
  // An error that lasts is told when it begins, not at every look.
  void report_once(const std::string& message, const std::string& path) {
    if (!errors_now.insert(message).second || errors_before.contains(message)) return;
    if (options.report) options.report({TailEvent::Level::kError, message, path, base::FileId{}});
  }
  void save(const KnownFile& known) { store->put(known.record); }

  [[nodiscard]] base::FileId draw_id() const {
    const std::array<uint64_t, 2> bits = {options.random(), options.random()};
    base::FileId id;
    std::memcpy(id.bytes.data(), bits.data(), id.bytes.size());
    return id;
  }
  // Makes the object that consumers see, or goes on with the one that they may still hold: there is
  // never a second one for a FileId.
  void give_file(KnownFile& known) {
    is_table_stale = true;
    if (known.file == nullptr) {
      known.file = known.former_file.lock();
      if (known.file != nullptr) known.file->reopen();
    }
    if (known.file == nullptr) known.file = make_file(known);
    const TailSource& source = sources[known.source_index];
    known.file->set_source(source.context, source.line_bytes_max);
  }
  // No source means the file any more: it is left alone, with what is known of it.
  void set_aside(KnownFile& known) {
    known.source_index = kNoSource;
    if (known.file == nullptr) return;
    known.content.reset();
    known.former_file = known.file;
    known.file.reset();
    known.is_published = false;
    is_table_stale = true;
  }
  [[nodiscard]] std::shared_ptr<TailedFile> make_file(const KnownFile& known) const {
    const TailSource& source = sources[known.source_index];
    return std::make_shared<TailedFile>(known.record.id, source.context, source.line_bytes_max,
                                        known.record.path, options.consumer_count,
                                        known.record.start_offset);
  }
  [[nodiscard]] static std::shared_ptr<const Content> make_content(
      const KnownFile& known, std::shared_ptr<base::File> file) {
    auto content = std::make_shared<Content>();
    content->file = std::move(file);
    content->compression = known.compression;
    content->path = known.path;
    return content;
  }
};

}  // namespace sawlog::agent
