#include "execution/operators/register.h"

namespace trivet {

void RegisterOperators(PhysicalPlanner& planner) {
  RegisterScan(planner);
  RegisterValues(planner);
  RegisterFilter(planner);
  RegisterProject(planner);
  RegisterLimit(planner);
  RegisterCte(planner);
  RegisterJoin(planner);
  RegisterSort(planner);
  RegisterAggregate(planner);
  RegisterDistinctOn(planner);
  RegisterSetOperation(planner);
}

}  // namespace trivet
