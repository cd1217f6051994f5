// The last minutes of one selection of figures: what rate(), increase(), delta() and pNN() are made
// of.
//
// Invariants
//   * Of each set of labels at most kSamplesMax samples are kept, none much older than the window
//     but the one at which it begins: memory is bounded, whatever the window and the interval.
//   * What is kept of a counter is how much it has grown, summed up from look to look; a counter
//     that falls (a host that was restarted) has begun anew at 0, and nothing is counted twice or
//     as negative. Counters made from the logs never fall.
//   * Labels that appear between two looks began at 0, but for the host's counters.
//   * Times are the wall clock's and are saved: after a restart the window goes on where it was. If
//     the last look is longer ago than the window, the growth since then is spread over that time,
//     so that a backlog which is read at once is no peak.
//   * If the clock goes back behind the last look, everything is forgotten.
// Single-threaded.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "agent/alerts/figures.h"
#include "agent/checkpoint/bytes.h"
#include "parsers/figure_condition.h"

namespace sawlog::agent {

// Shared by all windows: what they may keep, in words of 8 bytes.
struct HistoryBudget {
  size_t words_max = 1'500'000;
  size_t words = 0;
  uint64_t left_out = 0;  // labels that had no room
};

class FigureWindow {
 public:
  static constexpr size_t kSamplesMax = 32;

  // budget outlives the window.
  FigureWindow(const parsers::FigureSelection& selection, HistoryBudget& budget)
      : function_(selection.function),
        window_ns_(selection.window_ns),
        quantile_(selection.quantile),
        budget_(&budget) {}

  // Takes the totals of now and returns what the function makes of them; nullopt at the first look,
  // which says nothing yet.
  [[nodiscard]] std::optional<parsers::FigureValues> look(const FigureTotals& totals,
                                                          int64_t now_unix_ns);

  void save(ByteWriter& writer) const;
  // False: the bytes are wrong.
  [[nodiscard]] bool restore(ByteReader& reader);

 private:
  struct Sample {
    int64_t at_unix_ns = 0;
    std::vector<double> grown;
  };
  struct Group {
    std::vector<double> last;   // as the totals were at the last look
    std::vector<double> grown;  // since the first one
    std::deque<Sample> samples;
  };

  void forget();
  void forget_missing(const FigureTotals& totals);
  [[nodiscard]] std::vector<double> numbers_of(const FigureTotal& total) const;
  Group* group_of(const parsers::FigureLabels& labels, const std::vector<double>& numbers,
                  bool is_from_zero, int64_t now_unix_ns);
  void grow(Group& group, std::vector<double> numbers) const;
  void keep(Group& group, int64_t now_unix_ns) const;
  [[nodiscard]] double value_of(const Group& group, std::span<const double> bounds,
                                int64_t now_unix_ns) const;

  parsers::FigureSelection::Function function_;
  int64_t window_ns_;
  double quantile_;
  HistoryBudget* budget_;
  int64_t looked_at_unix_ns_ = 0;  // 0: never
  std::map<parsers::FigureLabels, Group> groups_;
};

// Of labels, for whoever saves them.
void save_labels(const parsers::FigureLabels& labels, ByteWriter& writer);
[[nodiscard]] parsers::FigureLabels restore_labels(ByteReader& reader);

}  // namespace sawlog::agent
