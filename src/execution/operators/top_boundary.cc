#include "execution/operators/top_boundary.h"

#include <optional>
#include <utility>

#include "execution/dynamic_filters.h"
#include "vector/row_store.h"

namespace trivet {

std::shared_ptr<TopBoundary> TopBoundary::Make(const SortKey& first_key,
                                               const PhysicalOperator& input,
                                               PipelineBuilder& builder) {
  const Expression& key = *first_key.expression;
  if (key.kind() != ExpressionKind::kInput || first_key.nulls_first) return nullptr;
  if (key.type().IsFloating() || key.type().IsNested() || key.type().IsNull() ||
      key.type().id() == TypeId::kInterval) {
    return nullptr;
  }
  const ScanColumnRef target = TraceToScan(input, key.input_index());
  if (target.scan == nullptr || !target.scan->table().capabilities().dynamic_filters) {
    return nullptr;
  }
  if (!(target.scan->table().columns()[target.table_column].type == key.type())) return nullptr;
  auto filter = std::make_shared<DynamicFilter>(DynamicFilter::Publishing::kTightened);
  AddTighteningFilter(builder, target, filter);
  return std::shared_ptr<TopBoundary>(
      new TopBoundary(key.input_index(), first_key.descending, std::move(filter)));
}

void TopBoundary::Tighten(const RowLayout& layout, uint8_t* row) {
  if (!layout.IsValid(row, column_)) return;
  Vector last = Vector::MakeFlat(layout.types()[column_], 1);
  GatherColumn(layout, column_, &row, 1, last);
  Value bound = last.GetValue(0);
  std::lock_guard lock(mutex_);
  const std::shared_ptr<const DynamicFilter::Content> known = filter_->Get();
  if (known != nullptr) {
    const int order = CompareValues(bound, descending_ ? *known->min : *known->max);
    if (descending_ ? order <= 0 : order >= 0) return;
  }
  auto content = std::make_shared<DynamicFilter::Content>();
  (descending_ ? content->min : content->max) = std::move(bound);
  filter_->Publish(std::move(content));
}

}  // namespace trivet
