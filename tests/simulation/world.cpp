#include "tests/simulation/world.h"

#include <algorithm>
#include <utility>

namespace sawlog::simulation {

namespace {

using Format = tests::FakeFilesystem::Format;

constexpr size_t kHeaderBytes = 900;  // nearly all of what tail remembers of a beginning

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

void World::add_service(const std::string& path, std::function<void(const std::string&)> trace) {
  trace_ = std::move(trace);
  services_.push_back(std::make_unique<Service>());
  Service& service = *services_.back();
  service.path = path;
  service.rotation = path.ends_with("current.log") ? Rotation::kRelink
                     : chance(3)                   ? Rotation::kCopyTruncate
                     : chance(6)                   ? Rotation::kCopy
                                                   : Rotation::kRename;
  service.creates = !chance(3);
  service.has_dates = chance(3);
  service.compresses = chance(2);
  service.delays_compression = chance(2);
  service.format = static_cast<Format>(random_() % 3);
  if (chance(4) && service.rotation != Rotation::kRelink) service.old_directory = "/log/old";
  if (chance(4)) service.keep = 1 + random_() % 3;
  if (chance(5)) service.header = std::string(kHeaderBytes, '#') + "\n";
  disk_.make_directory(directory_of(path));
  disk_.make_directory("/log/old");
  disk_.make_directory("/data");
  trace_("service " + path + " rotation " + std::to_string(static_cast<int>(service.rotation)) +
         (service.creates ? " create" : " nocreate") + (service.compresses ? " compress" : "") +
         (service.delays_compression ? " delay" : "") +
         std::to_string(static_cast<int>(service.format)) + (service.has_dates ? " dates" : "") +
         " olddir '" + service.old_directory + "' keep " + std::to_string(service.keep) +
         (service.header.empty() ? "" : " header"));
  open(service);
}

// Where files begin alike for more than tail remembers, only what logrotate does can be told apart.
void World::act() {
  Service& service = any_service();
  switch (random_() % 24) {
    case 0:
      begin_rotation(service);
      break;
    case 1:
      open(service);
      break;
    case 2:
      if (chance(3) && service.header.empty()) remove_live(service);
      break;
    case 3:
      if (chance(8) && service.header.empty()) rewrite(service);
      break;
    case 4:
      if (chance(8) && service.header.empty()) edit(service);
      break;
    case 5:
      if (chance(8) && can_be_shrunk(service)) shrink(service);
      break;
    case 6:
      if (chance(8)) move_directory(service);
      break;
    case 7:
      if (chance(8)) link(service);
      break;
    case 8:
      if (chance(3)) close(service);
      break;
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
      rotation_step(service);
      break;
    default:
      write_lines(service, 1 + random_() % 60);
  }
}

// --- services ----------------------------------------------------------------------------------

std::string World::next_line(Body& body) {
  const size_t number = model_.add_line(body);
  std::string line = "n=" + std::to_string(number) + "; ";
  if (chance(30)) return line + std::string(random_() % 3000, 'x') + "\n";
  return line + "a line of the simulation" + (chance(20) ? "\r\n" : "\n");
}

void World::write_lines(Service& service, size_t count) {
  if (service.writer == nullptr) open(service);
  std::string text;
  for (size_t i = 0; i < count; ++i) text += next_line(*service.body);
  trace(service.path + ": " + std::to_string(count) + " lines up to " +
        std::to_string(model_.line_count() - 1) +
        (service.body->names == 0 ? " into a file without a name" : ""));
  // A write may be seen in two parts, but for those that a truncation could part.
  if (chance(4) && service.rotation != Rotation::kCopyTruncate) {
    const size_t half = random_() % text.size();
    service.writer->append(text.substr(0, half));
    text.erase(0, half);
  }
  service.writer->append(text);
}

void World::open(Service& service) {
  close(service);
  if (service.rotation == Rotation::kRelink && !disk_.exists(service.path)) relink(service);
  disk_.make_directory(directory_of(service.path));
  const bool is_new = !disk_.exists(service.path);
  service.writer = disk_.open_writer(service.path);
  if (is_new) {
    service.body = &model_.add_body();
    add_name(service.path, *service.body);
    service.writer->append(service.header);
  } else {
    service.body = names_.at(service.path);
  }
  ++service.body->writers;
  trace(service.path + ": opened" + (is_new ? ", new" : ""));
}

void World::close(Service& service) {
  if (service.writer == nullptr) return;
  trace(service.path + ": closed");
  service.writer.reset();
  --service.body->writers;
  model_.drop_if_dead(*service.body);
  service.body = nullptr;
}

// --- people ------------------------------------------------------------------------------------

void World::remove_live(Service& service) {
  if (!names_.contains(service.path) || service.rotation == Rotation::kRelink) return;
  unlink(service.path);
}

// Other lines in the place of those that were there.
void World::rewrite(Service& service) {
  if (!names_.contains(service.path) || service.rotation == Rotation::kRelink) return;
  trace(service.path + ": rewritten in place");
  Body* const body = names_.at(service.path);
  model_.truncate(*body);
  disk_.truncate_file(service.path);
  std::string text;
  for (size_t i = random_() % 90; i > 0; --i) text += next_line(*body);
  disk_.append_to(service.path, text);
}

// As an editor saves: a new file with the same lines and one more takes the name.
void World::edit(Service& service) {
  if (!names_.contains(service.path) || service.rotation == Rotation::kRelink) return;
  trace(service.path + ": edited");
  Body* const old = names_.at(service.path);
  model_.may_repeat(*old);
  const std::string text = disk_.content(service.path);
  Body& body = model_.add_copy(*old);
  body.is_ambiguous = true;
  const std::string aside = directory_of(service.path) + "/.edited";
  add_name(aside, body);
  model_.fill(body, old->lines);
  disk_.write_file(aside, text + next_line(body));
  move(aside, service.path);
}

// Copies, and files that begin alike, cannot be told from what is left of it.
bool World::can_be_shrunk(const Service& service) {
  return service.rotation == Rotation::kRename && service.header.empty();
}

void World::shrink(Service& service) {
  if (!names_.contains(service.path) || service.rotation == Rotation::kRelink) return;
  Body* const body = names_.at(service.path);
  const std::string text = disk_.content(service.path);
  const size_t end = text.rfind('\n', text.size() / 2);
  if (end == std::string::npos) return;
  trace(service.path + ": shrunk from " + std::to_string(text.size()) + " to " +
        std::to_string(end + 1));
  model_.may_repeat(*body);
  const auto is_header = [](char c) { return c == '#'; };
  const auto lines =
      std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(end) + 1, '\n') -
      (std::ranges::any_of(text, is_header) ? 1 : 0);
  model_.truncate(*body, static_cast<size_t>(std::max<ptrdiff_t>(lines, 0)));
  disk_.truncate_file(service.path, end + 1);
}

void World::move_directory(Service& service) {
  const std::string directory = directory_of(service.path);
  if (directory == "/log" || !service.rotation_steps.empty()) return;
  const std::string to = "/log/moved-" + std::to_string(++moves_);
  trace(directory + ": renamed to " + to);
  disk_.move(directory, to);
  std::map<std::string, Body*> names;
  for (const auto& [path, body] : names_) {
    names[path.starts_with(directory + "/") ? to + path.substr(directory.size()) : path] = body;
  }
  names_ = std::move(names);
  for (std::string& name : service.rotated) {
    if (name.starts_with(directory + "/")) name = to + name.substr(directory.size());
  }
  // The service does not know, and makes the directory again when it opens its file.
  disk_.make_directory(directory);
  service.rotated.clear();
}

void World::link(Service& service) {
  if (!names_.contains(service.path) || service.rotation == Rotation::kRelink) return;
  const std::string name = "/log/link-" + std::to_string(++moves_) + ".log";
  trace(service.path + ": also " + name);
  disk_.link(service.path, name);
  Body& body = *names_.at(service.path);
  body.is_ambiguous = true;
  model_.may_repeat(body);
  add_name(name, body);
}

// --- names -------------------------------------------------------------------------------------

void World::add_name(const std::string& path, Body& body) {
  names_[path] = &body;
  ++body.names;
}

void World::drop_name(const std::string& path) {
  Body& body = *names_.at(path);
  names_.erase(path);
  --body.names;
  model_.drop_if_dead(body);
}

void World::move(const std::string& from, const std::string& to) {
  if (from == to) return;
  trace(from + " -> " + to);
  if (names_.contains(to)) drop_name(to);
  disk_.move(from, to);
  names_[to] = names_.at(from);
  names_.erase(from);
}

void World::unlink(const std::string& path) {
  trace(path + ": removed");
  disk_.unlink(path);
  drop_name(path);
}

void World::power_cut(bool has_other_device) {
  for (const auto& service : services_) {
    service->writer.reset();
    service->body = nullptr;
    service->rotation_steps.clear();
  }
  model_.power_cut(has_other_device);
}

void World::finish() {
  for (const auto& service : services_) {
    while (!service->rotation_steps.empty()) rotation_step(*service);
    close(*service);
  }
}

}  // namespace sawlog::simulation
