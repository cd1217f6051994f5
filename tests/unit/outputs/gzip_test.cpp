#include "outputs/gzip.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/unit/outputs/gunzip.h"

namespace sawlog::outputs {
namespace {

void check_round_trip(GzipCompressor& compressor, const std::string& text) {
  std::string compressed = "before ";
  compressor.compress(text, compressed);
  ASSERT_EQ(compressed.substr(0, 7), "before ");
  EXPECT_TRUE(gunzip(compressed.substr(7)) == text) << text.size() << " bytes";
}

TEST(Gzip, IsReadByZlib) {
  GzipCompressor compressor;  // one context for all
  check_round_trip(compressor, "");
  check_round_trip(compressor, "a");
  check_round_trip(compressor, std::string(5'000'000, 'x'));
  std::string lines;
  for (int line = 0; lines.size() < 4'500'000; ++line) {
    lines += "{\"create\":{\"_id\":\"" + std::to_string(line * 7919) +
             "\"}}\n{\"message\":\"order placed\"}\n";
  }
  check_round_trip(compressor, lines);
  std::mt19937_64 random(1);
  std::string noise(3'000'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  check_round_trip(compressor, noise);
  check_round_trip(compressor, lines);
}

TEST(Gzip, IsSmall) {
  GzipCompressor compressor;
  std::string lines;
  for (int line = 0; line < 10'000; ++line) {
    lines +=
        "{\"@timestamp\":\"2026-11-21T07:06:55.123456Z\",\"log.level\":\"info\",\"message\":"
        "\"order " +
        std::to_string(line) + " placed\"}\n";
  }
  std::string compressed;
  compressor.compress(lines, compressed);
  EXPECT_LT(compressed.size(), lines.size() / 8);
}

}  // namespace
}  // namespace sawlog::outputs
