// Queries whose plans are kept, and those that run by a kept one.
#include <utility>

#include "session/statement_runner.h"

namespace trivet {

PlanSurroundings StatementRunner::Surroundings() const {
  return {settings_, extensions_, database_.catalog().version()};
}

Result<std::unique_ptr<QueryResult>> StatementRunner::StartFilled(const CachedPlan& plan) {
  TRIVET_ASSIGN_OR_RETURN(PhysicalPlan filled, FillTemplate(plan.plan, parameters_, plan.parameters,
                                                            *planning_context_));
  TRIVET_ASSIGN_OR_RETURN(auto stream, Start(std::move(filled)));
  return std::make_unique<QueryResult>(database_.shared_from_this(), plan.columns,
                                       std::move(stream));
}

Result<std::unique_ptr<QueryResult>> StatementRunner::RunCached() {
  if (!settings_.enable_plan_cache) return std::unique_ptr<QueryResult>();
  const auto plan = database_.plan_cache().Find(sql_, Surroundings(), parameters_, planning_files_);
  if (plan == nullptr) return std::unique_ptr<QueryResult>();
  return StartFilled(*plan);
}

Result<std::unique_ptr<QueryResult>> StatementRunner::RunAndKeep(
    const syntax::Statement& statement) {
  if (!settings_.enable_plan_cache || statement.kind != syntax::StatementKind::kQuery) {
    return Run(statement);
  }
  CachedPlan kept;
  kept.surroundings = Surroundings();
  PlanParameters parameters = MakePlanParameters(parameters_);
  WatchedFiles files(planning_files_, kept.files);
  BinderInput input = InputOfBinder();
  input.files = &files;
  input.plan_parameters = &parameters;
  Result<BoundStatement> bound = Bind(statement, input);
  // What is only right for the values at hand, such as a group that is known by its value, is bound
  // with them.
  if (!bound.ok() && !parameters.empty()) return Run(statement);
  if (!bound.ok()) return bound.status();
  auto* query = std::get_if<BoundQuery>(&bound->body);
  if (query == nullptr) return RunBound(std::move(bound).value());
  for (const OutputColumn& column : query->columns) {
    kept.columns.push_back({column.name, column.type});
  }
  TRIVET_RETURN_IF_ERROR(SettleParameters(*query->plan, parameters));
  TRIVET_ASSIGN_OR_RETURN(PlannedQuery planned, Plan(std::move(*query), false));
  for (const auto& [name, parameter] : parameters) parameter->Close();
  kept.plan = std::move(planned.plan);
  kept.fixed = parameters_;
  for (size_t i = 0; i < kept.fixed.positional.size(); ++i) {
    Value& value = kept.fixed.positional[i];
    if (parameters.contains(std::to_string(i + 1))) value = Value::Null(value.type());
  }
  for (auto& [name, value] : kept.fixed.named) {
    if (parameters.contains(name)) value = Value::Null(value.type());
  }
  kept.parameters = std::move(parameters);
  // Filling in the values may look at the time again, for them alone.
  const bool is_of_its_moment = planning_context_->is_of_its_moment();
  TRIVET_ASSIGN_OR_RETURN(auto result, StartFilled(kept));
  if (!is_of_its_moment) database_.plan_cache().Insert(sql_, std::move(kept));
  return result;
}

}  // namespace trivet
