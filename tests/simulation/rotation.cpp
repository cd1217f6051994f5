// What logrotate does, step by step: between two of them the agent can look, or be killed.

#include <algorithm>
#include <utility>

#include "tests/simulation/world.h"
#include "tests/support/compression.h"

namespace sawlog::simulation {

namespace {

using Format = tests::FakeFilesystem::Format;

constexpr size_t kEvidenceBytes = 1024;  // what tail remembers of a beginning

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

const char* ending_of(Format format) {
  return format == Format::kGzip ? ".gz" : format == Format::kZstd ? ".zst" : ".xz";
}

std::string compressed(const std::string& text, Format format) {
  return format == Format::kGzip   ? tests::gzip(text)
         : format == Format::kZstd ? tests::zstd(text)
                                   : tests::xz(text);
}

}  // namespace

std::string World::rotated_name(const Service& service) const {
  const std::string directory =
      service.old_directory.empty() ? directory_of(service.path) : service.old_directory;
  const std::string name = directory + "/" + name_of(service.path);
  if (!service.has_dates) return name + ".1";
  return name + "-20261121-" + std::to_string(clock_.unix_ns() / base::kNsPerSecond);
}

void World::begin_rotation(Service& service) {
  if (!service.rotation_steps.empty() || !disk_.exists(service.path)) return;
  trace(service.path + ": rotation begins");
  if (service.rotation == Rotation::kRelink) {
    relink(service);
    return;
  }
  if (service.compresses && service.delays_compression && !service.rotated.empty()) {
    begin_compression(service, service.rotated.front());
  }
  service.rotation_steps.emplace_back([this, &service] { begin_renames(service); });
}

void World::begin_renames(Service& service) {
  if (!disk_.exists(service.path)) return;
  std::erase_if(service.rotated, [&](const std::string& name) { return !names_.contains(name); });
  if (!service.has_dates) {
    // From the oldest on, as logrotate does.
    for (size_t i = service.rotated.size(); i-- > 0;) {
      std::string& name = service.rotated[i];
      if (!names_.contains(name)) continue;
      const std::string ending = name.ends_with(".gz")    ? ".gz"
                                 : name.ends_with(".zst") ? ".zst"
                                 : name.ends_with(".xz")  ? ".xz"
                                                          : "";
      const std::string stem = name.substr(0, name.size() - ending.size());
      const std::string next =
          stem.substr(0, stem.rfind('.')) + "." + std::to_string(i + 2) + ending;
      move(name, next);
      name = next;
    }
  }
  std::string name = rotated_name(service);
  if (names_.contains(name)) return;  // twice in a second
  if (service.rotation == Rotation::kRename) {
    move(service.path, name);
    service.rotated.insert(service.rotated.begin(), name);
    if (service.creates) {
      service.rotation_steps.emplace_back([this, &service] {
        if (disk_.exists(service.path)) return;
        add_name(service.path, model_.add_body());
        disk_.write_file(service.path, service.header);
        trace(service.path + ": created");
      });
    }
    if (!chance(3)) service.rotation_steps.emplace_back([this, &service] { open(service); });
  } else {
    copy_live(service);
  }
  if (service.compresses && !service.delays_compression) {
    service.rotation_steps.emplace_back(
        [this, &service] { begin_compression(service, service.rotated.front()); });
  }
  service.rotation_steps.emplace_back([this, &service] { remove_oldest(service); });
}

// The copy is made in two steps, and the truncation comes a little later.
void World::copy_live(Service& service) {
  const std::string name = rotated_name(service);
  Body* const live = names_.at(service.path);
  Body* const copy = &model_.add_copy(*live);
  const std::string text = disk_.content(service.path);
  // A small one that is half made when the agent is killed looks like another file afterwards.
  if (text.size() < kEvidenceBytes) model_.may_repeat(*live);
  std::shared_ptr<tests::FakeFilesystem::Writer> writer = disk_.open_writer(name);
  const size_t part = random_() % (text.size() + 1);
  writer->append(std::string_view(text).substr(0, part));
  add_name(name, *copy);
  service.rotated.insert(service.rotated.begin(), name);
  trace(service.path + ": copied to " + name);
  service.rotation_steps.emplace_front(
      [this, copy, lines = live->lines, writer, rest = text.substr(part)]() mutable {
        model_.fill(*copy, lines);
        writer->append(rest);
        writer.reset();
      });
  if (service.rotation == Rotation::kCopy) return;
  const auto truncate = [this, &service] {
    if (!disk_.exists(service.path)) return;
    trace(service.path + ": truncated");
    model_.truncate(*names_.at(service.path));
    disk_.truncate_file(service.path);
  };
  service.rotation_steps.insert(service.rotation_steps.begin() + 1, truncate);
}

void World::begin_compression(Service& service, const std::string& path) {
  if (!names_.contains(path) || path.ends_with("z") || path.ends_with(".zst")) return;
  const std::string to = path + ending_of(service.format);
  if (names_.contains(to)) return;
  const std::string text = disk_.content(path);
  Body* const copy = &model_.add_copy(*names_.at(path));
  const bool has_two_members = chance(4);
  const size_t cut = has_two_members ? text.size() / 2 : 0;
  std::string bytes = compressed(text.substr(cut), service.format);
  if (has_two_members) bytes.insert(0, compressed(text.substr(0, cut), service.format));
  trace(path + ": compression begins" + (has_two_members ? ", in two members" : ""));
  std::shared_ptr<tests::FakeFilesystem::Writer> writer = disk_.open_writer(to);
  add_name(to, *copy);
  const size_t half = random_() % bytes.size();
  writer->append(std::string_view(bytes).substr(0, half));
  auto& steps = service.rotation_steps;
  steps.emplace_front([this, &service, path] {
    if (!names_.contains(path)) return;
    unlink(path);
    std::erase(service.rotated, path);
  });
  steps.emplace_front([this, &service, path, to, copy, lines = names_.at(path)->lines, writer,
                       rest = bytes.substr(half)]() mutable {
    model_.fill(*copy, lines);
    writer->append(rest);
    writer.reset();
    if (disk_.exists(path)) disk_.set_modified(to, clock_.unix_ns() - base::kNsPerSecond);
    const auto place = std::ranges::find(service.rotated, path);
    if (place != service.rotated.end()) *place = to;
    trace(to + ": compressed");
  });
}

void World::rotation_step(Service& service) {
  if (service.rotation_steps.empty()) return;
  const auto step = std::move(service.rotation_steps.front());
  service.rotation_steps.pop_front();
  step();
}

void World::remove_oldest(Service& service) {
  while (service.rotated.size() > service.keep) {
    unlink(service.rotated.back());
    service.rotated.pop_back();
  }
}

// A new target for the symbolic link. The old one stays under its own name, which only an agent
// that has seen it knows.
void World::relink(Service& service) {
  const std::string target = "/data/" + std::to_string(++service.targets) + ".out";
  if (disk_.exists(service.path)) {
    Body* const old = names_.at(service.path);
    if (!old->was_seen) drop_name(service.path);
    names_.erase(service.path);
    disk_.unlink(service.path);
  }
  disk_.write_file(target, service.header);
  disk_.symlink(target, service.path);
  add_name(service.path, model_.add_body());
  trace(service.path + ": leads to " + target);
}

}  // namespace sawlog::simulation
