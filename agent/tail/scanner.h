// One look at the directories: which regular files there are that the sources mean, under which
// names. Nothing is opened and nothing remembered.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/tail/glob.h"
#include "agent/tail/tailed_file.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

struct FoundName {
  std::string path;
  std::string base;         // the live name that it is a rotated sibling of; else where it leads
  bool is_listed = false;   // a glob matches the name itself
  bool is_sibling = false;  // the name is that of a rotated sibling of `base`
  bool base_exists = false;
};

struct FoundFile {
  base::FileStat status;
  size_t source_index = 0;  // the first source that means it
  std::vector<FoundName> names;
};

struct Look {
  std::vector<FoundFile> files;
  std::vector<std::string> directories;  // worth watching
  std::vector<base::Error> errors;
  std::vector<std::string> unseen;  // directories and files that could not be looked at

  // Whether the file may be there although it was not found.
  [[nodiscard]] bool may_have_missed(const std::string& path) const;
};

class Scanner {
 public:
  struct Source {
    std::vector<std::string> paths;
    std::vector<std::string> exclude;
  };
  // The filesystem outlives the scanner.
  Scanner(base::Filesystem& filesystem, const std::vector<Source>& sources);

  void set_sources(const std::vector<Source>& sources);
  [[nodiscard]] Look look();

 private:
  struct Patterns {
    std::vector<Glob> paths;
    std::vector<Glob> exclude;
  };
  class Walk;

  base::Filesystem& filesystem_;
  std::vector<Patterns> sources_;
};

}  // namespace sawlog::agent
