// What the fuzzer of the encoder found worth keeping (tests/fuzz/corpus/encoder).
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/any_record.h"

namespace sawlog {
namespace {

TEST(EncoderCorpus, EveryLineIsOneJsonObject) {
  size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(SAWLOG_SOURCE_DIR "/tests/fuzz/corpus/encoder")) {
    std::ostringstream bytes;
    bytes << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    SCOPED_TRACE(entry.path());
    tests::check_any_record(bytes.str());
    ++count;
  }
  EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace sawlog
