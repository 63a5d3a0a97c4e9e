#pragma once

#include "formats/parquet/conversion.h"
#include "formats/parquet/metadata.h"
#include "types/type.h"

namespace trivet::parquet {

// The engine's type of a leaf and the way its values are converted. NotImplemented or Corruption,
// without the column's name, where there is none.
struct LeafType {
  LogicalType type;
  Conversion conversion;
  bool is_text = false;
};
Result<LeafType> SelectLeafType(const SchemaElement& element, bool binary_as_string);

}  // namespace trivet::parquet
