// Any bytes as a record of the library, for the fuzzer and for the test that runs its corpus.
#pragma once

#include <string_view>

namespace sawlog::tests {

// Draws a record from the bytes, encodes it, and CHECKs that the line is one JSON object in valid
// UTF-8 in which no object has a key twice. The encoder lives on, with what it learnt.
void check_any_record(std::string_view bytes);

}  // namespace sawlog::tests
