// The commands of the program. Each gets its own arguments (without its name) and returns an exit
// code.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace sawlog::agent::commands {

constexpr int kExitDone = 0;
constexpr int kExitFailed = 1;       // while running
constexpr int kExitUsage = 2;        // wrong usage or configuration
constexpr int kExitDeadLetters = 3;  // run --once, replay: done, but some lines were refused

struct Command {
  const char* name;
  const char* summary;
  int (*run)(const std::vector<std::string>& arguments);
};

[[nodiscard]] std::span<const Command> all();

int report(const std::vector<std::string>& arguments);
int run(const std::vector<std::string>& arguments);
int check(const std::vector<std::string>& arguments);
int replay(const std::vector<std::string>& arguments);
int setup(const std::vector<std::string>& arguments);
int test(const std::vector<std::string>& arguments);
int schema(const std::vector<std::string>& arguments);
int init(const std::vector<std::string>& arguments);
int tail(const std::vector<std::string>& arguments);
int status(const std::vector<std::string>& arguments);

}  // namespace sawlog::agent::commands
