#include "distributed/distributed_planner.h"

#include <gtest/gtest.h>

#include "execution/operators/join.h"
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
    planning_.replicate_bytes = 0;
    planning_.gather_bytes = 0;
    planning_.range_sort_bytes = 0;
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
      if (!shape.empty()) shape += ' ';
      shape += std::to_string(stage.task_count);
      for (const StageInput& input : stage.inputs) {
        shape +=
            "<" + std::to_string(input.producer) + ":" + std::string(ExchangeKindName(input.kind));
      }
      if (stage.bounds_from) shape += "?" + std::to_string(*stage.bounds_from);
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
  EXPECT_EQ(Shape(large), "3>4 3>4 4<1:HASH<0:HASH 1<2:GATHER");
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

TEST_F(DistributedPlannerTest, FullSortsAreCutIntoRangesOfSampledKeys) {
  const std::string sql = "SELECT range FROM range(1000000) ORDER BY range % 10";
  EXPECT_EQ(Shape(sql), "3 3<0:FORWARD?0>4 4<1:RANGE");
  const DistributedPlan plan = Plan(sql);
  EXPECT_TRUE(plan.stages[0].stage.samples_keys);
  EXPECT_FALSE(plan.stages[1].stage.samples_keys);
  EXPECT_TRUE(Mentions(plan, "Sort Keys"));
  // What one task has anyway, and what is estimated to be small.
  EXPECT_EQ(Shape("SELECT * FROM (SELECT range FROM range(1000000) LIMIT 9) ORDER BY range % 10"),
            "3 1<0:GATHER");
  // Keys that are new at every look are written before they are looked at.
  const DistributedPlan shuffled = Plan("SELECT range FROM range(1000000) ORDER BY random()");
  ASSERT_EQ(shuffled.stages.size(), 3u) << shuffled.ToString();
  EXPECT_TRUE(shuffled.stages[0].stage.indeterminate);
  EXPECT_FALSE(Mentions(shuffled, "By Place"));
  planning_.range_sort_bytes = uint64_t{1} << 40;
  EXPECT_EQ(Shape(sql), "3 1<0:GATHER");
  planning_.range_sort_bytes = 0;
  planning_.partitions = 1;
  EXPECT_EQ(Shape(sql), "3 1<0:GATHER");
}

TEST_F(DistributedPlannerTest, PlacesBreakTiesWhereRowsComeInTheSameOrderAgain) {
  const auto by_place = [&](const std::string& sql) {
    return Mentions(Plan(sql), "By Place: true");
  };
  EXPECT_TRUE(by_place("SELECT range FROM range(1000000) WHERE range > 5 ORDER BY range % 10"));
  EXPECT_FALSE(by_place("SELECT DISTINCT range FROM range(1000000) ORDER BY range % 10"));
}

TEST_F(DistributedPlannerTest, WhoeverGathersForALimitSaysHowManyRowsCount) {
  const DistributedPlan plan = Plan("SELECT range FROM range(1000000) LIMIT 5 OFFSET 2");
  EXPECT_EQ(plan.stages[0].stage.row_limit, 7u);
  EXPECT_EQ(plan.stages[1].stage.row_limit, 0u);
  // The first rows of a sort may come from any task.
  const DistributedPlan top = Plan("SELECT range FROM range(1000000) ORDER BY range % 10 LIMIT 5");
  EXPECT_EQ(top.stages[0].stage.row_limit, 0u);
}

TEST_F(DistributedPlannerTest, RepeatableRowsAreThoseOfOrderedOperators) {
  const auto repeatable = [&](const std::string& sql) {
    return Plan(sql).stages.back().stage.repeatable_rows;
  };
  EXPECT_TRUE(repeatable("SELECT range + 1 FROM range(1000000) WHERE range % 2 = 0"));
  EXPECT_TRUE(repeatable("SELECT range FROM range(1000000) LIMIT 7"));
  EXPECT_TRUE(repeatable("SELECT range FROM range(1000000) ORDER BY range % 10"));
  EXPECT_FALSE(repeatable("SELECT DISTINCT range FROM range(1000000)"));
  // All columns are keys, and equal ones have equal bits.
  EXPECT_TRUE(repeatable("SELECT DISTINCT range FROM range(1000000) ORDER BY range"));
  EXPECT_FALSE(repeatable("SELECT DISTINCT range::DOUBLE AS x FROM range(1000000) ORDER BY x"));
  EXPECT_FALSE(repeatable("SELECT range + random() FROM range(1000000)"));
}

TEST_F(DistributedPlannerTest, JoinsSayWhatMayBeChangedWhenSizesAreKnown) {
  planning_.broadcast_bytes = 1000;
  const auto join = [&](const std::string& kind, const std::string& rest = "") {
    return Plan("SELECT a.range, b.range FROM range(1000000) a " + kind +
                " JOIN range(900000) b ON a.range = b.range" + rest);
  };
  const auto marks = [](const DistributedPlan& plan, size_t stage) {
    std::string text;
    for (const StageInput& input : plan.stages[stage].stage.inputs) {
      text += std::string(input.splittable ? "S" : "-") + (input.may_broadcast ? "B" : "-") + " ";
    }
    return text;
  };
  // The right side is smaller: it is written first, and the left one waits for it.
  EXPECT_EQ(marks(join(""), 2), "S- SB ");
  EXPECT_EQ(join("").stages[1].stage.start_after, std::vector<StageId>{0});
  // Rows of a preserved side must be in one place.
  EXPECT_EQ(marks(join("LEFT"), 2), "S- -B ");
  EXPECT_EQ(marks(join("FULL"), 2), "-- -- ");
  EXPECT_TRUE(join("FULL").stages[1].stage.start_after.empty());
  // Right rows are preserved, and only the left ones may be sent to all: but these are more.
  EXPECT_EQ(marks(join("RIGHT"), 2), "-- S- ");
  // An aggregation that relies on the join's partitions forbids both; its first phase does not.
  const DistributedPlan relied = Plan(
      "SELECT a.range, count(*) FROM range(1000000) a JOIN range(900000) b ON a.range = "
      "b.range GROUP BY a.range");
  EXPECT_EQ(relied.stages.size(), 3u) << relied.ToString();
  EXPECT_EQ(marks(relied, 2), "-- -- ") << relied.ToString();
  const DistributedPlan partial =
      Plan("SELECT count(*) FROM range(1000000) a JOIN range(900000) b ON a.range = b.range");
  EXPECT_EQ(marks(partial, 2), "S- SB ") << partial.ToString();
}

TEST_F(DistributedPlannerTest, SmallTablesAreReadByEveryTaskThatWantsThem) {
  const std::string sql =
      "SELECT count(*) FROM range(1000000) a JOIN range(10) b ON a.range = b.range";
  EXPECT_EQ(Shape(sql), "1 3<0:BROADCAST 1<1:GATHER");
  planning_.replicate_bytes = 10'000;
  EXPECT_EQ(Shape(sql), "3 1<0:GATHER");
  EXPECT_TRUE(Mentions(Plan(sql), "Whole: true"));
  // Joins of small tables, too; not what differs from task to task.
  EXPECT_EQ(Shape("SELECT count(*) FROM range(1000000) a JOIN (SELECT b.range FROM range(10) b "
                  "JOIN range(20) c ON b.range = c.range) d ON a.range = d.range"),
            "3 1<0:GATHER");
  EXPECT_EQ(Shape("SELECT count(*) FROM range(1000000) a JOIN (SELECT range, random() AS r FROM "
                  "range(10)) b ON a.range = b.range WHERE r < 2"),
            "1 3<0:BROADCAST 1<1:GATHER");
  planning_.forced_scan_tasks = 3;
  planning_ = planning_.ForSlots(1);
  EXPECT_NE(Shape(sql).find("BROADCAST"), std::string::npos);
}

// The plan with every semi join as one that other joins imply.
PhysicalPlan WithReducers(const PhysicalPlan& plan) {
  std::vector<PhysicalPlan> children;
  for (const PhysicalPlan& child : plan->children()) children.push_back(WithReducers(child));
  const auto* join = dynamic_cast<const PhysicalJoin*>(plan.get());
  if (join == nullptr || join->fields().kind != JoinKind::kSemi) {
    return children.empty() ? plan : plan->WithChildren(std::move(children));
  }
  PhysicalJoin::Fields fields = join->fields();
  fields.reducer = true;
  fields.build_left = false;
  return std::make_shared<PhysicalJoin>(std::move(fields), join->schema(), children[0],
                                        children[1]);
}

TEST_F(DistributedPlannerTest, ReducersMoveNoRows) {
  const std::string sql =
      "SELECT sum(range) FROM range(1000000) a WHERE EXISTS (SELECT 1 FROM range(10) b WHERE "
      "a.range = b.range)";
  EXPECT_EQ(Plan(sql).stages.size(), 3u);
  const PhysicalPlan plan = WithReducers(keeper_->plan());
  // The right side would have to be sent: the join goes.
  const auto without = PlanDistributed(plan, planning_);
  ASSERT_TRUE(without.ok()) << without.status().ToString();
  EXPECT_EQ(without->stages.size(), 2u) << without->ToString();
  EXPECT_FALSE(Mentions(*without, "REDUCING_JOIN"));
  // Every task can read it.
  planning_.replicate_bytes = 10'000;
  const auto with = PlanDistributed(plan, planning_);
  ASSERT_TRUE(with.ok()) << with.status().ToString();
  EXPECT_EQ(with->stages.size(), 2u) << with->ToString();
  EXPECT_TRUE(Mentions(*with, "REDUCING_JOIN"));
}

TEST_F(DistributedPlannerTest, FewRowsMeetInOneTask) {
  const std::string join =
      "SELECT a.range FROM range(300000) a FULL JOIN range(200000) b ON a.range = b.range";
  EXPECT_EQ(Shape(join), "2>4 3>4 4<1:HASH<0:HASH");
  planning_.gather_bytes = 1 << 20;
  EXPECT_EQ(Shape(join), "2>4 3>4 4<1:HASH<0:HASH");
  planning_.gather_bytes = 10 << 20;
  EXPECT_EQ(Shape(join), "3 2 1<0:GATHER<1:GATHER");
}

TEST_F(DistributedPlannerTest, RowsWithoutPartnersStayWhereTheyAre) {
  const auto sql = [](const std::string& negation, int rows) {
    return "SELECT range FROM range(" + std::to_string(rows) + ") a WHERE " + negation +
           " EXISTS (SELECT 1 FROM range(1000000) b WHERE b.range = a.range)";
  };
  for (const std::string negation : {"", "NOT"}) {
    const DistributedPlan plan = Plan(sql(negation, 10'000));
    // The left rows are sent to where the right ones are read, and what remains of these comes
    // back.
    EXPECT_EQ(plan.stages[1].stage.inputs[0].kind, ExchangeKind::kBroadcast) << plan.ToString();
    EXPECT_EQ(plan.stages[1].plan->children()[0]->name(), "HASH_JOIN") << plan.ToString();
    EXPECT_EQ(Shape(sql(negation, 10'000)), "1 3<0:BROADCAST 1<0:FORWARD<1:GATHER");
    EXPECT_FALSE(Mentions(Plan(sql(negation, 500'000)), "FORWARD"));
  }
  // What is written already is gathered as it is.
  planning_.gather_bytes = 11 << 20;
  EXPECT_EQ(Shape(sql("", 150'000)), "2 3<0:BROADCAST 1<0:GATHER<1:GATHER");
  planning_.gather_bytes = 0;
  planning_.reduction_factor = 0;
  EXPECT_FALSE(Mentions(Plan(sql("", 10'000)), "FORWARD"));
}

TEST_F(DistributedPlannerTest, RowsThatMoveLeaveThoseWithoutPartnersBehind) {
  const auto sql = [](const std::string& join, int rows) {
    return "SELECT * FROM range(1000000) a " + join +
           " (SELECT range AS k, range + 1 AS x, range + "
           "2 AS y FROM range(" +
           std::to_string(rows) + ")) b ON a.range = b.k";
  };
  planning_.broadcast_bytes = 500'000;
  // The few rows are cut by their keys; these alone go on, to where the million is read.
  EXPECT_EQ(Shape(sql("JOIN", 20'000)), "1>4 4<0:HASH 3<1:BROADCAST>4 4<2:HASH<0:HASH");
  EXPECT_TRUE(Mentions(Plan(sql("JOIN", 20'000)), "Kind: SEMI"));
  EXPECT_TRUE(Mentions(Plan(sql("RIGHT JOIN", 20'000)), "Kind: SEMI"));
  // Rows without partners show.
  EXPECT_FALSE(Mentions(Plan(sql("LEFT JOIN", 20'000)), "Kind: SEMI"));
  EXPECT_FALSE(Mentions(Plan(sql("FULL JOIN", 20'000)), "Kind: SEMI"));
  // What is left behind would be another row each time.
  EXPECT_FALSE(
      Mentions(Plan("SELECT * FROM range(1000000) a JOIN (SELECT range AS k, range + 1 AS x, "
                    "range + 2 AS y FROM range(20000)) b ON a.range = b.k + (random() * 9)::INT"),
               "Kind: SEMI"));
  // Few are left behind, or all keys are too much to send.
  EXPECT_FALSE(Mentions(Plan(sql("JOIN", 600'000)), "Kind: SEMI"));
  EXPECT_FALSE(Mentions(Plan(sql("JOIN", 100'000)), "Kind: SEMI"));
  // Sent to all, one side makes the other stay.
  planning_.broadcast_bytes = 1 << 20;
  EXPECT_FALSE(Mentions(Plan(sql("JOIN", 20'000)), "Kind: SEMI"));
  planning_.broadcast_bytes = 500'000;
  planning_.reduction_factor = 0;
  EXPECT_FALSE(Mentions(Plan(sql("JOIN", 20'000)), "Kind: SEMI"));
}

TEST_F(DistributedPlannerTest, NoSlotWaitsForOneTaskMoreThanThereAreSlots) {
  planning_ = DistributedPlannerOptions();
  planning_.single_task_bytes = planning_.gather_bytes = planning_.replicate_bytes = 0;
  planning_.scan_task_rows = 1000;
  planning_ = planning_.ForSlots(4);
  const auto tasks = [&](int rows) {
    return Plan("SELECT * FROM range(" + std::to_string(rows) + ")").stages[0].stage.task_count;
  };
  EXPECT_EQ(tasks(3'500'000), 8u);
  EXPECT_EQ(tasks(100), 1u);
  planning_.scan_task_rows = 1'000'000;
  EXPECT_EQ(tasks(2'500'000), 3u);
  EXPECT_EQ(tasks(4'500'000), 8u);
}

TEST_F(DistributedPlannerTest, GroupsWithoutPartnersAreLeftOutWhereTheirRowsAreRead) {
  const auto sql = [](const std::string& join, const std::string& aggregate, int rows) {
    return "SELECT * FROM range(" + std::to_string(rows) + ") a " + join +
           " (SELECT b.range AS k, " + aggregate +
           " AS n FROM range(1000000) b GROUP BY b.range) g ON a.range = g.k";
  };
  const auto reduces = [&](const std::string& text) {
    const std::string plan = Plan(text).ToString();
    const size_t stage = plan.find("Stage 1:");
    return plan.substr(stage, plan.find("Stage 2:") - stage).find("SEMI") != std::string::npos;
  };
  // The ten thousand rows are made once, go where the million are read, and meet what is left.
  const std::string shape = Shape(sql("JOIN", "count(*)", 10'000));
  EXPECT_EQ(shape, "1 3<0:BROADCAST>4 1<0:FORWARD>4 4<1:HASH<2:HASH");
  EXPECT_TRUE(reduces(sql("JOIN", "count(*)", 10'000)));
  EXPECT_TRUE(reduces(sql("LEFT JOIN", "count(*)", 10'000)));
  EXPECT_TRUE(reduces(sql("SEMI JOIN", "count(*)", 10'000)));
  EXPECT_TRUE(reduces(sql("ANTI JOIN", "count(*)", 10'000)));
  // Rows without partners show.
  EXPECT_FALSE(reduces(sql("FULL JOIN", "count(*)", 10'000)));
  EXPECT_FALSE(reduces(sql("RIGHT JOIN", "count(*)", 10'000)));
  // So does the error of a row.
  EXPECT_FALSE(reduces(sql("JOIN", "sum((b.range::VARCHAR)::SMALLINT)", 10'000)));
  // Too few are left out, or there are few anyway.
  EXPECT_FALSE(reduces(sql("JOIN", "count(*)", 500'000)));
  planning_.gather_bytes = 100 << 20;
  EXPECT_FALSE(reduces(sql("JOIN", "count(*)", 10'000)));
  planning_.gather_bytes = 0;
  planning_.reduction_factor = 0;
  EXPECT_FALSE(reduces(sql("JOIN", "count(*)", 10'000)));
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
