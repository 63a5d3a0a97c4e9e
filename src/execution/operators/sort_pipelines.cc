#include "execution/operators/sort_pipelines.h"

#include <algorithm>
#include <iterator>

#include "execution/operators/sort_source.h"
#include "execution/operators/top_boundary.h"
#include "execution/pipeline_builder.h"
#include "expression/function_registry.h"
#include "expression/rewrite.h"

namespace trivet {

Result<std::vector<SortKey>> ResolveSortKeys(const std::vector<SortKey>& keys,
                                             const PhysicalPlanner::Translated& input) {
  std::vector<SortKey> resolved;
  for (const SortKey& key : keys) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr expression, ResolveInputs(key.expression, input.layout));
    resolved.push_back({std::move(expression), key.descending, key.nulls_first});
  }
  return resolved;
}

Status BreakTiesByColumns(const PhysicalPlanner& planner, const PhysicalPlanner::Translated& input,
                          std::vector<SortKey>& keys) {
  std::vector<size_t> positions;
  const auto add = [&](size_t position) {
    if (std::find(positions.begin(), positions.end(), position) == positions.end()) {
      positions.push_back(position);
    }
  };
  for (const ColumnId id : planner.result_columns()) {
    const auto found = std::find(input.layout.begin(), input.layout.end(), id);
    if (found != input.layout.end()) add(static_cast<size_t>(found - input.layout.begin()));
  }
  for (size_t i = 0; i < input.layout.size(); ++i) add(i);
  std::vector<SortKey> apart;
  for (const size_t i : positions) {
    const PhysicalColumn& column = input.plan->schema()[i];
    if (column.type.IsNested()) continue;
    const ExpressionPtr value =
        Expression::Input(static_cast<uint32_t>(i), column.type, column.name);
    keys.push_back({value, false, false});
    if (column.type.IsFloating()) {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr sign,
                              FunctionRegistry::Builtin().BindScalar("signbit", {value}, nullptr));
      apart.push_back({std::move(sign), false, false});
    } else if (column.type.id() == TypeId::kInterval) {
      apart.push_back({Expression::Cast(value, TypeId::kVarchar), false, false});
    }
  }
  std::ranges::move(apart, std::back_inserter(keys));
  return Status::OK();
}

Status BuildSortPipelines(const PhysicalOperator& op, SortShape shape, uint64_t limit,
                          uint64_t offset, PipelineBuilder& builder) {
  const PhysicalOperator& input = *op.children()[0];
  if (shape.partition_keys == 0 && limit < kNoSortLimit - offset) shape.keep = limit + offset;
  if (SortRun::Prunes(shape) && !shape.keys.empty()) {
    shape.boundary = TopBoundary::Make(shape.encoder->keys().front(), input, builder);
  }
  if (shape.partition_keys > 0 && limit < kNoSortLimit - offset) {
    // All threads' filters together take no more than an eighth.
    shape.group_rows = limit + offset;
    shape.filter_bytes =
        builder.context().memory().limit_bytes() / (8 * builder.context().thread_count());
  }
  const double expected_rows =
      std::min(input.estimated_rows().value_or(0), static_cast<double>(shape.keep));
  const double expected_bytes =
      expected_rows * static_cast<double>(shape.layout->row_bytes() + sizeof(SortEntry));
  // A bound, for estimates may be beyond all numbers.
  auto sink = std::make_shared<SortSink>(std::move(shape), limit, offset,
                                         static_cast<size_t>(std::min(expected_bytes, 1e15)),
                                         builder.context(), builder.MetricsOf(op));
  TRIVET_RETURN_IF_ERROR(builder.BuildInto(op, input, sink));
  auto takers = builder.MorselTakers();
  builder.SetSource(op, std::make_shared<SortSource>(std::move(sink), std::move(takers)));
  return Status::OK();
}

}  // namespace trivet
