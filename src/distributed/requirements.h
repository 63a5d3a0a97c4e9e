#pragma once

#include <string>
#include <vector>

#include "coordinator/stage_graph.h"
#include "execution/physical_operator.h"

namespace trivet {

// What a worker must have to run a plan, and the code that it must have loaded by then.
struct PlanNeeds {
  Requirements requirements;
  std::vector<std::string> code;  // ids, sorted
};

PlanNeeds NeedsOf(const PhysicalOperator& plan);

// "operator 'trim@1', function 'score@2'", as EXPLAIN shows it.
std::string ToString(const Requirements& requirements);

}  // namespace trivet
