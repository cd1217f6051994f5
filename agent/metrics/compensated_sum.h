// Neumaier's summation: what rounding loses of each addition is kept beside the sum, so that a sum
// of a billion durations is as exact as one of ten.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace sawlog::agent {

// sum and compensation hold the bits of doubles; the value is their sum.
inline void add_compensated(uint64_t& sum_bits, uint64_t& compensation_bits, double value) {
  const double sum = std::bit_cast<double>(sum_bits);
  const double next = sum + value;
  const double lost =
      std::abs(sum) >= std::abs(value) ? (sum - next) + value : (value - next) + sum;
  sum_bits = std::bit_cast<uint64_t>(next);
  compensation_bits = std::bit_cast<uint64_t>(std::bit_cast<double>(compensation_bits) + lost);
}

[[nodiscard]] inline double compensated_value(uint64_t sum_bits, uint64_t compensation_bits) {
  return std::bit_cast<double>(sum_bits) + std::bit_cast<double>(compensation_bits);
}

}  // namespace sawlog::agent
