#include <gtest/gtest.h>

#include "session/testing.h"

namespace trivet {
namespace {

class PreparedStatementsTest : public session_testing::SessionTest {};

TEST_F(PreparedStatementsTest, RunAsOftenAsWantedWithOtherArguments) {
  Run("PREPARE add AS SELECT $1 + $2");
  EXPECT_EQ(Text("EXECUTE add(1, 2)"), "3\n");
  EXPECT_EQ(Text("EXECUTE add(40, 2)"), "42\n");
  EXPECT_EQ(Text("EXECUTE add(1.5, 2)"), "3.5\n");
  Run("PREPARE joined AS SELECT ? || ?");
  EXPECT_EQ(Text("EXECUTE joined('a', 'b')"), "ab\n");
  Run("PREPARE named AS SELECT $low, $high");
  EXPECT_EQ(Text("EXECUTE named(high := 2, low := 1)"), "1|2\n");
}

TEST_F(PreparedStatementsTest, ArgumentsAreExpressions) {
  Run("PREPARE twice AS SELECT $1 * 2");
  EXPECT_EQ(Text("EXECUTE twice(3 + 4)"), "14\n");
  EXPECT_EQ(Text("EXECUTE twice((SELECT 5))"), "10\n");
  EXPECT_EQ(Text("EXECUTE twice(NULL)"), "NULL\n");
}

TEST_F(PreparedStatementsTest, SeeTheCatalogAsItIsWhenTheyRun) {
  Run("CREATE TABLE t AS SELECT 1 AS i; PREPARE all_of_t AS SELECT * FROM t");
  EXPECT_EQ(Text("EXECUTE all_of_t"), "1\n");
  Run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(Text("EXECUTE all_of_t"), "1\n2\n");
  Run("CREATE OR REPLACE TABLE t AS SELECT 'x' AS a, 'y' AS b");
  EXPECT_EQ(Text("EXECUTE all_of_t"), "x|y\n");
  Run("DROP TABLE t");
  EXPECT_EQ(Error("EXECUTE all_of_t").code(), StatusCode::kNotFound);
}

TEST_F(PreparedStatementsTest, ChangesMayBePreparedToo) {
  Run("CREATE TABLE t (i INTEGER); PREPARE put AS INSERT INTO t VALUES ($1)");
  Run("EXECUTE put(1); EXECUTE put(2)");
  EXPECT_EQ(Text("SELECT i FROM t ORDER BY i"), "1\n2\n");
}

TEST_F(PreparedStatementsTest, BelongToTheirConnection) {
  Run("PREPARE mine AS SELECT 1");
  const auto other = database_->Connect();
  EXPECT_EQ(other->Execute("EXECUTE mine").status().code(), StatusCode::kNotFound);
}

TEST_F(PreparedStatementsTest, ANameMayBeTakenAnewAndGivenUp) {
  Run("PREPARE p AS SELECT 1; PREPARE p AS SELECT 2; PREPARE q AS SELECT 3");
  EXPECT_EQ(Text("EXECUTE p"), "2\n");
  Run("DEALLOCATE p");
  EXPECT_EQ(Error("EXECUTE p").code(), StatusCode::kNotFound);
  EXPECT_EQ(Error("DEALLOCATE p").code(), StatusCode::kNotFound);
  EXPECT_EQ(Text("EXECUTE q"), "3\n");
}

TEST_F(PreparedStatementsTest, WrongNumbersOfArgumentsAreErrors) {
  Run("PREPARE one AS SELECT $1");
  EXPECT_FALSE(Error("EXECUTE one").ok());
  EXPECT_FALSE(Error("EXECUTE one(1, 2)").ok());
  EXPECT_FALSE(Error("EXECUTE one(nothing_of_this_name)").ok());
}

// The statement at hand holds no word of the one that failed: its error shows the kept text.
TEST_F(PreparedStatementsTest, ErrorsShowTheKeptText) {
  Run("PREPARE wrong AS SELECT 1, nope; PREPARE cast_it AS SELECT CAST($1 AS INTEGER)");
  const std::string binding = "SELECT 1; EXECUTE wrong";
  const Status unbound = Error(binding);
  EXPECT_EQ(unbound.position(), binding.find("EXECUTE"));
  EXPECT_NE(unbound.message().find("in the prepared statement \"wrong\": "), std::string::npos);
  EXPECT_NE(unbound.message().find("\n\nLINE 1: SELECT 1, nope\n                  ^"),
            std::string::npos)
      << unbound.message();
  // One that only a row shows, while the result is read.
  const std::string running = "SELECT 1; EXECUTE cast_it((SELECT 'x'))";
  const Status late = Error(running);
  EXPECT_EQ(late.position(), running.find("EXECUTE"));
  EXPECT_NE(late.message().find("\n\nLINE 1: SELECT CAST($1 AS INTEGER)\n                    ^"),
            std::string::npos)
      << late.message();
}

TEST_F(PreparedStatementsTest, AnArgumentsErrorStandsAtTheArgument) {
  Run("PREPARE two AS SELECT $1, $2");
  const std::string unknown = "EXECUTE two(1, nothing_of_this_name)";
  EXPECT_EQ(Error(unknown).position(), unknown.find("nothing"));
  const std::string impossible = "EXECUTE two(1, CAST('x' AS INTEGER))";
  EXPECT_EQ(Error(impossible).position(), impossible.find("CAST"));
}

TEST_F(PreparedStatementsTest, AnUnknownNameIsAnErrorAtTheStatement) {
  const std::string unknown = "SELECT 1; EXECUTE nobody";
  const Status status = Error(unknown);
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(status.position(), unknown.find("EXECUTE"));
}

}  // namespace
}  // namespace trivet
