/* A service in C that uses the installed library. */
#include <sawlog/c.h>

int main(int argc, char** argv) {
  sawlog_options options = SAWLOG_OPTIONS;
  options.service = "consumer";
  options.file = argc > 1 ? argv[1] : "-";
  sawlog_start(&options);
  sawlog_logger* log = sawlog_get("main");
  sawlog_field fields[] = {SAWLOG_TEXT("from", "C"), SAWLOG_INT("order_id", 4711)};
  SAWLOG_INFO(log, "hello", fields);
  sawlog_free_logger(log);
  sawlog_stop();
  return 0;
}
