#include "agent/tail/scanner.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "agent/tail/sibling_name.h"

namespace sawlog::agent {

namespace {

struct Listing {
  std::vector<base::DirectoryEntry> entries;
  std::unordered_set<std::string> names;
  bool is_refused = false;  // may be entered, but not listed
};

std::string join(const std::string& directory, const std::string& name) {
  if (directory.empty()) return name;
  return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

std::pair<std::string, std::string> split_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

// The one that is no rotated sibling first; then the shortest, which is the least rotated.
void sort_names(std::vector<FoundName>& names) {
  if (names.size() < 2) return;
  std::ranges::sort(names, [](const FoundName& a, const FoundName& b) {
    return std::tuple(a.is_sibling, a.path.size(), a.path) <
           std::tuple(b.is_sibling, b.path.size(), b.path);
  });
}

}  // namespace

bool Look::may_have_missed(const std::string& path) const {
  return std::ranges::any_of(unseen, [&](const std::string& place) {
    return path == place || path.starts_with(place.ends_with('/') ? place : place + "/");
  });
}

class Scanner::Walk {
 public:
  explicit Walk(Scanner& scanner) : filesystem_(scanner.filesystem_), sources_(scanner.sources_) {}

  Look run() {
    for (source_index_ = 0; source_index_ < sources_.size(); ++source_index_) {
      for (const Glob& glob : sources_[source_index_].paths) {
        descend(glob, glob.is_absolute() ? "/" : ".", 0);
      }
    }
    for (const auto& [directory, listing] : listings_) look_.directories.push_back(directory);
    for (FoundFile& file : look_.files) sort_names(file.names);
    return std::move(look_);
  }

 private:
  void descend(const Glob& glob, const std::string& directory, size_t part_index) {
    const std::string& part = glob.parts()[part_index];
    if (part == "**") {
      descend(glob, directory, part_index + 1);
      for (const auto& entry : list(directory).entries) {
        if (!entry.is_directory || entry.name.starts_with('.')) continue;
        descend(glob, join(directory, entry.name), part_index);
      }
      return;
    }
    if (part_index + 1 == glob.parts().size()) {
      offer_files(part, directory);
    } else if (!has_wildcard(part)) {
      descend(glob, join(directory, part), part_index + 1);
    } else {
      for (const auto& entry : list(directory).entries) {
        const bool may_be_directory = entry.is_directory || entry.is_link;
        if (!may_be_directory || !part_matches(part, entry.name)) continue;
        descend(glob, join(directory, entry.name), part_index + 1);
      }
    }
  }

  const Listing& list(const std::string& directory) {
    const auto [place, is_new] = listings_.try_emplace(directory);
    Listing& listing = place->second;
    if (!is_new) return listing;
    auto entries = filesystem_.list(directory);
    if (entries) {
      listing.entries = std::move(*entries);
      for (const auto& entry : listing.entries) listing.names.insert(entry.name);
    } else if (entries.error().code != base::ErrorCode::kNotFound) {
      listing.is_refused = entries.error().code == base::ErrorCode::kPermission;
      look_.errors.push_back(entries.error());
      look_.unseen.push_back(directory);
    }
    return listing;
  }

  // The files of one directory that the last part of a pattern means, and their siblings.
  void offer_files(const std::string& part, const std::string& directory) {
    const Listing& listing = list(directory);
    if (listing.is_refused && !has_wildcard(part)) {
      offer({join(directory, part), join(directory, part), true, false, true});
    }
    for (const auto& entry : listing.entries) {
      if (entry.is_directory) continue;
      FoundName name;
      name.path = join(directory, entry.name);
      name.base = name.path;
      name.is_listed = part_matches(part, entry.name);
      for (const std::string& base : sibling_bases(entry.name)) {
        if (!part_matches(part, base)) continue;
        name.is_sibling = true;
        name.base = join(directory, base);
        name.base_exists = listing.names.contains(base);
        break;
      }
      if (!name.is_listed && !name.is_sibling) continue;
      if (entry.is_link && name.is_listed && !name.is_sibling) follow_link(name);
      offer(std::move(name));
    }
  }

  // What a link leads to is rotated in its own directory (/var/log/containers).
  void follow_link(FoundName& name) {
    const auto real = filesystem_.real_path(name.path);
    if (!real) return;
    name.base = *real;
    const auto [directory, live_name] = split_path(*real);
    const Listing& listing = list(directory);
    for (const auto& entry : listing.entries) {
      const std::vector<std::string> bases = sibling_bases(entry.name);
      if (entry.is_directory || std::ranges::find(bases, live_name) == bases.end()) continue;
      offer({join(directory, entry.name), *real, false, true, true});
    }
  }

  void offer(FoundName name) {
    for (const Glob& exclude : sources_[source_index_].exclude) {
      if (exclude.matches(name.path) || exclude.matches(name.base)) return;
    }
    const auto status = filesystem_.stat(name.path);
    if (!status) {
      if (status.error().code == base::ErrorCode::kNotFound) return;
      look_.errors.push_back(status.error());
      look_.unseen.push_back(name.path);
      return;
    }
    if (!status->is_regular) return;
    const auto [place, is_new] =
        by_inode_.try_emplace({status->device, status->inode}, look_.files.size());
    if (is_new) look_.files.push_back({*status, source_index_, {}});
    FoundFile& file = look_.files[place->second];
    if (file.source_index != source_index_) return;
    const auto same_path = [&](const FoundName& known) { return known.path == name.path; };
    const auto known = std::ranges::find_if(file.names, same_path);
    if (known == file.names.end()) {
      file.names.push_back(std::move(name));
    } else {
      known->is_listed = known->is_listed || name.is_listed;
    }
  }

  base::Filesystem& filesystem_;
  const std::vector<Patterns>& sources_;
  size_t source_index_ = 0;
  Look look_;
  std::map<std::string, Listing> listings_;  // stable references: lists nest
  std::map<std::pair<uint64_t, uint64_t>, size_t> by_inode_;
};

Scanner::Scanner(base::Filesystem& filesystem, const std::vector<Source>& sources)
    : filesystem_(filesystem) {
  set_sources(sources);
}

void Scanner::set_sources(const std::vector<Source>& sources) {
  sources_.clear();
  for (const Source& source : sources) {
    Patterns patterns;
    for (const std::string& path : source.paths) patterns.paths.emplace_back(path);
    for (const std::string& path : source.exclude) patterns.exclude.emplace_back(path);
    sources_.push_back(std::move(patterns));
  }
}

Look Scanner::look() {
  return Walk(*this).run();
}

}  // namespace sawlog::agent
