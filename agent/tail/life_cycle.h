// What happens to files between being found and being let go: whether their end is final, whether
// every consumer is done with them, which of them are held open.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/tail/file_state.h"
#include "agent/tail/held_content.h"
#include "agent/tail/tail_context.h"

namespace sawlog::agent {

class LifeCycle {
 public:
  explicit LifeCycle(TailContext& context) : context_(context), held_(context) {}

  // Decides, in memory and in what the identity store is to write.
  void decide();
  // Shows the decisions to consumers. Only when the identity store has written them.
  void publish(FileTable& table);
  // Unread files are closed only because too many others are open.
  [[nodiscard]] bool has_waiting_files() const { return has_waiting_files_; }
  // Why content that will be lost with this process could not be copied.
  [[nodiscard]] const std::optional<base::Error>& hold_error() const { return hold_error_; }

 private:
  void decide_one(KnownFile& known);
  bool is_to_be_held(const KnownFile& known) const;
  void look_after_copy(KnownFile& known);
  static void note_furthest(KnownFile& known);
  void note_rotation(const KnownFile& known);
  void undo_end(KnownFile& known);
  void find_end(KnownFile& known);
  bool nobody_writes(KnownFile& known);
  void report_damage(KnownFile& known);
  bool is_acknowledged(const KnownFile& known) const;
  void stage_release(KnownFile& known);
  void give_up(KnownFile& known);
  void forget(const std::vector<base::FileId>& ids);

  void publish_list(FileTable& table, FileList files) const;
  void show(KnownFile& known);
  void let_go(KnownFile& known);
  void close_idle(KnownFile& known);
  bool needs_content(const KnownFile& known) const;
  bool is_active(const KnownFile& known) const;
  void open_wanted();
  bool open(KnownFile& known);

  TailContext& context_;
  HeldContents held_;
  std::optional<base::Error> hold_error_;
  bool was_cleaned_ = false;
  int64_t now_ns_ = 0;
  bool has_waiting_files_ = false;
};

}  // namespace sawlog::agent
