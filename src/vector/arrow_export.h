#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "types/type.h"
#include "vector/arrow_abi.h"
#include "vector/batch.h"

namespace trivet {

// Types and batches as the Arrow C data interface. Fixed-width columns that are flat share their
// memory, which the array then keeps alive; strings, booleans and decimals are laid out anew.
// HUGEINT becomes decimal128(38, 0). Every exported struct is the receiver's to release.

// What a UUID becomes: its text, which every receiver can show, or 16 bytes as the extension type
// arrow.uuid, which keeps its type.
enum class ArrowUuid { kText, kExtension };

// A struct type with one field per column.
Status ExportArrowSchema(const std::vector<std::string>& names,
                         const std::vector<LogicalType>& types, ArrowSchema* out,
                         ArrowUuid uuid = ArrowUuid::kText);
// A struct array of the batch's rows; types as in the schema. The array, and each of its children,
// keeps `keep_alive`: whatever must outlive the batch's memory, such as the budget it is reserved
// against.
Status ExportArrowBatch(const Batch& batch, const std::vector<LogicalType>& types, ArrowArray* out,
                        const Owner& keep_alive = nullptr, ArrowUuid uuid = ArrowUuid::kText);

}  // namespace trivet
