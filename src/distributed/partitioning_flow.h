#pragma once

#include <optional>
#include <span>
#include <vector>

#include "execution/physical_operator.h"

namespace trivet {

// How a stream of rows is spread over tasks: every fact holds (the two sides of an inner join are
// hashed by either's keys).
using Spread = std::vector<Partitioning>;

// The facts about a child's rows that still hold for the operator's output, over its columns.
Spread SpreadThrough(const PhysicalOperator& op, size_t child, const Spread& input);

// True where one of the facts satisfies the requirement.
bool AnySatisfies(const Spread& delivered, const Partitioning& required);

// Where rows are hashed by some of the required keys: the positions of these, in hash order.
std::optional<std::vector<size_t>> HashPositions(const Spread& delivered,
                                                 const Partitioning& required);

}  // namespace trivet
