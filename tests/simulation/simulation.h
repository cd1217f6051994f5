// One simulated machine: what happens, in which order, and what fails is drawn from the seed.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace sawlog::simulation {

// Sentences about what came out and should not have, or the other way round; empty: all is well.
[[nodiscard]] std::vector<std::string> simulate(
    unsigned seed, const std::function<void(const std::string&)>& trace);

}  // namespace sawlog::simulation
