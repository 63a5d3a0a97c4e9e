#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "execution/operators/join_table.h"
#include "vector/vector.h"

namespace trivet {

struct JoinRuntime;

// The columns that pairs show of a small build side, each as one flat vector over all its rows, so
// that pairs are given as codes: the ordinals of their build rows, one array for all columns.
// Nothing is copied for a pair then, and what comes above works by entry of a dictionary. Gathering
// all rows costs what gathering as many pairs does, so it is done once several times as many pairs
// have come (by the thread that sees it; others go on meanwhile); until then, and where memory for
// it is refused, pairs are gathered from the rows. The vectors own what their values lie in and
// outlive the table. Thread-safe.
class JoinPayload {
 public:
  // So many pairs a build row show that the probe side is the larger one by far.
  static constexpr uint64_t kLeastPairsPerRow = 4;

  // For a table that is complete and whose rows stay where they are. Null where they are too many,
  // and where pairs show nothing of them.
  static std::shared_ptr<JoinPayload> Make(const JoinRuntime& runtime, const JoinTable& table,
                                           const EvaluationContext& context);

  // Adds the build child's named columns of a run of pairs to `out`; false, with nothing added,
  // where they are to be gathered.
  bool Append(std::span<const uint64_t> columns, uint8_t* const* rows, size_t count,
              std::vector<Vector>& out);

 private:
  enum class State : uint8_t { kGathering, kMaking, kReady, kRefused };
  struct Column {
    uint64_t column;  // of the build child
    LogicalType type;
    std::shared_ptr<const Vector> values;
    uint64_t id = 0;
  };

  JoinPayload(const JoinTable& table, const EvaluationContext& context)
      : table_(table), context_(context) {}
  // Whether the vectors are there; makes them where that is worth it by now.
  bool IsReady(size_t pair_count);
  Status MakeVectors();

  const JoinTable& table_;
  const EvaluationContext& context_;
  std::vector<Column> columns_;  // their vectors are not written any more once ready
  std::atomic<State> state_{State::kGathering};
  std::atomic<uint64_t> pairs_seen_{0};
};

// Adds the build child's named columns of the rows to `out`, as codes or gathered.
void AppendBuildColumns(const JoinRuntime& runtime, std::span<const uint64_t> columns,
                        uint8_t* const* rows, size_t count, std::vector<Vector>& out);

}  // namespace trivet
