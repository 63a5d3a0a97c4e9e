#include "execution/dynamic_filters.h"

#include "execution/physical_operator.h"

namespace trivet {

namespace {
struct ScanFilters {
  std::vector<ScanRequest::Dynamic> filters;
  std::vector<size_t> publishers;  // pipelines
};
using FilterMap = std::map<const PhysicalScan*, ScanFilters>;

// Key of the run's registry among PipelineBuilder::Shared states; no CTE has it.
constexpr uint64_t kRegistryKey = ~uint64_t{0};

FilterMap& Registry(PipelineBuilder& builder) {
  std::shared_ptr<void>& slot = builder.Shared(kRegistryKey);
  if (slot == nullptr) slot = std::make_shared<FilterMap>();
  return *static_cast<FilterMap*>(slot.get());
}
}  // namespace

ScanColumnRef TraceToScan(const PhysicalOperator& op, size_t column) {
  if (const auto* scan = dynamic_cast<const PhysicalScan*>(&op)) {
    return {scan, scan->table_column(column)};
  }
  const auto origin = op.OriginOf(column);
  if (!origin) return {};
  return TraceToScan(*op.children()[origin->child], origin->column);
}

void AddDynamicFilter(PipelineBuilder& builder, const PhysicalScan& scan,
                      std::vector<size_t> table_columns,
                      std::shared_ptr<const DynamicFilter> filter) {
  ScanFilters& known = Registry(builder)[&scan];
  known.filters.push_back({std::move(table_columns), std::move(filter)});
  known.publishers.push_back(builder.last_built());
}

void AddTighteningFilter(PipelineBuilder& builder, const ScanColumnRef& target,
                         std::shared_ptr<const DynamicFilter> filter) {
  Registry(builder)[target.scan].filters.push_back({{target.table_column}, std::move(filter)});
}

std::vector<ScanRequest::Dynamic> DynamicFiltersFor(PipelineBuilder& builder,
                                                    const PhysicalScan& scan) {
  const ScanFilters& known = Registry(builder)[&scan];
  for (const size_t publisher : known.publishers) builder.DependOn(publisher);
  return known.filters;
}

}  // namespace trivet
