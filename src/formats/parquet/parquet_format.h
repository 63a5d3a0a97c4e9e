#pragma once

#include "formats/registry.h"

namespace trivet {

// Parquet for the registry: read_parquet and its options.
ReadableFormat MakeParquetFormat();

}  // namespace trivet
