#pragma once

#include "execution/operators/scan.h"
#include "execution/pipeline_builder.h"

namespace trivet {

// Tells the scan's request which of its columns other scans of the same run read from the same
// table: what one of them decompresses need not be decompressed again, though nothing is to be kept
// for later queries. Nothing where the scan is the only one.
void SharePages(PipelineBuilder& builder, const PhysicalScan& scan, ScanRequest& request);

}  // namespace trivet
