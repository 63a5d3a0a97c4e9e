#pragma once

#include <cstdint>
#include <optional>

#include "execution/physical_operator.h"

namespace trivet {

// The most rows that the operator can give, by what is certain of its inputs (a table's row count),
// not by estimates; nothing where that is not known.
std::optional<uint64_t> MostRows(const PhysicalOperator& op);

}  // namespace trivet
