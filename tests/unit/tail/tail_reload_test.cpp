// Tail goes over to other sources and consumers while it runs.
#include "tests/unit/tail/tail_rig.h"

namespace sawlog::agent {
namespace {

class TailReload : public TailTest {
 protected:
  void SetUp() override {
    rig_.start();
    disk_.append_to("/log/a.log", next_block());
    rig_.settle();
  }
};

TEST_F(TailReload, UnchangedFilesKeepTheirObjects) {
  const auto file = rig_.file();
  const uint64_t changes = file->change_count();
  rig_.reconfigure({"/log/*.log", "/other/*.log"});
  rig_.look();
  EXPECT_EQ(rig_.file(), file);
  EXPECT_EQ(file->change_count(), changes) << "nobody has to look at it again";
  disk_.append_to("/log/a.log", next_lines());
  rig_.settle();
  expect_all_once();
}

TEST_F(TailReload, WhatNoGlobMeansIsLeftAloneAndGoesOnLater) {
  disk_.append_to("/log/b.log", next_block());
  rig_.settle();
  rig_.reconfigure({"/log/b.log"});
  rig_.look();
  EXPECT_EQ(rig_.file_count(), 1);
  disk_.append_to("/log/a.log", next_lines());
  rig_.settle();
  EXPECT_LT(rig_.lines().size(), written_.size());
  EXPECT_TRUE(rig_.errors().empty());
  rig_.reconfigure({"/log/*.log"});
  rig_.look();
  EXPECT_EQ(rig_.file_count(), 2);
}

TEST_F(TailReload, AConsumerMayStillHoldWhatComesBack) {
  const auto file = rig_.file();
  rig_.reconfigure({"/elsewhere/*.log"});
  rig_.look();
  EXPECT_EQ(rig_.file_count(), 0);
  rig_.reconfigure({"/log/*.log"});
  rig_.look();
  ASSERT_EQ(rig_.file_count(), 1);
  EXPECT_EQ(rig_.file(), file) << "never two objects for one FileId";
}

TEST_F(TailReload, ExcludedFilesAreLeftAlone) {
  rig_.reconfigure({"/log/*.log"}, {"/log/a*"});
  rig_.settle();
  EXPECT_EQ(rig_.file_count(), 0);
  EXPECT_TRUE(rig_.errors().empty());
}

TEST_F(TailReload, AConsumerThatLeavesPinsNothingAndANewOneBegins) {
  const auto file = rig_.file();
  file->set_acknowledged(0, {10, 0, 0});
  rig_.tail().reconfigure({rig_.source()}, {TailedFile::kNewConsumer, 0});
  EXPECT_EQ(file->acknowledged(0), 0);
  EXPECT_EQ(file->acknowledged(1), 10);
  rig_.tail().reconfigure({rig_.source()}, {1});
  EXPECT_EQ(file->acknowledged(0), 10);
  EXPECT_EQ(file->acknowledged_by_all(), 10);
}

TEST_F(TailReload, AFileThatMovesToAnotherSourceIsFollowedThere) {
  parsers::SourceContext web;
  web.name = "web";
  TailSource other = rig_.source();
  other.context = &web;
  other.paths = {"/web/*.log"};
  disk_.make_directory("/web");
  rig_.tail().reconfigure({rig_.source(), other}, {0});
  rig_.settle();
  const auto file = rig_.file();
  ASSERT_TRUE(disk_.rename("/log/a.log", "/web/a.log"));
  rig_.settle();
  disk_.append_to("/web/a.log", next_lines());
  rig_.settle();
  EXPECT_EQ(rig_.file(), file);
  EXPECT_EQ(file->source(), &web);
  expect_all_once();
}

}  // namespace
}  // namespace sawlog::agent
