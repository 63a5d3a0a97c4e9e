// What EXPLAIN ANALYZE tells of changes at run time: each where it happens, and where it must not.
#include <regex>

#include "distributed/testing/cluster_fixture.h"

namespace trivet {
namespace {

using testing::Answer;
using testing::Ask;

class AdaptationExplainTest : public testing::ClusterTest {
 protected:
  // The stages, what was measured and changed, and the names of operators: what does not differ
  // from run to run, with estimates and fields left out.
  std::string Analyzed(const std::string& sql) {
    const Answer answer = Ask(*distributed_, "EXPLAIN ANALYZE " + sql);
    EXPECT_TRUE(answer.status.ok()) << sql << "\n" << answer.status.ToString();
    std::string text;
    std::istringstream lines(testing::Joined(answer.rows));
    for (std::string line; std::getline(lines, line);) {
      line = std::regex_replace(line, std::regex("^analyzed_plan\\|"), "");
      if (line.starts_with("Stage ") || line.starts_with("  adapted: ")) {
        text += std::regex_replace(line, std::regex(" of [0-9]+ bytes"), "") + "\n";
      } else if (line.find(" tasks in ") != std::string::npos) {
        text +=
            std::regex_replace(line, std::regex(" in .* of tasks\\), ([0-9]+ rows).*"), ", $1") +
            "\n";
      }
    }
    return text;
  }
  // What `sql` answers is the same as embedded, whatever was changed.
  std::string Checked(const std::string& sql) {
    ExpectSame(sql, false);
    return Analyzed(sql);
  }
  void MakeTables() {
    // Three parts, one for each task.
    const std::string rows = "SELECT range AS i, range % 500 AS k, range % 3 AS heavy FROM range(";
    Both("CREATE TABLE large AS " + rows + "10000)");
    Both("INSERT INTO large " + rows + "10000, 20000)");
    Both("INSERT INTO large " + rows + "20000, 30000)");
    Both("CREATE TABLE medium AS SELECT range AS k, range % 2 AS h FROM range(20000)");
  }
};

constexpr const char* kJoin =
    "SELECT large.i, m.k FROM large JOIN (SELECT k FROM medium WHERE k * k < 100) m ON large.k = "
    "m.k";

TEST_F(AdaptationExplainTest, ABuildSideThatTurnsOutSmallIsBroadcast) {
  planning_.broadcast_bytes = 1000;  // the estimate is above it
  Start(2, 4);
  MakeTables();
  EXPECT_EQ(Checked(kJoin),
            "Stage 0: 3 tasks\n"
            "  3 of 3 tasks, 10 rows\n"
            "Stage 1: 3 tasks\n"
            "  3 of 3 tasks, 30000 rows\n"
            "Stage 2: 4 tasks, reads stage 1 (HASH), reads stage 0 (HASH), result\n"
            "  3 of 3 tasks, 600 rows\n"
            "  adapted: input 1 is broadcast\n");
}

TEST_F(AdaptationExplainTest, ABuildSideThatIsLargeIsNot) {
  planning_.broadcast_bytes = 1000;
  settings_.adaptation.broadcast_bytes = 20;
  Start(2, 4);
  MakeTables();
  EXPECT_EQ(Checked(kJoin),
            "Stage 0: 3 tasks\n"
            "  3 of 3 tasks, 10 rows\n"
            "Stage 1: 3 tasks\n"
            "  3 of 3 tasks, 30000 rows\n"
            "Stage 2: 4 tasks, reads stage 1 (HASH), reads stage 0 (HASH), result\n"
            "  4 of 4 tasks, 600 rows\n");
}

TEST_F(AdaptationExplainTest, GroupsWithoutPartnersAreLeftOutBeforeTheyMove) {
  planning_.gather_bytes = 0;
  planning_.replicate_bytes = 0;
  Start(2, 4);
  MakeTables();
  Both("CREATE TABLE few AS SELECT range * 7 AS i, range AS n FROM range(20)");
  Both("INSERT INTO few VALUES (NULL, 100), (7, 101), (999999, 102)");
  Both("INSERT INTO large VALUES (NULL, NULL, 5)");
  const std::string groups = " (SELECT i, count(*) AS c, sum(k) AS s FROM large GROUP BY i) g ";
  const std::string joined = "SELECT few.i, n, c, s FROM few JOIN" + groups + "ON few.i = g.i";
  EXPECT_EQ(Checked(joined).find("3 of 3 tasks, 30000 rows"), std::string::npos);
  EXPECT_NE(Checked(joined).find("3 of 3 tasks, 20 rows"), std::string::npos) << Checked(joined);
  ExpectSame("SELECT few.i, n, c, s FROM few LEFT JOIN" + groups + "ON few.i = g.i", false);
  ExpectSame("SELECT few.i, n FROM few SEMI JOIN" + groups + "ON few.i = g.i", false);
  ExpectSame("SELECT few.i, n FROM few ANTI JOIN" + groups + "ON few.i = g.i", false);
  ExpectSame("SELECT few.i, n, c FROM few JOIN" + groups + "ON few.i IS NOT DISTINCT FROM g.i",
             false);
  ExpectSame("SELECT few.i, n, c FROM few JOIN" + groups + "ON few.i = g.i AND few.n = g.c - 1",
             false);
  // The other way round, the groups being on the left.
  ExpectSame("SELECT g.i, c FROM" + groups + "JOIN few ON few.i = g.i", false);
  ExpectSame("SELECT g.i, c FROM" + groups + "SEMI JOIN few ON few.i = g.i", false);
  ExpectSame("SELECT count(*), sum(c) FROM" + groups + "ANTI JOIN few ON few.i = g.i", false);
  ExpectSame("SELECT count(*), sum(c) FROM" + groups + "LEFT JOIN few ON few.i = g.i", false);
}

constexpr const char* kSkewed =
    "SELECT large.i, m.k FROM large LEFT JOIN (SELECT k FROM medium) m ON large.heavy = m.k";

TEST_F(AdaptationExplainTest, ALargePartitionIsSharedOut) {
  planning_.broadcast_bytes = 1000;
  settings_.adaptation.broadcast = false;
  settings_.adaptation.split_minimum_bytes = 10'000;
  settings_.adaptation.split_median_factor = 2;
  settings_.adaptation.target_partition_bytes = 10'000;
  Start(2, 8);
  MakeTables();
  EXPECT_EQ(Checked(kSkewed),
            "Stage 0: 3 tasks\n"
            "  3 of 3 tasks, 20000 rows\n"
            "Stage 1: 3 tasks\n"
            "  3 of 3 tasks, 30000 rows\n"
            "Stage 2: 8 tasks, reads stage 1 (HASH), reads stage 0 (HASH), result\n"
            "  14 of 14 tasks, 30000 rows\n"
            "  adapted: 6 tasks added to split large partitions\n");
}

TEST_F(AdaptationExplainTest, PartitionsThatAreEvenOrNeededWholeAreNot) {
  planning_.broadcast_bytes = 1000;
  settings_.adaptation.broadcast = false;
  settings_.adaptation.split_minimum_bytes = 10'000;
  settings_.adaptation.split_median_factor = 2;
  settings_.adaptation.target_partition_bytes = 10'000;
  Start(2, 8);
  MakeTables();
  EXPECT_EQ(Checked("SELECT large.i, m.k FROM large LEFT JOIN (SELECT k FROM medium) m ON large.i "
                    "= m.k"),
            "Stage 0: 3 tasks\n"
            "  3 of 3 tasks, 20000 rows\n"
            "Stage 1: 3 tasks\n"
            "  3 of 3 tasks, 30000 rows\n"
            "Stage 2: 8 tasks, reads stage 1 (HASH), reads stage 0 (HASH), result\n"
            "  8 of 8 tasks, 30000 rows\n");
  // A FULL JOIN needs all rows of a key in one task.
  EXPECT_EQ(Checked("SELECT large.i, m.k FROM large FULL JOIN (SELECT k FROM medium) m ON "
                    "large.heavy = m.k"),
            "Stage 0: 3 tasks\n"
            "  3 of 3 tasks, 20000 rows\n"
            "Stage 1: 3 tasks\n"
            "  3 of 3 tasks, 30000 rows\n"
            "Stage 2: 8 tasks, reads stage 1 (HASH), reads stage 0 (HASH), result\n"
            "  8 of 8 tasks, 49997 rows\n");
}

TEST_F(AdaptationExplainTest, SmallPartitionsAreReadTogether) {
  settings_.adaptation.coalesce = true;
  Start(2, 8);
  MakeTables();
  EXPECT_EQ(Checked("SELECT k, count(*) FROM large GROUP BY k"),
            "Stage 0: 3 tasks\n"
            "  3 of 3 tasks, 1500 rows\n"
            "Stage 1: 8 tasks, reads stage 0 (HASH), result\n"
            "  2 of 2 tasks, 500 rows\n"
            "  adapted: 8 partitions are read by 2 tasks\n");
}

TEST_F(AdaptationExplainTest, PartitionsOfTheRightSizeAreReadAlone) {
  settings_.adaptation.coalesce = true;
  settings_.adaptation.target_partition_bytes = 1;
  Start(2, 4);
  MakeTables();
  EXPECT_EQ(Checked("SELECT k, count(*) FROM large GROUP BY k"),
            "Stage 0: 3 tasks\n"
            "  3 of 3 tasks, 1500 rows\n"
            "Stage 1: 4 tasks, reads stage 0 (HASH), result\n"
            "  4 of 4 tasks, 500 rows\n");
}

TEST_F(AdaptationExplainTest, TasksBehindALimitsRowsAreNotAwaited) {
  Start(1, 4);
  MakeTables();
  ExpectSame("SELECT i FROM large LIMIT 10 OFFSET 3", true);
  EXPECT_EQ(Analyzed("SELECT i FROM large LIMIT 10 OFFSET 3"),
            "Stage 0: 3 tasks, of which the first 13 rows count\n"
            "  1 of 3 tasks, 13 rows\n"
            "Stage 1: 1 task, reads stage 0 (GATHER), result\n"
            "  1 of 1 tasks, 10 rows\n"
            "  adapted: the rows of 1 of 3 tasks of stage 0 are enough\n");
}

TEST_F(AdaptationExplainTest, TasksBeforeALimitsRowsAre) {
  Start(1, 4);
  MakeTables();
  ExpectSame("SELECT range FROM range(1000000) LIMIT 5 OFFSET 999990", true);
  EXPECT_EQ(Analyzed("SELECT range FROM range(1000000) LIMIT 5 OFFSET 999990"),
            "Stage 0: 3 tasks, of which the first 999995 rows count\n"
            "  3 of 3 tasks, 1000000 rows\n"
            "Stage 1: 1 task, reads stage 0 (GATHER), result\n"
            "  1 of 1 tasks, 5 rows\n");
}

TEST_F(AdaptationExplainTest, RangesAreCutWhereSamplesSay) {
  Start(2, 4);
  MakeTables();
  ExpectSame("SELECT i, heavy FROM large ORDER BY heavy DESC", true);
  EXPECT_EQ(Analyzed("SELECT i, heavy FROM large ORDER BY heavy DESC"),
            "Stage 0: 3 tasks\n"
            "  3 of 3 tasks, 30000 rows\n"
            "Stage 1: 3 tasks, reads stage 0 (FORWARD), cut at keys of stage 0\n"
            "  3 of 3 tasks, 30000 rows\n"
            "  adapted: rows are cut into 4 ranges at sampled keys\n"
            "Stage 2: 4 tasks, reads stage 1 (RANGE), result\n"
            "  4 of 4 tasks, 30000 rows\n");
  // Of no rows there are no samples, and one range.
  EXPECT_EQ(Analyzed("SELECT i, heavy FROM large WHERE i * i < 0 ORDER BY heavy DESC"),
            "Stage 0: 3 tasks\n"
            "  3 of 3 tasks, 0 rows\n"
            "Stage 1: 3 tasks, reads stage 0 (FORWARD), cut at keys of stage 0\n"
            "  3 of 3 tasks, 0 rows\n"
            "  adapted: rows are cut into 1 ranges at sampled keys\n"
            "Stage 2: 4 tasks, reads stage 1 (RANGE), result\n"
            "  4 of 4 tasks, 0 rows\n");
}

}  // namespace
}  // namespace trivet
