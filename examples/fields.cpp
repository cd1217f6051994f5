// Values that are more than one: objects, ranges, maps, types of one's own.
#include <map>
#include <string>
#include <vector>

#include <sawlog/sawlog.h>

namespace shop {

struct Item {
  std::string sku;
  int count;
};

// How an Item is logged, wherever it is logged: as an object.
sawlog::Object log_value(const Item& item) {
  return sawlog::object({{"sku", item.sku}, {"count", item.count}});
}

}  // namespace shop

int main() {
  sawlog::start({.service = "checkout", .file = "logs/application.log"});
  const sawlog::Logger log = sawlog::get("checkout");
  const std::vector<shop::Item> items = {{"A-17", 2}, {"B-4", 1}};
  const std::map<std::string, double> prices = {{"net", 10.5}, {"gross", 12.5}};
  log.info("order placed", {{"items", items},
                            {"prices", prices},
                            {"customer", sawlog::object({{"id", 7}, {"is_new", true}})}});

  sawlog::Object details;  // put together at run time
  for (const shop::Item& item : items) details.add({item.sku, item.count});
  log.info("stock reserved", {{"reserved", details}});
}
