#include "execution/operators/register.h"

namespace trivet {

void RegisterOperators(OperatorRegistry& registry) {
  RegisterScan(registry);
  RegisterValues(registry);
  RegisterFilter(registry);
  RegisterProject(registry);
  RegisterLimit(registry);
  RegisterCte(registry);
  RegisterJoin(registry);
  RegisterSort(registry);
  RegisterWindow(registry);
  RegisterAggregate(registry);
  RegisterDistinctOn(registry);
  RegisterSetOperation(registry);
  RegisterCustom(registry);
}

}  // namespace trivet
