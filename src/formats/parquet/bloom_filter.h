#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "context/metrics.h"
#include "formats/parquet/metadata.h"
#include "formats/parquet/schema.h"
#include "types/value.h"

namespace trivet::parquet {

// The value as the format's PLAIN encoding, which Bloom filters hash; nothing for types whose
// stored form does not follow from the value alone (decimals in byte arrays of unknown length,
// INT96).
std::optional<std::string> PlainBytes(const Leaf& leaf, const Value& value);

// False where the chunk's Bloom filter proves that none of the values is in it. Reads only the
// filter's header and one block a value. True also where there is no filter or it is of an unknown
// kind.
Result<bool> BloomMayContain(const RandomAccessFile& file, const Leaf& leaf,
                             const ColumnChunk& chunk, const std::vector<Value>& values,
                             OperatorMetrics* metrics);

}  // namespace trivet::parquet
