#pragma once

#include "execution/operators/join.h"
#include "execution/physical_operator.h"

namespace trivet {

// Bytes that the scans of a plan read, by estimate.
double ScannedBytes(const PhysicalOperator& plan);

// The plan where every scan reads all of its table, whichever task runs it.
PhysicalPlan ReadingWhole(const PhysicalPlan& plan);

// True where rows on the right of the join matter only by the left rows whose keys they have: a
// semi or anti join by keys that no NULL decides.
bool WantsPartnersOnly(const PhysicalJoin& join);
// For such a join: the rows of `right` that have the keys of a row of `left`.
PhysicalPlan PartnersOnly(const PhysicalJoin& join, const PhysicalPlan& left,
                          const PhysicalPlan& right);

}  // namespace trivet
