// A service in C++ that uses the installed library.
#include <sawlog/sawlog.h>

int main(int /*argc*/, char** argv) {
  sawlog::start({.service = "consumer", .file = argv[1]});
  sawlog::get("main").info("hello", {{"from", "C++"}, {"tags", sawlog::object({{"a", 1}})}});
}
