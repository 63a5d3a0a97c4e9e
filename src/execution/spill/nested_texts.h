#pragma once

#include <span>
#include <vector>

#include "expression/evaluation_context.h"
#include "types/type.h"
#include "vector/vector.h"

namespace trivet {

// Lists and structs as strings of bytes, for rows that go to disk: the row format has neither. The
// bytes hold no addresses. A NULL stays a NULL.

// The types of columns as they go to disk: BLOB in place of nested ones.
std::vector<LogicalType> TypesOnDisk(std::span<const LogicalType> types);

// The rows that `selection` names, at their places in a flat BLOB column; other rows are undefined.
// The bytes are reserved; OutOfMemory otherwise.
Result<Vector> WriteNested(const Vector& column, const uint32_t* selection, size_t count,
                           const EvaluationContext& context);
// Rows [0, count) of such a column as a flat one of `type`, with memory of its own. Corruption
// where the bytes are no values of the type.
Result<Vector> ReadNested(const Vector& texts, size_t count, const LogicalType& type,
                          const EvaluationContext& context);

}  // namespace trivet
