#include "base/nearest_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace trivet {
namespace {

TEST(NearestName, CountsEditsAndSwapsWithoutCase) {
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("lenght", "LENGTH"), 1u);
  EXPECT_EQ(EditDistance("abc", "abc"), 0u);
}

TEST(NearestName, FindsTheNearestAndNothingFarFetched) {
  const std::vector<std::string> names = {"l_shipdate", "l_shipmode", "length", "floor", "year"};
  EXPECT_EQ(NearestName("l_shipdat", names), "l_shipdate");
  EXPECT_EQ(NearestName("lenght", names), "length");
  EXPECT_EQ(NearestName("yeer", names), "year");
  EXPECT_EQ(NearestName("quantile", names), "");
  EXPECT_EQ(NearestName("x", {}), "");
}

TEST(NearestName, TiesGoToTheFirstInAlphabeticalOrder) {
  const std::vector<std::string> names = {"cot", "cat", "cut"};
  EXPECT_EQ(NearestName("cit", names), "cat");
}

}  // namespace
}  // namespace trivet
