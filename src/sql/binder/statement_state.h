#pragma once

#include <map>
#include <vector>

#include "sql/binder/query_level.h"

namespace trivet::binder {

// Written limits, so that no text overflows the stack here or in what walks the plan later.
inline constexpr size_t kMaxQueryDepth = 200;  // nested queries and views
inline constexpr size_t kMaxPlanOperators =
    1000;  // joins, subqueries, INTERSECTs and EXCEPTs of one statement
inline constexpr size_t kMaxStackBytes = 3 << 20;  // of the binder's own recursion
inline constexpr size_t kMaxAliasNodes = 100000;   // of an expression that stands for an alias
inline constexpr size_t kMaxAliasDepth = 1000;

// Which levels the arguments of an aggregate being bound refer to: it belongs to the innermost of
// them.
struct AggregateProbe {
  std::vector<const QueryLevel*> referenced;
};

// What the rows of INSERT ... VALUES are bound to: each cell is cast to its column's type, and
// DEFAULT stands for the column's default (null: NULL).
struct InsertTarget {
  std::vector<LogicalType> types;
  std::vector<ExpressionPtr> defaults;
};

// What all parts of one statement share while it is bound.
class StatementState {
 public:
  explicit StatementState(const BinderInput& input)
      : input_(input), stack_base_(__builtin_frame_address(0)) {}

  const BinderInput& input() const { return input_; }
  ColumnIdGenerator& ids() { return *input_.ids; }
  std::vector<AggregateProbe*>& probes() { return probes_; }

  // Files opened by path: one that is named twice is one table, of one state of the file.
  std::map<std::string, TablePtr>& opened_files() { return opened_files_; }

  // Set while the VALUES of an INSERT are bound; taken by them, so that nothing inside sees it.
  void set_insert_target(const InsertTarget* target) { insert_target_ = target; }
  const InsertTarget* TakeInsertTarget() { return std::exchange(insert_target_, nullptr); }

  // InvalidInput where the text nests too deeply or holds too many joins.
  Status CheckStack() const;
  Status EnterQuery(size_t position);
  void LeaveQuery() { --query_depth_; }
  Status CountOperator();

 private:
  const BinderInput& input_;
  const void* stack_base_;
  size_t query_depth_ = 0;
  size_t operators_ = 0;
  std::vector<AggregateProbe*> probes_;
  std::map<std::string, TablePtr> opened_files_;
  const InsertTarget* insert_target_ = nullptr;
};

// NotImplemented in the words of all such errors, at a place of the text.
Status Unsupported(std::string_view feature, size_t position);

}  // namespace trivet::binder
