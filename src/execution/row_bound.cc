#include "execution/row_bound.h"

#include <algorithm>

#include "execution/operators/aggregate.h"
#include "execution/operators/filter.h"
#include "execution/operators/join.h"
#include "execution/operators/project.h"
#include "execution/operators/scan.h"
#include "execution/operators/values.h"

namespace trivet {

namespace {

// Joins that give each left row at most once.
bool GivesLeftRows(const PhysicalJoin& join) {
  const JoinKind kind = join.fields().kind;
  return kind == JoinKind::kSemi || kind == JoinKind::kAnti || kind == JoinKind::kSingle ||
         kind == JoinKind::kMark;
}

}  // namespace

std::optional<uint64_t> MostRows(const PhysicalOperator& op) {
  if (const auto* scan = dynamic_cast<const PhysicalScan*>(&op)) {
    return scan->table().statistics().row_count;
  }
  if (const auto* values = dynamic_cast<const PhysicalValues*>(&op)) return values->row_count();
  if (const auto* join = dynamic_cast<const PhysicalJoin*>(&op)) {
    return GivesLeftRows(*join) ? MostRows(*op.children()[0]) : std::nullopt;
  }
  if (dynamic_cast<const PhysicalFilter*>(&op) != nullptr ||
      dynamic_cast<const PhysicalProject*>(&op) != nullptr) {
    return MostRows(*op.children()[0]);
  }
  if (dynamic_cast<const PhysicalHashAggregate*>(&op) != nullptr) {
    const std::optional<uint64_t> most = MostRows(*op.children()[0]);
    // Without groups there is a row even of none.
    return most ? std::optional(std::max<uint64_t>(*most, 1)) : most;
  }
  return std::nullopt;
}

}  // namespace trivet
