#pragma once

#include <memory>
#include <vector>

#include "execution/operators/join.h"
#include "execution/operators/join_table.h"
#include "execution/pipeline_builder.h"

namespace trivet {

// What one run of a join shares between its build, its probe and the rows that come after the
// probe.
struct JoinRuntime {
  const PhysicalJoin::Fields* fields = nullptr;
  std::shared_ptr<JoinTable> table;
  std::vector<ExpressionPtr> probe_keys;
  std::vector<LogicalType> left_types;
  std::vector<LogicalType> right_types;
  // Columns that predicates over pairs use, numbered as left columns, then right ones; predicates
  // are over positions in this list.
  std::vector<uint64_t> pair_columns;
  ExpressionPtr residual;
  ExpressionPtr comparison;
  std::vector<KeyPublication> publications;

  bool build_left() const { return fields->build_left; }
  // The streamed side's columns in the output, and the built side's.
  const std::vector<uint64_t>& probe_output() const {
    return build_left() ? fields->right_output : fields->left_output;
  }
  const std::vector<uint64_t>& build_output() const {
    return build_left() ? fields->left_output : fields->right_output;
  }
};

// Streams the probe side past the finished table.
std::shared_ptr<Transform> MakeJoinProbe(std::shared_ptr<JoinRuntime> runtime);

// After the probe: gives the table's rows whose match flag is `matched`, with NULLs for the probe
// side where it shows in the output.
std::shared_ptr<Source> MakeJoinRowsSource(std::shared_ptr<JoinRuntime> runtime, bool matched);

}  // namespace trivet
