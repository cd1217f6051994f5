#include "agent/tail/file_state.h"

#include <gtest/gtest.h>

namespace sawlog::agent {
namespace {

using enum FileState;

void check(FileState from, const FileFacts& facts, FileState want) {
  EXPECT_EQ(next_state(from, facts), want) << int(from);
}

TEST(FileState, Life) {
  check(kReading, {.has_live_name = true}, kReading);
  check(kReading, {.has_live_name = true, .is_acknowledged = true}, kReading);
  check(kReading, {}, kRotated);
  check(kRotated, {.has_live_name = true}, kReading);
  check(kRotated, {.is_acknowledged = true}, kRotated);  // somebody may still write
  check(kRotated, {.end_is_final = true}, kRotated);     // not everybody has read it
  check(kRotated, {.end_is_final = true, .is_acknowledged = true}, kDrained);
  check(kReading, {.end_is_final = true, .is_acknowledged = true}, kDrained);
  check(kReading, {.is_given_up = true}, kDrained);
  check(kRotated, {.is_given_up = true}, kDrained);
  check(kDrained, {}, kDrained);  // until it is durable
  check(kDrained, {.is_release_durable = true}, kReleased);
  check(kReleased, {.has_live_name = true}, kReleased);
}

}  // namespace
}  // namespace sawlog::agent
