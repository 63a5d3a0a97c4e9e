// Limits move towards the data, and a limit over a sort becomes a Top-N.

#include <algorithm>
#include <limits>

#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// A sort that knows its limit keeps no row behind it, in memory or on disk; a limit above it keeps
// all that it gives in memory.
constexpr uint64_t kMaxTopNRows = 100'000'000;

// Rows that a limit reads at most, if that is known.
std::optional<uint64_t> RowsRead(const LogicalLimit& limit) {
  if (limit.percent || !limit.limit) return std::nullopt;
  if (*limit.limit > std::numeric_limits<uint64_t>::max() - limit.offset) return std::nullopt;
  return *limit.limit + limit.offset;
}

// A limit over the child, unless one as tight stands there already.
bool LimitChild(PlanPtr& child, uint64_t rows) {
  if (const auto* limit = As<LogicalLimit>(child)) {
    if (limit->limit && *limit->limit <= rows) return false;
  }
  if (const auto* top = As<LogicalTopN>(child)) {
    if (top->partition_by.empty() && top->limit <= rows) return false;
  }
  child = std::make_unique<LogicalLimit>(std::move(child), rows, 0);
  return true;
}

// LIMIT a OFFSET b over LIMIT c OFFSET d.
bool MergeLimits(LogicalLimit& limit) {
  auto* below = As<LogicalLimit>(limit.children()[0]);
  if (below == nullptr || limit.percent || below->percent) return false;
  const uint64_t most = std::numeric_limits<uint64_t>::max();
  if (below->offset > most - limit.offset) return false;
  std::optional<uint64_t> rows = limit.limit;
  if (below->limit) {
    const uint64_t left = *below->limit > limit.offset ? *below->limit - limit.offset : 0;
    rows = rows ? std::min(*rows, left) : left;
  }
  limit.limit = rows;
  limit.offset += below->offset;
  ReplaceByChild(limit.children()[0]);
  return true;
}

bool MakeTopN(PlanPtr& node) {
  auto& limit = *As<LogicalLimit>(node);
  auto* sort = As<LogicalSort>(limit.children()[0]);
  const std::optional<uint64_t> rows = RowsRead(limit);
  if (sort == nullptr || !rows || *rows > kMaxTopNRows) return false;
  PlanPtr input = std::move(sort->children()[0]);
  std::vector<SortKey> keys = std::move(sort->keys);
  node =
      std::make_unique<LogicalTopN>(std::move(input), std::move(keys), *limit.limit, limit.offset);
  return true;
}

// A projection gives row by row what it reads: the limit may stand below it.
bool SinkBelowProject(PlanPtr& node) {
  if (As<LogicalProject>(node->children()[0]) == nullptr) return false;
  PlanPtr limit = std::move(node);
  PlanPtr project = std::move(limit->children()[0]);
  limit->children()[0] = std::move(project->children()[0]);
  project->children()[0] = std::move(limit);
  node = std::move(project);
  return true;
}

// Inputs of which no more than so many rows can count.
size_t LimitInputs(LogicalLimit& limit) {
  const std::optional<uint64_t> rows = RowsRead(limit);
  if (!rows) return 0;
  LogicalOperator& input = limit.child();
  size_t limited = 0;
  if (auto* operation = As<LogicalSetOperation>(input)) {
    if (operation->operation != SetOperationKind::kUnion || !operation->all) return 0;
    for (PlanPtr& child : operation->children()) limited += LimitChild(child, *rows);
  }
  if (auto* join = As<LogicalJoin>(input)) {
    // Each left row gives at least one row, in the left side's order or in none.
    const bool keeps_all = join->join == JoinKind::kLeft || join->join == JoinKind::kSingle ||
                           join->join == JoinKind::kMark;
    if (keeps_all) limited += LimitChild(join->children()[0], *rows);
  }
  return limited;
}

size_t PushDown(PlanPtr& node) {
  size_t moved = 0;
  if (auto* limit = As<LogicalLimit>(node)) {
    while (MergeLimits(*limit)) ++moved;
    if (SinkBelowProject(node)) return 1 + moved + PushDown(node->children()[0]);
    if (MakeTopN(node)) {
      ++moved;
    } else {
      moved += LimitInputs(*limit);
    }
  }
  for (PlanPtr& child : node->children()) moved += PushDown(child);
  return moved;
}

}  // namespace

Result<size_t> PushDownLimits(PlanPtr& plan, OptimizerContext&) { return PushDown(plan); }

}  // namespace trivet
