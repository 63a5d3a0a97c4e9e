// Every rule of the list: a query on which it fires, and one that looks alike and that it leaves.

#include <algorithm>

#include "optimizer/optimizer_testing.h"

namespace trivet::testing {

namespace {

struct RuleCase {
  std::string_view rule;
  std::set<std::string> others;  // run as well, so that the rule sees what it is made for
  std::string fires;
  std::string leaves;
};

const std::vector<RuleCase>& Cases() {
  static const std::vector<RuleCase> cases = {
      {"build_side_choice",
       {},
       "select * from nation join customer on n_nationkey = c_nationkey",
       "select * from customer join nation on n_nationkey = c_nationkey"},
      {"column_pruning", {}, "select b from (select a, b from r)", "select a, c from q"},
      {"common_expression_sharing",
       {},
       "select (a + b) * 2, (a + b) * 3 from r",
       "select random() * 2, random() * 3 from r"},
      {"common_subplan_sharing",
       {},
       "select * from (select l_suppkey, sum(l_price) p from lineitem group by 1) x join (select "
       "l_suppkey, sum(l_price) p from lineitem group by 1) y on x.p = y.p",
       "select * from (select l_suppkey, sum(l_price) p from lineitem group by 1) x join (select "
       "l_suppkey, max(l_price) p from lineitem group by 1) y on x.p = y.p"},
      {"constant_folding",
       {},
       "select * from r where s = upper('x')",
       "select a + 1 + random() from r"},
      {"cte_inlining",
       {},
       "with x as (select a from r) select * from x x1, x x2",
       "with x as materialized (select a from r) select * from x x1, x x2"},
      {"eager_aggregation",
       {},
       "select c_nationkey, count(*) from customer join supplier on c_nationkey = s_nationkey "
       "group "
       "by 1",
       "select c_nationkey, count(*) from customer join nation on c_nationkey = n_nationkey group "
       "by 1"},
      {"empty_input_removal",
       {},
       "select * from r join (select * from q where false) x on r.a = x.a",
       "select * from r join (select * from q where c = 1) x on r.a = x.a"},
      {"expression_simplification",
       {},
       "select * from r where not (a = 1)",
       "select * from r where a <> 1"},
      {"filter_pushdown",
       {},
       "select * from (select a from r) where a = 1",
       "select * from (select a from r limit 5) where a = 1"},
      {"join_order",
       {"filter_pushdown"},
       "select * from lineitem, nation, orders, customer where l_orderkey = o_orderkey and "
       "o_custkey = c_custkey and c_nationkey = n_nationkey and n_name = 'PERU'",
       "select * from orders, nation where cast(o_status as integer) = n_nationkey"},
      {"limit_pushdown", {}, "select a from r order by b limit 3", "select a from r order by b"},
      {"mark_join_simplification",
       {},
       "select a from r where a in (select a from q)",
       "select a, a in (select a from q) from r"},
      {"null_test_removal",
       {},
       "select * from orders where o_custkey is not null",
       "select * from r where a is not null"},
      {"outer_join_simplification",
       {},
       "select * from r left join q on r.a = q.a where q.c = 1",
       "select * from r left join q on r.a = q.a where q.c is null"},
      {"predicate_inference",
       {"filter_pushdown"},
       "select * from r join q on r.a = q.a where q.a < 7",
       "select * from r join q on r.a = q.a + 0 where q.a < 7"},
      // Customers are built whole, though nation leaves one of 25.
      {"predicate_transfer",
       {"filter_pushdown", "join_order"},
       "select sum(l_price) from customer, orders, lineitem, supplier, nation where c_custkey = "
       "o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = "
       "s_nationkey and s_nationkey = n_nationkey and n_name = 'PERU'",
       "select sum(l_price) from customer, orders, lineitem, supplier, nation where c_custkey = "
       "o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = "
       "s_nationkey and s_nationkey = n_nationkey"},
      {"projection_merging",
       {},
       "select x + 1 from (select a + b as x from r)",
       "select x + x from (select a + b as x from r)"},
      {"redundant_join_removal",
       {"mark_join_simplification"},
       "select * from r where a in (select distinct a from q)",
       "select * from r where a in (select max(a) from q group by c)"},
      {"redundant_key_removal",
       {},
       "select a from r order by b, b desc",
       "select a from r order by b, a desc"},
      {"row_estimation", {}, "select a from r", ""},
      {"single_join_simplification",
       {},
       "select (select max(c) from q) from r",
       "select (select c from q) from r"},
      {"sort_removal",
       {},
       "select count(*) from (select a from r order by b)",
       "select first(a) from (select a from r order by b)"},
      {"statistics_aggregation",
       {},
       "select count(*) from orders",
       "select count(*) from orders where o_custkey = 3"},
      {"sum_of_offsets",
       {},
       "select sum(x), sum(x + 1) from bounded",
       // 100 + 28 is no TINYINT; nothing is shared; rows differ.
       "select sum(y), sum(y + 28::tinyint), sum(x + 1), sum(a), sum(distinct x + 2), "
       "sum(x + 3) filter (x > 1) from bounded, r"},
      {"unnesting",
       {},
       "select * from r where exists (select 1 from q where q.a = r.a)",
       "select * from r where exists (select 1 from q where q.a = 1)"},
      {"window_limit",
       {"filter_pushdown"},
       "select a from (select *, row_number() over (partition by a order by b) n from r) where n "
       "<= "
       "2",
       "select a from (select *, rank() over (partition by a order by b) n from r) where n <= 2"},
  };
  return cases;
}

class OptimizerRulesTest : public OptimizerTest {
 protected:
  bool FiresOn(const RuleCase& rule, const std::string& sql) {
    std::set<std::string> enabled = rule.others;
    enabled.emplace(rule.rule);
    plan_ = OptimizedBy(enabled, sql);
    return Fired(rule.rule);
  }

  std::string plan_;
};

TEST_F(OptimizerRulesTest, EveryRuleHasItsCase) {
  for (const OptimizerRule& rule : OptimizerRules()) {
    EXPECT_NE(std::ranges::find(Cases(), rule.name, &RuleCase::rule), Cases().end()) << rule.name;
  }
}

TEST_F(OptimizerRulesTest, EachFires) {
  for (const RuleCase& rule : Cases()) {
    EXPECT_TRUE(FiresOn(rule, rule.fires)) << rule.rule << " on " << rule.fires << "\n" << plan_;
  }
}

TEST_F(OptimizerRulesTest, EachLeavesWhatIsNotItsOwn) {
  for (const RuleCase& rule : Cases()) {
    if (rule.leaves.empty()) continue;  // estimates are given to every plan
    EXPECT_FALSE(FiresOn(rule, rule.leaves)) << rule.rule << " on " << rule.leaves << "\n" << plan_;
  }
}

TEST_F(OptimizerRulesTest, DisabledRulesDoNotFire) {
  for (const RuleCase& rule : Cases()) {
    if (rule.rule == "unnesting") continue;
    OptimizedBy(rule.others, rule.fires);
    EXPECT_FALSE(Fired(rule.rule)) << rule.rule;
  }
}

}  // namespace

}  // namespace trivet::testing
