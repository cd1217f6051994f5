#include "agent/tail/decoder.h"

#include <functional>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/compression.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

using State = Decoder::State;

struct Format {
  Compression compression;
  std::function<std::string(std::string_view)> compress;
};

const std::vector<Format>& formats() {
  static const std::vector<Format> kFormats = {{Compression::kGzip, tests::gzip},
                                               {Compression::kZstd, tests::zstd},
                                               {Compression::kXz, tests::xz}};
  return kFormats;
}

std::string sample(size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) {
    text += "line " + std::to_string(random()) + " of a log that compresses a little\n";
  }
  text.resize(size);
  return text;
}

class DecoderTest : public ::testing::Test {
 protected:
  std::shared_ptr<base::File> file_with(const std::string& bytes) {
    disk_.write_file("/f", bytes);
    auto file = disk_.open("/f", base::OpenMode::kRead);
    EXPECT_TRUE(file.has_value());
    return std::move(*file);
  }
  static std::string read_all(Decoder& decoder, size_t step = 10'000) {
    std::string text;
    std::string buffer(step, '\0');
    do {
      const auto count = decoder.read(buffer);
      EXPECT_TRUE(count.has_value());
      text.append(buffer, 0, *count);
    } while (decoder.state() == State::kReading);
    EXPECT_EQ(decoder.position(), text.size());
    return text;
  }
  void check(const Format& format, const std::string& bytes, const std::string& want_text,
             State want_state, size_t step = 10'000) {
    Decoder decoder(file_with(bytes), format.compression);
    EXPECT_EQ(read_all(decoder, step), want_text) << int(format.compression);
    EXPECT_EQ(decoder.state(), want_state) << int(format.compression) << ' ' << bytes.size();
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
};

TEST_F(DecoderTest, WholeFiles) {
  for (const Format& format : formats()) {
    for (const size_t size : {0u, 1u, 1000u, 300'000u, 3'000'000u}) {
      const std::string text = sample(size);
      check(format, format.compress(text), text, State::kWhole, 65'536);
    }
    check(format, format.compress(sample(5000)), sample(5000), State::kWhole, 1);
    check(format, format.compress(sample(5000)), sample(5000), State::kWhole, 5000);
  }
}

TEST_F(DecoderTest, SeveralMembers) {
  for (const Format& format : formats()) {
    const std::string bytes = format.compress(sample(100'000, 1)) + format.compress("") +
                              format.compress(sample(70'000, 2)) + format.compress("end\n");
    check(format, bytes, sample(100'000, 1) + sample(70'000, 2) + "end\n", State::kWhole);
  }
}

TEST_F(DecoderTest, AnEmptyFileIsWhole) {
  for (const Format& format : formats()) check(format, "", "", State::kWhole);
}

TEST_F(DecoderTest, ACutFileIsIncomplete) {
  for (const Format& format : formats()) {
    const std::string text = sample(50'000);
    const std::string bytes = format.compress(text);
    for (size_t size = 1; size < bytes.size(); size += 97) {
      Decoder decoder(file_with(bytes.substr(0, size)), format.compression);
      const std::string got = read_all(decoder);
      EXPECT_TRUE(text.starts_with(got));
      EXPECT_EQ(decoder.state(), State::kIncomplete) << int(format.compression) << ' ' << size;
    }
  }
}

// gzip is still at work: what comes later is read by the same decoder.
TEST_F(DecoderTest, AGrowingFile) {
  for (const Format& format : formats()) {
    const std::string text = sample(200'000);
    const std::string bytes = format.compress(text) + format.compress("more\n");
    for (const size_t step : {1u, 3u, 17u, 1000u}) {
      const auto file = file_with("");
      Decoder decoder(file, format.compression);
      std::string got;
      const size_t begin = step == 1 ? bytes.size() - 300 : 0;
      disk_.append_to("/f", std::string_view(bytes).substr(0, begin));
      for (size_t size = begin; size < bytes.size(); size += step) {
        disk_.append_to("/f", std::string_view(bytes).substr(size, step));
        std::string buffer(65'536, '\0');
        do {
          const auto count = decoder.read(buffer);
          ASSERT_TRUE(count);
          got.append(buffer, 0, *count);
        } while (decoder.state() == State::kReading);
        ASSERT_NE(decoder.state(), State::kDamaged) << int(format.compression) << ' ' << size;
      }
      EXPECT_EQ(got, text + "more\n");
      EXPECT_EQ(decoder.state(), State::kWhole);
    }
  }
}

TEST_F(DecoderTest, DamageEndsTheReading) {
  for (const Format& format : formats()) {
    const std::string text = sample(500'000);
    std::string bytes = format.compress(text);
    for (size_t i = 0; i < 64; ++i) bytes[bytes.size() / 2 + i] = static_cast<char>(i * 37);
    Decoder decoder(file_with(bytes), format.compression);
    const std::string got = read_all(decoder);
    EXPECT_EQ(decoder.state(), State::kDamaged) << int(format.compression);
    EXPECT_NE(got, text);
    char byte = 0;
    EXPECT_EQ(decoder.read(std::span(&byte, 1)), 0u);
  }
}

TEST_F(DecoderTest, WhatFollowsTheLastMemberIsIgnored) {
  for (const Format& format : formats()) {
    check(format, format.compress("text\n") + "garbage", "text\n", State::kWhole);
    check(format, format.compress("text\n") + std::string(512, '\0'), "text\n", State::kWhole);
  }
  check(formats()[2], tests::xz("a\n") + std::string(8, '\0') + tests::xz("b\n"), "a\nb\n",
        State::kWhole);
}

}  // namespace
}  // namespace sawlog::agent
