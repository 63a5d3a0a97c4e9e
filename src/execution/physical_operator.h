#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "execution/field_visitor.h"
#include "execution/partitioning.h"
#include "types/type.h"

namespace trivet {

class PipelineBuilder;
class PhysicalOperator;
using PhysicalPlan = std::shared_ptr<const PhysicalOperator>;

struct PhysicalColumn {
  std::string name;
  LogicalType type;
};

// What planners read about an operator, and all that they read.
struct OperatorCapabilities {
  bool streaming = false;  // gives output before it has seen all input
  bool blocking = false;   // ends a pipeline
  bool parallel_safe = true;
  bool order_preserving = false;  // output order is a function of the (first) input's order
  bool spillable = false;
  bool deterministic = true;
  std::vector<Partitioning> required_inputs;  // per child
  // Other sets of requirements under which the operator is right as well; a planner takes whichever
  // moves the fewest rows.
  std::vector<std::vector<Partitioning>> alternative_inputs;
  // Where not empty (operators of one child), the rows may also come cut into ranges of these keys,
  // within a range in the order they have now: what is made of each range, one after the other, is
  // then what is made of all rows.
  std::vector<SortKey> range_keys;
  // Of a source that can be read in parts: Any, in as many partitions as it has parts.
  Partitioning delivered;
};

// Immutable, shareable description of one step of the execution; expressions are over kInput nodes
// that name columns of the children's schemas (a join's: left columns, then right ones). Holds no
// running state: BuildPipelines makes that anew for each run. Thread-safe.
class PhysicalOperator {
 public:
  virtual ~PhysicalOperator() = default;

  // As in EXPLAIN, e.g. "HASH_JOIN".
  virtual std::string_view name() const = 0;
  // On the wire: one per class, whatever its fields.
  virtual std::string_view wire_name() const { return name(); }
  // Raised whenever the fields or their meaning change.
  virtual uint32_t wire_version() const { return 1; }
  virtual OperatorCapabilities capabilities() const = 0;
  // The one declaration of the operator's fields.
  virtual void VisitFields(FieldVisitor& visitor) = 0;
  // Whether fields, schema and children fit together, for plans made by another process. Corruption
  // that names the field otherwise.
  virtual Status Validate() const { return Status::OK(); }
  // Adds this operator to the pipeline under construction and goes on to the children.
  virtual Status BuildPipelines(PipelineBuilder& builder) const = 0;
  // The same operator over the same children; a plan that is shared is changed by changing copies.
  virtual std::shared_ptr<PhysicalOperator> Copy() const = 0;
  // The same operator, with its estimate and number, over other children: as many, with columns of
  // the same types.
  std::shared_ptr<PhysicalOperator> WithChildren(std::vector<PhysicalPlan> children) const;

  // Where an output column is an input column passed on, and a row that is missing from that
  // child's rows only takes away output rows made from it: the child and its column. This is how
  // filters known at run time find their way down to scans. Nothing by default.
  struct Origin {
    size_t child;
    size_t column;
  };
  virtual std::optional<Origin> OriginOf(size_t column) const {
    (void)column;
    return std::nullopt;
  }

  // The operator as two: `local` over each partition of the (only) child's rows, and what `global`
  // makes over the rows of all local ones, which answers as the operator itself would. Nothing
  // where that is not possible.
  struct Phases {
    PhysicalPlan local;
    std::function<Result<PhysicalPlan>(PhysicalPlan input)> global;
    // Where not 0, `global` looks at no more than the first so many of its input's rows.
    uint64_t row_limit = 0;
  };
  virtual Result<std::optional<Phases>> SplitPhases() const { return std::optional<Phases>(); }

  const std::vector<PhysicalColumn>& schema() const { return schema_; }
  std::vector<LogicalType> types() const;
  const std::vector<PhysicalPlan>& children() const { return children_; }
  // Number of the operator within its plan (preorder); indexes the metrics.
  size_t id() const { return id_; }
  std::optional<double> estimated_rows() const { return estimated_rows_; }

  // Set while the plan is made, before it is shared.
  void set_id(size_t id) { id_ = id; }
  void set_estimated_rows(std::optional<double> rows) { estimated_rows_ = rows; }
  void set_schema(std::vector<PhysicalColumn> schema) { schema_ = std::move(schema); }
  void set_children(std::vector<PhysicalPlan> children) { children_ = std::move(children); }

 protected:
  PhysicalOperator() = default;
  PhysicalOperator(std::vector<PhysicalColumn> schema, std::vector<PhysicalPlan> children)
      : schema_(std::move(schema)), children_(std::move(children)) {}

  std::vector<PhysicalColumn> schema_;
  std::vector<PhysicalPlan> children_;
  size_t id_ = 0;
  std::optional<double> estimated_rows_;
};

// Field name and text pairs, as EXPLAIN shows them.
std::vector<std::pair<std::string, std::string>> DescribeFields(const PhysicalOperator& op);
// Same operators, fields and children.
bool PlansEqual(const PhysicalOperator& a, const PhysicalOperator& b);
// The plan as an indented tree; with metrics, also actual rows, time and memory (EXPLAIN ANALYZE).
std::string PlanToString(const PhysicalOperator& plan, QueryMetrics* metrics = nullptr);
// The same as a JSON document.
std::string PlanToJson(const PhysicalOperator& plan, QueryMetrics* metrics = nullptr);

}  // namespace trivet
