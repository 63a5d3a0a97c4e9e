#pragma once

#include "execution/physical_planner.h"

namespace trivet {

// One line per operator: each tells the planner how its logical node is translated.
void RegisterScan(PhysicalPlanner& planner);
void RegisterValues(PhysicalPlanner& planner);
void RegisterFilter(PhysicalPlanner& planner);
void RegisterProject(PhysicalPlanner& planner);
void RegisterLimit(PhysicalPlanner& planner);
void RegisterCte(PhysicalPlanner& planner);
void RegisterJoin(PhysicalPlanner& planner);
void RegisterSort(PhysicalPlanner& planner);
void RegisterAggregate(PhysicalPlanner& planner);
void RegisterDistinctOn(PhysicalPlanner& planner);
void RegisterSetOperation(PhysicalPlanner& planner);

void RegisterOperators(PhysicalPlanner& planner);

}  // namespace trivet
