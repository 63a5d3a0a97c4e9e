#pragma once

#include "base/file_system.h"
#include "formats/parquet/table_files.h"
#include "storage/statistics.h"

namespace trivet::parquet {

// Statistics of a table from footers and the headers of a few dictionary pages. Bounds hold for
// every value; distinct counts are estimates. Reads at most a few kilobytes a column; what cannot
// be read is unknown.
TableStatistics EstimateStatistics(const TableFiles& table, FileSystem& files);

// The number of distinct values of which `rows` draws would show `seen`, each drawn alike.
double DistinctBehindSample(double seen, double rows);

}  // namespace trivet::parquet
