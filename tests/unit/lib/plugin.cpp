// A shared library that logs through the program that loads it.
#include <sawlog/sawlog.h>

extern "C" void plugin_log(int count) {
  const sawlog::Logger log = sawlog::get("plugin");
  for (int i = 0; i < count; ++i) log.info("from the plugin", {{"plugin.number", i}});
}
