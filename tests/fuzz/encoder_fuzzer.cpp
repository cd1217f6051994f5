// Any bytes as a record of the library: what its line must be, any_record.h says.
#include <cstddef>
#include <cstdint>

#include "tests/support/any_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sawlog::tests::check_any_record({reinterpret_cast<const char*>(data), size});
  return 0;
}
