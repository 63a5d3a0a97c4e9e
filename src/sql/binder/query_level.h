#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plan/logical_window.h"
#include "sql/binder/binder.h"
#include "sql/binder/scope.h"

namespace trivet::binder {

// A subquery of an expression, to be joined to the plan on which the expression stands.
struct PendingJoin {
  JoinKind kind;             // kSingle or kMark
  PlanPtr plan;              // the subquery; free columns where it is correlated
  ExpressionPtr comparison;  // IN, ANY: over outer columns and the subquery's; null for EXISTS
  OutputColumn mark;         // kMark
};
using PendingJoins = std::vector<PendingJoin>;

// Joins the subqueries to the plan, in order; they are dependent where they use its columns.
PlanPtr AttachJoins(PlanPtr plan, PendingJoins joins);
// Columns that the subquery and its comparison use but do not make.
std::set<ColumnId> ColumnsUsedBy(const PendingJoin& join);

// One column of the select list after stars are expanded.
struct SelectEntry {
  const syntax::Expression* expression = nullptr;  // null where `bound` came from a star
  std::string name;
  bool has_alias = false;
  size_t position = 0;
  ExpressionPtr bound;  // null until it is bound
};

// A group as written and as bound; `column` is the aggregate's output.
struct GroupKey {
  const syntax::Expression* written = nullptr;  // null for a column from a star
  ExpressionPtr expression;
  OutputColumn column;
  bool match_text = false;  // holds a subquery: found again by its text, since each binding is anew
};

// What aggregation adds to a query level: filled while its expressions are bound.
struct Grouping {
  std::vector<GroupKey> keys;
  std::vector<LogicalAggregate::Aggregate> aggregates;
  PendingJoins joins;  // of subqueries in keys and arguments: below the aggregate
};

// A window as written, after what it takes from named ones.
struct WindowParts {
  std::vector<const syntax::Expression*> partition_by;
  std::vector<const syntax::OrderItem*> order_by;
  bool has_frame = false;
};

// Window functions of a query level, filled while its expressions are bound.
struct Windows {
  std::vector<std::pair<std::string, WindowParts>> named;  // of the WINDOW clause
  std::vector<std::unique_ptr<LogicalWindow>> nodes;       // without input, one an OVER
  std::set<ColumnId> columns;                              // that they make
};

// How names of the select list count in a clause.
enum class AliasRule : uint8_t {
  kHidden,        // no alias is visible
  kRebind,        // WHERE, GROUP BY: the aliased expression is bound again in place
  kEarlierBound,  // select list: those in front, as bound
  kBound,         // HAVING, ORDER BY: all, as bound
};

// The state of one SELECT while its clauses are bound, and the names it makes visible to them and
// to the subqueries in them. Levels form a chain from a subquery outwards.
struct QueryLevel {
  QueryLevel* outer = nullptr;
  const FromScope* from = nullptr;
  std::vector<SelectEntry>* entries = nullptr;
  AliasRule alias_rule = AliasRule::kHidden;
  size_t visible_entries = 0;  // kEarlierBound
  std::set<const SelectEntry*> aliases_in_progress;

  // The clause being bound, for messages ("WHERE clause"), and where its subqueries go.
  std::string_view clause;
  PendingJoins* joins = nullptr;
  Grouping* grouping = nullptr;  // null: the query cannot have aggregates
  bool aggregates_allowed = false;
  bool inside_aggregate = false;
  Windows* windows = nullptr;  // null: the query cannot have window functions
  bool windows_allowed = false;
  bool inside_window = false;
  bool match_groups_by_text = false;
  bool prefer_ungrouped_aliases = false;  // HAVING
};

// Sets the fields of a level for one clause and puts the old ones back.
class ClauseGuard {
 public:
  ClauseGuard(QueryLevel& level, std::string_view clause, AliasRule rule, PendingJoins* joins,
              bool aggregates_allowed)
      : level_(level), saved_(Take(level)) {
    level.clause = clause;
    level.alias_rule = rule;
    level.joins = joins;
    level.aggregates_allowed = aggregates_allowed;
    level.windows_allowed = false;
  }
  ~ClauseGuard() {
    level_.clause = saved_.clause;
    level_.alias_rule = saved_.rule;
    level_.joins = saved_.joins;
    level_.aggregates_allowed = saved_.aggregates_allowed;
    level_.windows_allowed = saved_.windows_allowed;
  }
  ClauseGuard(const ClauseGuard&) = delete;
  ClauseGuard& operator=(const ClauseGuard&) = delete;

 private:
  struct Saved {
    std::string_view clause;
    AliasRule rule;
    PendingJoins* joins;
    bool aggregates_allowed;
    bool windows_allowed;
  };
  static Saved Take(const QueryLevel& level) {
    return {level.clause, level.alias_rule, level.joins, level.aggregates_allowed,
            level.windows_allowed};
  }
  QueryLevel& level_;
  Saved saved_;
};

// A common table expression in sight. Bound once; each reference is a scan that is resolved when
// the query that declares it is complete.
struct CteEntry {
  std::string name;
  uint32_t id = 0;
  syntax::Materialization materialization = syntax::Materialization::kDefault;
  PlanPtr plan;
  std::vector<OutputColumn> columns;
  bool in_definition = false;  // being bound: a reference would be to itself
  // Uses columns of queries around the one that declares it, itself or through what it reads: it
  // must then be put in place of its references, where those columns are at hand.
  bool correlated = false;
};

// The expressions of one WITH clause, and those around it.
struct CteFrame {
  CteFrame* outer = nullptr;
  bool recursive = false;
  std::vector<CteEntry> entries;
};

}  // namespace trivet::binder
