#include "agent/commands/arguments.h"

#include <algorithm>
#include <cstdio>

#include <boost/program_options.hpp>

#include "agent/commands/commands.h"
#include "config/nearest.h"
#include "config/units.h"
#include "lib/base/printable.h"

namespace sawlog::agent::commands {

namespace {

namespace options = boost::program_options;

constexpr const char* kOperands = "operands";

options::options_description describe(const Usage& usage) {
  options::options_description description;
  description.add_options()("help,h", "");
  for (const Option& option : usage.options) {
    if (bool* const* flag = std::get_if<bool*>(&option.into)) {
      description.add_options()(option.name, options::bool_switch(*flag), "");
    } else {
      description.add_options()(option.name, options::value(std::get<std::string*>(option.into)),
                                "");
    }
  }
  description.add_options()(kOperands, options::value<std::vector<std::string>>(), "");
  return description;
}

std::string long_name(const Option& option) {
  const std::string_view name = option.name;
  return std::string(name.substr(0, name.find(',')));
}

// "  -c, --config FILE"
std::string shown_option(const Option& option) {
  const std::string_view name = option.name;
  const size_t comma = name.find(',');
  std::string shown = comma == std::string_view::npos
                          ? "      --"
                          : "  -" + std::string(name.substr(comma + 1)) + ", --";
  shown += long_name(option);
  if (option.value_name[0] != '\0') shown.append(" ").append(option.value_name);
  return shown;
}

void print_help(const Usage& usage) {
  std::printf("usage: sawlog %s %s\n\n%s\n\n", usage.command, usage.arguments, usage.meaning);
  bool help = false;
  std::vector<Option> shown = usage.options;
  shown.push_back({"help,h", "", "show this", &help});
  size_t width = 0;
  for (const Option& option : shown) width = std::max(width, shown_option(option).size());
  for (const Option& option : shown) {
    std::printf("%-*s  %s\n", static_cast<int>(width), shown_option(option).c_str(),
                option.meaning);
  }
}

// A value that is there and empty, as a variable of a script is that was not set.
std::string find_empty(const Usage& usage, const options::variables_map& values) {
  for (const Option& option : usage.options) {
    const auto* const value = std::get_if<std::string*>(&option.into);
    if (value == nullptr || !(*value)->empty()) continue;
    const std::string name = long_name(option);
    if (values.count(name) != 0) return "the value of '--" + name + "' is empty";
  }
  return {};
}

// What is required and not there, or there and not wanted; "" if nothing is wrong.
std::string find_mistake(const Usage& usage, const options::variables_map& values) {
  for (const Option& option : usage.options) {
    const std::string name = long_name(option);
    if (option.is_required && values.count(name) == 0) {
      return "--" + name + ' ' + option.value_name + " is missing";
    }
  }
  if (values.count(kOperands) == 0) return {};
  const auto& operands = values[kOperands].as<std::vector<std::string>>();
  if (usage.operands == nullptr) return "'" + operands.front() + "' is no option";
  *usage.operands = operands;
  return {};
}

int refuse_unknown(const Usage& usage, const std::string& name) {
  std::vector<std::string> names{"--help"};
  for (const Option& option : usage.options) names.push_back("--" + long_name(option));
  return refuse(usage.command, "unknown option '" + name + "'" + config::did_you_mean(name, names));
}

// Values and file names may hold anything.
void print_line(const std::string& message) {
  std::fprintf(stderr, "%s\n", base::printable(message).c_str());
}

}  // namespace

Option config_option(std::string& into) {
  return {"config,c", "FILE", "the configuration", &into, true};
}

std::optional<int> parse_arguments(const Usage& usage, const std::vector<std::string>& arguments) {
  const options::options_description description = describe(usage);
  options::positional_options_description positional;
  positional.add(kOperands, -1);
  options::variables_map values;
  try {
    options::store(options::command_line_parser(arguments)
                       .options(description)
                       .positional(positional)
                       .style(options::command_line_style::unix_style &
                              ~options::command_line_style::allow_guessing)
                       .run(),
                   values);
    options::notify(values);
  } catch (const options::unknown_option& error) {
    return refuse_unknown(usage, error.get_option_name());
  } catch (const options::error& error) {
    return refuse(usage.command, error.what());
  }
  if (values.count("help") != 0) {
    print_help(usage);
    return kExitDone;
  }
  std::string mistake = find_empty(usage, values);
  if (mistake.empty()) mistake = find_mistake(usage, values);
  if (!mistake.empty()) return refuse(usage.command, mistake);
  return std::nullopt;
}

int refuse(const char* command, const std::string& message) {
  print_line(std::string("sawlog ") + command + ": " + message + " (sawlog " + command +
             " --help says more)");
  return kExitUsage;
}

std::optional<int64_t> parse_duration(const std::string& text) {
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
  const auto duration_ns = config::parse_time(is_number ? text + "s" : text);
  return duration_ns ? std::optional(*duration_ns) : std::nullopt;
}

std::optional<config::Loaded> load_config(const std::string& path) {
  config::Loaded loaded = config::load_file(path);
  for (const config::Mistake& warning : loaded.warnings) {
    print_line("warning: " + warning.to_string());
  }
  for (const config::Mistake& mistake : loaded.mistakes) {
    print_line(mistake.to_string());
  }
  if (loaded.mistakes.empty()) return loaded;
  print_line(path + ": " + std::to_string(loaded.mistakes.size()) + " mistake" +
             (loaded.mistakes.size() == 1 ? "" : "s"));
  return std::nullopt;
}

}  // namespace sawlog::agent::commands
