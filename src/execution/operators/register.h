#pragma once

#include "execution/operator_registry.h"

namespace trivet {

// One line per operator: each tells how its logical node is translated, and how to make an empty
// one for a plan that comes as bytes.
void RegisterScan(OperatorRegistry& registry);
void RegisterValues(OperatorRegistry& registry);
void RegisterFilter(OperatorRegistry& registry);
void RegisterProject(OperatorRegistry& registry);
void RegisterLimit(OperatorRegistry& registry);
void RegisterCte(OperatorRegistry& registry);
void RegisterJoin(OperatorRegistry& registry);
void RegisterSort(OperatorRegistry& registry);
void RegisterWindow(OperatorRegistry& registry);
void RegisterAggregate(OperatorRegistry& registry);
void RegisterDistinctOn(OperatorRegistry& registry);
void RegisterSetOperation(OperatorRegistry& registry);
void RegisterCustom(OperatorRegistry& registry);

void RegisterOperators(OperatorRegistry& registry);

}  // namespace trivet
