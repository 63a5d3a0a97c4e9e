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

// Registers, for one run, a filter that `publisher` will fill before the scan's pipeline starts.
void AddDynamicFilter(PipelineBuilder& builder, const ScanColumnRef& target,
                      std::shared_ptr<const DynamicFilter> filter);

// The filters registered so far for the scan.
std::vector<ScanRequest::Dynamic> DynamicFiltersFor(PipelineBuilder& builder,
                                                    const PhysicalScan& scan);

}  // namespace trivet
