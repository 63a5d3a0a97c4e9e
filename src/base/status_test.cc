#include "base/status.h"

#include <gtest/gtest.h>

namespace trivet {
namespace {

TEST(Status, OkIsEmpty) {
  EXPECT_TRUE(Status::OK().ok());
  EXPECT_EQ(Status::OK().code(), StatusCode::kOk);
  EXPECT_EQ(Status::OK().ToString(), "OK");
}

TEST(Status, InnermostPositionWins) {
  Status status = Status::InvalidInput("bad").WithPosition(3).WithPosition(9).WithHint("try x");
  EXPECT_EQ(status.position(), 3u);
  EXPECT_EQ(status.ToString(), "Invalid Input Error: bad\nHint: try x");
}

TEST(Status, RenderPutsTheCaretUnderTheNamedColumn) {
  const std::string sql = "select a,\n  é, wrong from t";
  Status status = Status::NotFound("no column").WithPosition(sql.find("wrong"));
  EXPECT_EQ(status.Render(sql),
            "Not Found Error: no column\n\nLINE 2:   é, wrong from t\n             ^");
}

TEST(Status, RenderCutsLongLines) {
  const std::string sql = "select " + std::string(500, 'x') + " ! " + std::string(500, 'y');
  const std::string text = Status::InvalidInput("m").WithPosition(508).Render(sql);
  EXPECT_LT(text.size(), 400u);
  EXPECT_NE(text.find("..."), std::string::npos);
}

TEST(Result, CarriesValueOrStatus) {
  auto half = [](int x) -> Result<int> {
    if (x % 2 != 0) return Status::InvalidInput("odd");
    return x / 2;
  };
  auto quarter = [&](int x) -> Result<int> {
    TRIVET_ASSIGN_OR_RETURN(int y, half(x));
    return half(y);
  };
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).status().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace trivet
