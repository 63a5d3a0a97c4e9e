#pragma once

#include <map>
#include <memory>
#include <vector>

#include "execution/operators/scan.h"
#include "execution/pipeline_builder.h"
#include "storage/dynamic_filter.h"

namespace trivet {

// Finds the scan, and its table column, from which column `column` of the operator's output comes
// unchanged through filters, projections and the row-preserving or row-reducing sides of joins;
// null where there is none. Rows that such a scan leaves out are missing from the operator's output
// and nothing else changes.
struct ScanColumnRef {
  const PhysicalScan* scan = nullptr;
  size_t table_column = 0;
};
ScanColumnRef TraceToScan(const PhysicalOperator& op, size_t column);

// Registers, for one run, a filter that the pipeline built last will fill. The scan's pipeline
// waits for it, though something in between (an aggregate) could do without: reading rows that no
// partner has costs more than a build side, which every thread works on, keeps anybody waiting.
void AddDynamicFilter(PipelineBuilder& builder, const PhysicalScan& scan,
                      std::vector<size_t> table_columns,
                      std::shared_ptr<const DynamicFilter> filter);

// The same for one that is filled while the scan runs.
void AddTighteningFilter(PipelineBuilder& builder, const ScanColumnRef& target,
                         std::shared_ptr<const DynamicFilter> filter);

// The filters registered so far for the scan, whose pipeline is the current one.
std::vector<ScanRequest::Dynamic> DynamicFiltersFor(PipelineBuilder& builder,
                                                    const PhysicalScan& scan);

}  // namespace trivet
