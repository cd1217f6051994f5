// The other processes of the simulated machine: services that log, logrotate, compressors, people.
// Each thing they do is told to the model.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/simulation/model.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::simulation {

enum class Rotation : uint8_t { kRename, kCopyTruncate, kCopy, kRelink };

// One service and how its log is rotated.
struct Service {
  std::string path;  // of the live log; for kRelink a symbolic link
  Rotation rotation = Rotation::kRename;
  bool creates = true;     // logrotate makes the new file
  bool has_dates = false;  // names by date, else numbers
  bool delays_compression = false;
  bool compresses = false;
  tests::FakeFilesystem::Format format = tests::FakeFilesystem::Format::kGzip;
  std::string old_directory;  // where rotated files go
  size_t keep = 100;
  std::string header;  // what each new file begins with

  std::unique_ptr<tests::FakeFilesystem::Writer> writer;
  Body* body = nullptr;                              // that writer writes to
  int targets = 0;                                   // of kRelink
  std::vector<std::string> rotated;                  // names, newest first
  std::deque<std::function<void()>> rotation_steps;  // that are still to come
};

class World {
 public:
  World(tests::FakeFilesystem& disk, tests::FakeClock& clock, Model& model, std::mt19937& random)
      : disk_(disk), clock_(clock), model_(model), random_(random) {}

  // Something that a process does.
  void act();
  void power_cut(bool has_other_device);
  // Everybody finishes what they have begun and closes their files.
  void finish();

  void add_service(const std::string& path, std::function<void(const std::string&)> trace);

 private:
  Service& any_service() { return *services_[random_() % services_.size()]; }
  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  void trace(const std::string& what) const { trace_("  " + what); }

  void write_lines(Service& service, size_t count);
  std::string next_line(Body& body);
  void open(Service& service);
  void close(Service& service);
  void begin_rotation(Service& service);
  void begin_renames(Service& service);
  void begin_compression(Service& service, const std::string& path);
  void copy_live(Service& service);
  void relink(Service& service);
  void rotation_step(Service& service);
  void remove_oldest(Service& service);
  void remove_live(Service& service);
  void rewrite(Service& service);
  void edit(Service& service);
  static bool can_be_shrunk(const Service& service);
  void shrink(Service& service);
  void move_directory(Service& service);
  void link(Service& service);
  [[nodiscard]] std::string rotated_name(const Service& service) const;

  void move(const std::string& from, const std::string& to);
  void unlink(const std::string& path);
  void add_name(const std::string& path, Body& body);
  void drop_name(const std::string& path);

  tests::FakeFilesystem& disk_;
  tests::FakeClock& clock_;
  Model& model_;
  std::mt19937& random_;
  std::function<void(const std::string&)> trace_;
  std::vector<std::unique_ptr<Service>> services_;
  std::map<std::string, Body*> names_;
  int moves_ = 0;
};

}  // namespace sawlog::simulation
