// Which lines are in the index already: what makes `create` exact over a rollover.
//
// `create` with an _id refuses what is there, but _id is unique within one backing index only. A
// line that was sent to the index before a rollover and is sent again after it would be there
// twice. So lines whose outcome is unknown (no answer, a crash) are first looked up where they may
// be, and only what is absent is sent:
//
//   ask ──▶ GET _resolve/index/TARGET ──▶ POST INDEX/_mget, one index after the other ──▶ send
//
// They may be in every index from the one that took lines when they were sent first (or the one
// saved before the crash) to the one that is written now. Answers to _bulk tell which index takes
// lines; a name is remembered by its number in the order in which they took over.
//
// What is saved with the cursors: the oldest index in which an unsettled line may be, and whether
// there are such lines at all. Before the first line is sent after a clean end, it is saved that
// there may be some (wants_save(), may_send()).
//
// Without the right to read the indices nothing can be looked up: a repeat around a rollover is
// then possible, and said once. A request that the server still works on while we look, with a
// rollover in the same moment, cannot be seen either.
//
// Inactive (ask() says no, nothing is saved) where _id alone is exact or not wanted.
// Single-threaded.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "outputs/batch.h"
#include "outputs/http_transport.h"
#include "outputs/judgement.h"

namespace sawlog::outputs {

class ElasticsearchLookup {
 public:
  // target: a data stream, an alias or an index; "" makes it inactive.
  explicit ElasticsearchLookup(std::string target);

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states);
  // first_sent_min, is_empty: of the lines that are not settled. is_ending: no more will come.
  [[nodiscard]] std::string save_state(uint64_t first_sent_min, bool is_empty, bool is_ending);
  void saved();
  [[nodiscard]] bool wants_save(bool is_empty, bool is_ending) const;
  void past_repeats() { has_repeats_ = false; }

  // Lines come: may they have been sent before? The first after a start are looked up in any case,
  // so that missing rights are known from the beginning.
  [[nodiscard]] bool begin_lines(bool may_have_been_sent);
  [[nodiscard]] bool may_send() const { return session_ != Session::kOpening; }

  // HttpDestination's; ask() appends path and query to request.url.
  [[nodiscard]] bool ask(Batch& batch, HttpRequest& request) const;
  [[nodiscard]] Judgement judge_found(const HttpResponse& response, Batch& batch);
  void sending(Batch& batch) const;
  void took_lines(const std::string& index);

  [[nodiscard]] std::vector<std::string> take_notices();

 private:
  enum class Session : uint8_t { kClean, kOpening, kOpen };

  [[nodiscard]] Judgement judge_indices(const HttpResponse& response, Batch& batch);
  [[nodiscard]] Judgement judge_documents(const HttpResponse& response, Batch& batch);
  [[nodiscard]] uint64_t first_sent(const Batch& batch) const;
  [[nodiscard]] std::vector<std::string> places_of(const Batch& batch,
                                                   std::vector<std::string> indices) const;
  [[nodiscard]] std::vector<std::string> known_since(uint64_t number) const;
  [[nodiscard]] const std::string& name(uint64_t number) const;
  void cannot_look(const std::string& what, const std::string& why);

  const std::string target_;
  Session session_;
  bool is_saving_clean_ = false;
  bool has_repeats_ = false;  // since a start that was not clean
  bool has_looked_ = false;   // since the start: the rights are known
  bool has_complained_ = false;

  // Those that took lines, oldest first; the first may be "": before anything was known.
  std::deque<std::string> indices_{""};
  uint64_t first_number_ = 0;  // of indices_.front()
  std::vector<std::string> notices_;
};

}  // namespace sawlog::outputs
