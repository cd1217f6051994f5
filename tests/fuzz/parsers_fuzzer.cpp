// Any bytes as a file: tests/support/parse_anything.h. The first byte draws the options.
#include "tests/support/parse_anything.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)sawlog::test::parse_anything(text, data[0]);
  return 0;
}
