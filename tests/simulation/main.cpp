// usage: simulation [--first SEED] [--seeds COUNT] [--trace]
//
// Simulates the seeds one after the other. Names each one that fails, and how to see it again.

#include <cstring>
#include <iostream>
#include <string>

#include "tests/simulation/simulation.h"

int main(int argc, char** argv) {
  unsigned first = 1;
  unsigned count = 100;
  bool has_trace = false;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--first") == 0 && has_value) {
      first = static_cast<unsigned>(std::stoul(argv[++i]));
    } else if (std::strcmp(argv[i], "--seeds") == 0 && has_value) {
      count = static_cast<unsigned>(std::stoul(argv[++i]));
    } else if (std::strcmp(argv[i], "--trace") == 0) {
      has_trace = true;
    } else {
      std::cerr << "usage: simulation [--first SEED] [--seeds COUNT] [--trace]\n";
      return 2;
    }
  }
  const auto trace = [has_trace](const std::string& what) {
    if (has_trace) std::cout << what << "\n";
  };
  unsigned failed = 0;
  for (unsigned seed = first; seed < first + count; ++seed) {
    const auto findings = sawlog::simulation::simulate(seed, trace);
    for (const std::string& finding : findings)
      std::cout << "seed " << seed << ": " << finding << "\n";
    if (findings.empty()) continue;
    ++failed;
    std::cout << "again: " << argv[0] << " --first " << seed << " --seeds 1 --trace" << std::endl;
  }
  std::cout << count << " seeds from " << first << " on, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
