// The small parts of agent/metrics/: routes, keys, sums, series.
#include <random>

#include <gtest/gtest.h>

#include "agent/metrics/compensated_sum.h"
#include "agent/metrics/label_key.h"
#include "agent/metrics/route_form.h"
#include "agent/metrics/series_table.h"

namespace sawlog::agent {
namespace {

void check_route(std::string_view path, std::string_view want) {
  std::array<char, kLabelValueBytesMax + 1 + kRouteSlackBytes> buffer;
  const std::string padded = std::string(path) + std::string(kRouteSlackBytes, '7');
  const std::string_view text = std::string_view(padded).substr(0, path.size());
  const auto shown = std::span(buffer).first(kLabelValueBytesMax + 1);
  EXPECT_EQ(route_of(text, shown), want) << path;
}

TEST(RouteForm, WhatStays) {
  check_route("", "");
  check_route("/", "/");
  check_route("/orders", "/orders");
  check_route("/orders/", "/orders/");
  check_route("/orders/{order_id}", "/orders/{order_id}");
  check_route("/api/v1/users", "/api/v1/users");
  check_route("/files/report-2024.pdf", "/files/report-2024.pdf");
  check_route("/deadbeef", "/deadbeef");
  check_route("/accede-facade", "/accede-facade");
  check_route("orders", "orders");
  check_route("/grün/ö", "/grün/ö");
}

TEST(RouteForm, IdsAndQueriesGo) {
  check_route("/orders/1", "/orders/{id}");
  check_route("/orders/1/", "/orders/{id}/");
  check_route("/orders/1/items/22", "/orders/{id}/items/{id}");
  check_route("1", "{id}");
  check_route("/users/3f2504e0-4f89-11d3-9a0c-0305e82c3301", "/users/{id}");
  check_route("/users/3F2504E0-4F89-11D3-9A0C-0305E82C3301/x", "/users/{id}/x");
  check_route("/o/507f1f77bcf86cd799439011", "/o/{id}");
  check_route("/blobs/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
              "/blobs/{id}");
  check_route("/orders/1?page=2", "/orders/{id}");
  check_route("/orders?id=1", "/orders");
  check_route("/orders#1", "/orders");
  check_route("http://shop.example:80/orders/1?x", "/orders/{id}");
  check_route("https://shop.example", "/");
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text.append(part);
  return text;
}

// Short paths are looked at in another way than long ones.
TEST(RouteForm, OfAnyLength) {
  for (size_t length = 0; length < 140; ++length) {
    const std::string word(length, 'x');
    check_route(joined({"/", word}), joined({"/", word}));
    check_route(joined({"/", word, "/1"}), joined({"/", word, "/{id}"}));
    check_route(joined({"/7/", word, "/22/a?b/3"}), joined({"/{id}/", word, "/{id}/a"}));
    check_route(joined({"/", word, "/507f1f77bcf86cd799439011#x"}), joined({"/", word, "/{id}"}));
    check_route(joined({"/", std::string(length + 1, '9')}), "/{id}");
    std::string path(length % 8, 'y');
    std::string want = path;
    for (size_t segment = 0; segment < length / 8; ++segment) {
      path += "/123/abc";
      want += "/{id}/abc";
    }
    check_route(path + "/", want + "/");
  }
}

TEST(RouteForm, TooLongIsCut) {
  const std::string padded = "/1/" + std::string(5'000, 'x');
  const auto path = std::string_view(padded).substr(0, padded.size() - kRouteSlackBytes);
  std::array<char, kLabelValueBytesMax + 1> buffer;
  EXPECT_EQ(route_of(path, buffer).size(), buffer.size());
}

TEST(LabelKey, ValuesComeBack) {
  LabelKey key;
  key.append("GET");
  key.append("");
  key.append("/orders");
  std::array<std::string_view, 3> values;
  ASSERT_TRUE(split_key(key.bytes(), values));
  EXPECT_EQ(values[0], "GET");
  EXPECT_EQ(values[1], "");
  EXPECT_EQ(values[2], "/orders");
  std::array<std::string_view, 2> too_few;
  EXPECT_FALSE(split_key(key.bytes(), too_few));
  EXPECT_FALSE(split_key(key.bytes().substr(0, 4), values));
}

TEST(LabelKey, CutsBetweenCharacters) {
  EXPECT_EQ(cut_to("abc", 2), "ab");
  EXPECT_EQ(cut_to("aü", 2), "a");
  EXPECT_EQ(cut_to("a€b", 3), "a");
  EXPECT_EQ(cut_to("a€b", 4), "a€");
  LabelKey key;
  key.append(std::string(255, 'x') + "ü");
  std::string_view value;
  ASSERT_TRUE(split_key(key.bytes(), {&value, 1}));
  EXPECT_EQ(value, std::string(255, 'x'));
}

TEST(LabelKey, PrintableIsUtf8) {
  const auto check = [](std::string_view text, std::string_view want) {
    LabelKey key;
    key.append(text);
    LabelKey expected;
    expected.append(want);
    EXPECT_EQ(printable_key(key.bytes()), expected.bytes()) << text;
  };
  check("plain grün €", "plain grün €");
  check("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
  check(
      "a\xff"
      "b",
      "a?b");
  check("\xc3", "?");
  check("\xc0\x80", "??");
  check("\xed\xa0\x80", "???");
  check("\xf4\x90\x80\x80", "????");
}

TEST(CompensatedSum, LosesNothing) {
  uint64_t sum = 0;
  uint64_t compensation = 0;
  add_compensated(sum, compensation, 1e16);
  for (int i = 0; i < 1'000; ++i) add_compensated(sum, compensation, 1);
  add_compensated(sum, compensation, -1e16);
  EXPECT_EQ(compensated_value(sum, compensation), 1'000);
}

TEST(CompensatedSum, ManyDurations) {
  uint64_t sum = 0;
  uint64_t compensation = 0;
  uint64_t exact_ns = 0;
  std::mt19937_64 random(7);
  for (int i = 0; i < 1'000'000; ++i) {
    const uint64_t time_ns = random() % 1'000'000'000;
    exact_ns += time_ns;
    add_compensated(sum, compensation, static_cast<double>(time_ns) / 1e9);
  }
  EXPECT_NEAR(compensated_value(sum, compensation), static_cast<double>(exact_ns) / 1e9, 1e-9);
}

TEST(SeriesTable, FindsEachOfMany) {
  SeriesTable table;
  for (uint32_t i = 0; i < 20'000; ++i) {
    const std::string key = "series " + std::to_string(i);
    EXPECT_EQ(table.find(key), SeriesTable::kNone);
    ASSERT_EQ(table.insert(key), i);
  }
  const auto keys = table.shared_keys();
  table.insert("later");
  EXPECT_EQ(keys->keys.size(), 20'000);
  for (uint32_t i = 0; i < 20'000; ++i) {
    const std::string key = "series " + std::to_string(i);
    EXPECT_EQ(table.find(key), i);
    EXPECT_EQ(keys->keys[i], key);
  }
  EXPECT_EQ(table.find(""), SeriesTable::kNone);
}

}  // namespace
}  // namespace sawlog::agent
