#pragma once

#include <memory>
#include <vector>

#include "context/memory_shares.h"
#include "context/metrics.h"
#include "execution/operators/join.h"
#include "execution/operators/join_table.h"
#include "execution/pipeline_builder.h"
#include "storage/dynamic_filter.h"

namespace trivet {

class JoinPayload;
class JoinSpill;
class JoinSwap;
class PhysicalScan;

// Where one of a build side's keys, or all of them together, is told once they are known.
struct KeyPublication {
  std::vector<size_t> keys;            // one, or all in their order
  const PhysicalScan* scan = nullptr;  // that may leave rows out
  bool by_row = false;                 // it asks for each row
  bool is_integer = false;             // a single key of at most 64 bits: its range is told
  bool bloom = false;                  // wanted where the keys themselves cannot be told
  std::shared_ptr<DynamicFilter> filter;
};

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
  OperatorMetrics* metrics = nullptr;
  std::shared_ptr<MemoryShare> share;
  std::shared_ptr<JoinPayload> payload;  // of a small build side in memory; null elsewhere
  RowLayoutPtr probe_layout;             // of probe rows on disk; null where the join cannot spill
  std::shared_ptr<JoinSpill> spill;  // once the build side did not fit; set before the probe starts
  std::shared_ptr<JoinSwap> swap;    // null where the sides cannot be swapped
  // Of a reducer: the build side was given up, and every probe row passes; set as `spill` is.
  bool given_up = false;

  // Rows of different partitions of their keys' hash have nothing to do with each other: without
  // keys they have, and where a NULL on one side concerns every row of the other.
  bool is_partitioned() const { return !probe_keys.empty() && !fields->comparison_is_key; }
  bool build_left() const { return fields->build_left; }
  // The streamed side's columns in the output, and the built side's.
  const std::vector<uint64_t>& probe_output() const {
    return build_left() ? fields->right_output : fields->left_output;
  }
  const std::vector<uint64_t>& build_output() const {
    return build_left() ? fields->left_output : fields->right_output;
  }
  const std::vector<LogicalType>& build_types() const {
    return build_left() ? left_types : right_types;
  }
  // The built side's columns among those that predicates use, numbered as the build child's.
  std::vector<uint64_t> build_pair_columns() const;
};

// Whether the built side's rows are kept until they are known to be matched or not.
inline bool NotesMatches(const PhysicalJoin::Fields& fields) {
  return fields.build_left || fields.kind == JoinKind::kRight || fields.kind == JoinKind::kFull;
}

// All but publications, metrics and shares. The fields outlive it. NotImplemented where a column
// that is to be kept cannot be.
Result<std::shared_ptr<JoinRuntime>> MakeJoinRuntime(const PhysicalJoin::Fields& fields,
                                                     std::vector<LogicalType> left_types,
                                                     std::vector<LogicalType> right_types,
                                                     const ExecutionContext& context);

// Streams the probe side past the finished table; what belongs to rows on disk goes there.
std::shared_ptr<Transform> MakeJoinProbe(std::shared_ptr<JoinRuntime> runtime);

// After the probe: gives the table's rows whose match flag is `matched`, with NULLs for the probe
// side where it shows in the output.
std::shared_ptr<Source> MakeJoinRowsSource(std::shared_ptr<JoinRuntime> runtime, bool matched);

}  // namespace trivet
