// Window functions in the optimiser: filters by row numbers, and what moves or goes.

#include "optimizer/optimizer_testing.h"

namespace trivet::testing {

namespace {

class WindowLimitTest : public OptimizerTest {
 protected:
  // Over numbers n by (partition a, order b), which the query gives where `shows` says so.
  std::string Filtered(const std::string& condition, bool shows = false,
                       const std::string& function = "row_number()") {
    return Optimized("select s" + std::string(shows ? ", n" : "") + " from (select *, " + function +
                     " over (partition by a order by b desc) as n from r) where " + condition);
  }
};

TEST_F(WindowLimitTest, FirstRowsOfPartitionsAreATopN) {
  for (const char* condition : {"n <= 2", "n < 3", "2 >= n", "3 > n", "n <= 2 and n <= 7",
                                "n <= 2 and n < 9223372036854775807", "n <= 2.5"}) {
    const std::string plan = Filtered(condition);
    ExpectHas(plan, "TOP_N  Keys: b DESC NULLS LAST; Limit: 2; Offset: 0; Per: a");
    ExpectHasNot(plan, "WINDOW");
    ExpectHasNot(plan, "FILTER");
  }
  ExpectHas(Filtered("n = 1"), "Limit: 1; Offset: 0; Per: a");
}

TEST_F(WindowLimitTest, NumbersThatAreReadStay) {
  const std::string plan = Filtered("n <= 2", true);
  ExpectHas(plan,
            "WINDOW  Functions: row_number; Partition By: a; Order By: b DESC NULLS LAST; "
            "Limit: 2");
  ExpectHasNot(plan, "FILTER");
  const std::string second = Filtered("n = 2");
  ExpectAbove(second, "FILTER", "Limit: 2");
  const std::string both = Filtered("n between 2 and 5 and s < 'x'");
  ExpectAbove(both, "FILTER", "Limit: 5");
}

TEST_F(WindowLimitTest, OtherBoundsDoNotLimit) {
  for (const char* condition :
       {"n >= 2", "n > 2", "n <> 2", "n <= a", "n = 1 or b = 1", "n + 1 <= 2", "n <= NULL"}) {
    ExpectHasNot(Filtered(condition), "Limit");
  }
  for (const char* function : {"rank()", "dense_rank()"}) {
    ExpectHasNot(Filtered("n <= 2", true, function), "Limit");
  }
  ExpectHasNot(Optimized("select a from (select *, row_number() over (order by random()) as n from "
                         "r) where n <= 2"),
               "Limit");
}

TEST_F(WindowLimitTest, OtherFunctionsOfTheWindowSeeTheSameRows) {
  const std::string plan = Optimized(
      "select n, k from (select row_number() over w n, rank() over w k, dense_rank() over "
      "w d from r window w as (partition by a order by b)) where n <= 3 and k <= 2");
  ExpectHas(plan,
            "WINDOW  Functions: row_number, rank; Partition By: a; Order By: b ASC NULLS "
            "LAST; Limit: 3");
}

TEST_F(WindowLimitTest, NoneOfTheRows) {
  const std::string plan = Filtered("n <= 0", true);
  ExpectHas(plan, "Limit: 0");
  ExpectHas(Filtered("n < -9223372036854775807"), "Limit: 0");
}

TEST_F(WindowLimitTest, WithoutPartitionOrOrder) {
  ExpectHas(
      Optimized("select s from (select s, row_number() over (order by b) n from r) where n <= "
                "4"),
      "TOP_N  Keys: b ASC NULLS LAST; Limit: 4");
  ExpectHas(Optimized("select s from (select s, row_number() over () n from r) where n <= 4"),
            "LIMIT  Limit: 4");
}

TEST_F(WindowLimitTest, ConditionsOnPartitionsMoveBelow) {
  ExpectHas(Filtered("a = 7 and b = 3 and n > 1"), "Filters: (a = ");
  const std::string plan = Filtered("b = 3", true);
  ExpectAbove(plan, "FILTER", "WINDOW");
  ExpectHasNot(plan, "Filters");
  // Rows of other values of a take part in the numbering.
  ExpectHasNot(
      Optimized("select * from (select a, row_number() over (order by b) n from r) where a "
                "= 7"),
      "Filters");
}

TEST_F(WindowLimitTest, UnreadNumbersAreNotMade) {
  ExpectHasNot(Optimized("select s from (select *, rank() over (order by b) n from r)"), "WINDOW");
  ExpectHas(Optimized("select s, k from (select s, row_number() over w n, rank() over w k from r "
                      "window w as (order by b))"),
            "Functions: rank;");
}

TEST_F(WindowLimitTest, KeysThatDecideNothingGo) {
  ExpectHas(Optimized("select row_number() over (partition by a, 1, a order by a, b, b desc, 'x') "
                      "from r"),
            "Partition By: a; Order By: b ASC NULLS LAST");
  ExpectHasNot(Optimized("select rank() over (partition by 1 order by 2 + 3) from r"), "By");
}

TEST_F(WindowLimitTest, SortsBelowANumberingStay) {
  ExpectAbove(Optimized("select row_number() over () from (select * from r order by b)"), "WINDOW",
              "SORT");
}

}  // namespace

}  // namespace trivet::testing
