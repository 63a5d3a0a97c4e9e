#include "distributed/distributed_planner.h"

#include <gtest/gtest.h>

#include "session/connection.h"

namespace trivet {
namespace {

// Keeps the plan of the last query that was explained, and runs none.
class PlanKeeper final : public QueryRuntime {
 public:
  Result<std::unique_ptr<ResultStream>> Execute(PhysicalPlan,
                                                std::unique_ptr<QueryContext>) override {
    return Status::NotImplemented("plans only");
  }
  Result<std::string> Explain(const PhysicalPlan& plan, const QueryContext&, bool) override {
    plan_ = plan;
    return std::string();
  }
  const PhysicalPlan& plan() const { return plan_; }

 private:
  PhysicalPlan plan_;
};

class DistributedPlannerTest : public ::testing::Test {
 protected:
  DistributedPlannerTest() : keeper_(std::make_shared<PlanKeeper>()) {
    DatabaseOptions options;
    options.runtime = keeper_;
    connection_ = Database::Open(std::move(options))->Connect();
    planning_.partitions = 4;
    planning_.scan_tasks = 3;
    planning_.scan_task_rows = 1000;
    planning_.single_task_bytes = 0;
  }

  DistributedPlan Plan(const std::string& sql) {
    const auto explained = connection_->Execute("EXPLAIN " + sql);
    EXPECT_TRUE(explained.ok()) << sql << "\n" << explained.status().ToString();
    auto plan = PlanDistributed(keeper_->plan(), planning_);
    EXPECT_TRUE(plan.ok()) << sql << "\n" << plan.status().ToString();
    if (!plan.ok()) return {};
    EXPECT_TRUE(plan->Graph().Validate().ok()) << sql;
    return std::move(*plan);
  }
  // Per stage its tasks, the cut of its output, and what it reads: "3>HASH4" or "4<0:HASH".
  std::string Shape(const std::string& sql) {
    std::string shape;
    for (const PlannedStage& planned : Plan(sql).stages) {
      const Stage& stage = planned.stage;
      if (!shape.empty()) shape += " ";
      shape += std::to_string(stage.task_count);
      for (const StageInput& input : stage.inputs) {
        shape +=
            "<" + std::to_string(input.producer) + ":" + std::string(ExchangeKindName(input.kind));
      }
      if (stage.output_partitions > 1) shape += ">" + std::to_string(stage.output_partitions);
    }
    return shape;
  }
  static bool Mentions(const DistributedPlan& plan, std::string_view text) {
    return plan.ToString().find(text) != std::string::npos;
  }

  std::shared_ptr<PlanKeeper> keeper_;
  std::unique_ptr<Connection> connection_;
  DistributedPlannerOptions planning_;
};

TEST_F(DistributedPlannerTest, ScansFiltersAndProjectionsNeedNoExchange) {
  EXPECT_EQ(Shape("SELECT range + 1 FROM range(1000000) WHERE range % 2 = 0"), "3");
  EXPECT_EQ(Shape("SELECT 1"), "1");
}

TEST_F(DistributedPlannerTest, AggregatesMeetBehindAHashExchangeAfterAPartialPhase) {
  EXPECT_EQ(Shape("SELECT range % 7 AS k, sum(range) FROM range(1000000) GROUP BY k"),
            "3>4 4<0:HASH");
  EXPECT_TRUE(Mentions(Plan("SELECT range % 7 AS k, sum(range) FROM range(1000000) GROUP BY k"),
                       "Phase: partial"));
  EXPECT_EQ(Shape("SELECT sum(range) FROM range(1000000)"), "3 1<0:GATHER");
}

TEST_F(DistributedPlannerTest, RowsThatAreHashedByTheKeysAreNotMovedAgain) {
  // DISTINCT on the group's key, and another grouping by it.
  EXPECT_EQ(Shape("SELECT k, count(*) FROM (SELECT DISTINCT range % 7 AS k, range % 3 AS l "
                  "FROM range(1000000)) GROUP BY k"),
            "3>4 4<0:HASH>4 4<1:HASH");
  EXPECT_EQ(Shape("SELECT k, l, count(*) FROM (SELECT DISTINCT range % 7 AS k, range % 3 AS l "
                  "FROM range(1000000)) GROUP BY k, l"),
            "3>4 4<0:HASH");
}

TEST_F(DistributedPlannerTest, JoinsBroadcastASmallSideAndShuffleTwoLargeOnes) {
  const std::string small =
      "SELECT count(*) FROM range(1000000) a JOIN range(10) b ON a.range = b.range";
  EXPECT_TRUE(Mentions(Plan(small), "BROADCAST")) << Plan(small).ToString();
  planning_.broadcast_bytes = 1000;
  const std::string large =
      "SELECT count(*) FROM range(1000000) a JOIN range(1000000) b ON a.range = b.range";
  EXPECT_FALSE(Mentions(Plan(large), "BROADCAST")) << Plan(large).ToString();
  EXPECT_EQ(Shape(large), "3>4 3>4 4<0:HASH<1:HASH 1<2:GATHER");
}

TEST_F(DistributedPlannerTest, AFullJoinNeverBroadcasts) {
  const std::string sql =
      "SELECT count(*) FROM range(1000000) a FULL JOIN range(10) b ON a.range = b.range";
  EXPECT_FALSE(Mentions(Plan(sql), "BROADCAST")) << Plan(sql).ToString();
  // Without keys all rows must be in one place.
  EXPECT_EQ(
      Shape(
          "SELECT count(*) FROM range(1000000) a FULL JOIN range(1000000) b ON a.range < b.range"),
      "3 3 1<0:GATHER<1:GATHER");
}

TEST_F(DistributedPlannerTest, NotInSeesAllRowsOfItsRightSide) {
  const DistributedPlan plan = Plan(
      "SELECT range FROM range(1000000) WHERE nullif(range, 3) NOT IN (SELECT nullif(range, 4) "
      "FROM "
      "range(1000000))");
  EXPECT_TRUE(Mentions(plan, "BROADCAST")) << plan.ToString();
}

TEST_F(DistributedPlannerTest, LimitsAndTopNHaveALocalPhase) {
  EXPECT_EQ(Shape("SELECT range FROM range(1000000) LIMIT 5 OFFSET 2"), "3 1<0:GATHER");
  EXPECT_EQ(Shape("SELECT range FROM range(1000000) ORDER BY range % 10 LIMIT 5"), "3 1<0:GATHER");
  const DistributedPlan top = Plan("SELECT range FROM range(1000000) ORDER BY range % 10 LIMIT 5");
  EXPECT_NE(top.stages[0].plan->children()[0]->name(), "SCAN");
}

TEST_F(DistributedPlannerTest, UnionAllForwardsItsBranchesInOrder) {
  EXPECT_EQ(Shape("SELECT range FROM range(1000000) UNION ALL SELECT range FROM range(1000000)"),
            "3 3 6<0:FORWARD<1:FORWARD");
}

TEST_F(DistributedPlannerTest, ACommonTableIsComputedOnce) {
  const std::string shape = Shape(
      "WITH c AS MATERIALIZED (SELECT range % 7 AS k, sum(range) AS s FROM range(1000000) GROUP "
      "BY k) SELECT a.s, b.s FROM c a JOIN c b ON a.k = b.k + 1");
  EXPECT_NE(shape.find("3>4 4<0:HASH "), std::string::npos) << shape;
  EXPECT_NE(shape.find("<1:FORWARD"), std::string::npos) << shape;
}

TEST_F(DistributedPlannerTest, SmallQueriesAreOneTask) {
  planning_.single_task_bytes = 1 << 20;
  const DistributedPlan plan = Plan("SELECT range % 7 AS k, sum(range) FROM range(100) GROUP BY k");
  EXPECT_TRUE(plan.small);
  EXPECT_EQ(plan.stages.size(), 1u);
  EXPECT_FALSE(Plan("SELECT range % 7 AS k, sum(range) FROM range(10000000) GROUP BY k").small);
}

TEST_F(DistributedPlannerTest, NoExchangeStandsInsideAStage) {
  const DistributedPlan plan = Plan(
      "SELECT a.k, count(*) FROM (SELECT range % 7 AS k FROM range(1000000)) a JOIN (SELECT "
      "DISTINCT "
      "range % 11 AS k FROM range(1000000)) b USING (k) GROUP BY a.k ORDER BY 2 LIMIT 3");
  std::function<size_t(const PhysicalOperator&)> exchanges = [&](const PhysicalOperator& op) {
    size_t count = op.name() == "EXCHANGE" ? 1 : 0;
    for (const PhysicalPlan& child : op.children()) count += exchanges(*child);
    return count;
  };
  for (const PlannedStage& planned : plan.stages) EXPECT_EQ(exchanges(*planned.plan), 1u);
}

}  // namespace
}  // namespace trivet
