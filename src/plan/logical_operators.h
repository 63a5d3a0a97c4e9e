#pragma once

#include "expression/aggregate_function.h"
#include "plan/join_kind.h"
#include "plan/logical_operator.h"
#include "storage/table.h"

#define TRIVET_LOGICAL_OPERATOR(node_name)                                           \
  std::string_view name() const override { return node_name; }                       \
  std::vector<std::pair<std::string, std::string>> Details() const override;         \
  std::vector<OutputColumn> Columns() const override;                                \
  void ForEachExpression(const std::function<void(ExpressionPtr&)>& visit) override; \
  PlanPtr Clone() const override;

namespace trivet {

// Reads columns of a table; `filters` (conjuncts over `columns`) are evaluated inside the scan.
class LogicalScan final : public LogicalOperator {
 public:
  struct ScanColumn {
    ColumnId id;
    size_t ordinal;         // in table->columns()
    bool is_output = true;  // false: read for a filter only
  };
  LogicalScan(TablePtr scanned, std::string table_name)
      : LogicalOperator(LogicalKind::kScan),
        table(std::move(scanned)),
        alias(std::move(table_name)) {}
  TRIVET_LOGICAL_OPERATOR("SCAN")

  TablePtr table;
  std::string alias;
  std::vector<ScanColumn> columns;
  std::vector<ExpressionPtr> filters;
};

// Constant rows. With one row and no columns, the source of SELECT without FROM.
class LogicalValues final : public LogicalOperator {
 public:
  LogicalValues() : LogicalOperator(LogicalKind::kValues) {}
  TRIVET_LOGICAL_OPERATOR("VALUES")

  std::vector<OutputColumn> columns;
  std::vector<std::vector<ExpressionPtr>> rows;  // without columns of children
};

class LogicalFilter final : public LogicalOperator {
 public:
  LogicalFilter(PlanPtr input, std::vector<ExpressionPtr> conjuncts);
  TRIVET_LOGICAL_OPERATOR("FILTER")

  std::vector<ExpressionPtr> predicates;  // conjuncts in written order
};

// Gives exactly the listed columns: new ones computed, or old ones passed on under their own id (an
// entry whose expression is that very column).
class LogicalProject final : public LogicalOperator {
 public:
  struct Entry {
    OutputColumn column;
    ExpressionPtr expression;
  };
  LogicalProject(PlanPtr input, std::vector<Entry> list);
  TRIVET_LOGICAL_OPERATOR("PROJECT")

  std::vector<Entry> entries;
};

// Output: left columns, then right columns (inner, left, right, full, single), left columns only
// (semi, anti), or left columns and the mark.
class LogicalJoin final : public LogicalOperator {
 public:
  LogicalJoin(JoinKind join_kind, PlanPtr left, PlanPtr right,
              std::vector<ExpressionPtr> conjuncts);
  TRIVET_LOGICAL_OPERATOR("JOIN")

  JoinKind join;
  std::vector<ExpressionPtr> conditions;  // conjuncts; a pair of rows matches where all are TRUE
  // Mark and NULL-aware anti joins: over the pairs that match `conditions`, the mark is the Kleene
  // OR of this comparison; null means TRUE (EXISTS).
  ExpressionPtr comparison;
  OutputColumn mark;  // kMark only
  // The right side refers to columns of the left (LATERAL, correlated subquery). None survives
  // optimisation.
  bool dependent = false;
  // A semi join that joins above it imply: rows that it leaves out early could not reach the
  // result, and whoever runs it may let all pass.
  bool reducer = false;
};

struct SortKey {
  ExpressionPtr expression;
  bool descending = false;
  bool nulls_first = false;
};

class LogicalAggregate final : public LogicalOperator {
 public:
  struct Group {
    OutputColumn column;
    ExpressionPtr expression;
  };
  struct Aggregate {
    OutputColumn column;
    BoundAggregateFunction function;
    std::vector<ExpressionPtr> arguments;
    bool distinct = false;
    ExpressionPtr filter;           // null: all rows
    std::vector<SortKey> order_by;  // within the aggregate
  };
  explicit LogicalAggregate(PlanPtr input);
  TRIVET_LOGICAL_OPERATOR("AGGREGATE")

  // Without groups there is exactly one row. DISTINCT is an aggregate without aggregates.
  std::vector<Group> groups;
  std::vector<Aggregate> aggregates;
};

// Keeps the first row of each group of equal keys, in the input's order. (The binder puts the
// query's ORDER BY below it as a sort.)
class LogicalDistinctOn final : public LogicalOperator {
 public:
  LogicalDistinctOn(PlanPtr input, std::vector<ExpressionPtr> on);
  TRIVET_LOGICAL_OPERATOR("DISTINCT_ON")

  std::vector<ExpressionPtr> keys;
};

class LogicalSort final : public LogicalOperator {
 public:
  LogicalSort(PlanPtr input, std::vector<SortKey> by);
  TRIVET_LOGICAL_OPERATOR("SORT")

  std::vector<SortKey> keys;
};

class LogicalTopN final : public LogicalOperator {
 public:
  LogicalTopN(PlanPtr input, std::vector<SortKey> by, uint64_t count, uint64_t skip);
  TRIVET_LOGICAL_OPERATOR("TOP_N")

  std::vector<SortKey> keys;  // may be empty where there is a partition: any rows of it
  uint64_t limit;
  uint64_t offset;
  // Not empty: limit and offset count within each group of rows whose values here are equal (NULLs
  // are equal); what unnesting makes of a LIMIT in a correlated subquery. The groups come in any
  // order.
  std::vector<ExpressionPtr> partition_by;
};

class LogicalLimit final : public LogicalOperator {
 public:
  LogicalLimit(PlanPtr input, std::optional<uint64_t> count, uint64_t skip);
  TRIVET_LOGICAL_OPERATOR("LIMIT")

  std::optional<uint64_t> limit;
  std::optional<double> percent;  // LIMIT 10%: of the input's rows; excludes `limit`
  uint64_t offset;
};

enum class SetOperationKind : uint8_t { kUnion, kIntersect, kExcept };

// Columns are new ids; input_columns[i][j] is the column of child i that feeds column j, of the
// same type. UNION ALL may have many children, the others two.
class LogicalSetOperation final : public LogicalOperator {
 public:
  LogicalSetOperation(SetOperationKind operation_kind, bool keep_duplicates)
      : LogicalOperator(LogicalKind::kSetOperation),
        operation(operation_kind),
        all(keep_duplicates) {}
  TRIVET_LOGICAL_OPERATOR("SET_OPERATION")

  SetOperationKind operation;
  bool all;
  std::vector<OutputColumn> columns;
  std::vector<std::vector<ColumnId>> input_columns;
};

// Child 0 is computed once; child 1 reads it through LogicalCteScan of the same id.
class LogicalCte final : public LogicalOperator {
 public:
  LogicalCte(uint32_t id, std::string name, PlanPtr definition, PlanPtr body);
  TRIVET_LOGICAL_OPERATOR("CTE")

  uint32_t cte_id;
  std::string cte_name;
  // Empty: the optimiser chooses; else MATERIALIZED or NOT MATERIALIZED as written.
  std::optional<bool> materialized;
};

class LogicalCteScan final : public LogicalOperator {
 public:
  LogicalCteScan(uint32_t id, std::string name)
      : LogicalOperator(LogicalKind::kCteScan), cte_id(id), cte_name(std::move(name)) {}
  TRIVET_LOGICAL_OPERATOR("CTE_SCAN")

  uint32_t cte_id;
  std::string cte_name;
  std::vector<OutputColumn> columns;         // ids of this reference
  std::vector<ColumnId> definition_columns;  // the matching columns of the definition
};

}  // namespace trivet
