#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/interruptible_file_system.h"
#include "plan/bound_statement.h"
#include "session/connection.h"
#include "session/plan_cache.h"
#include "session/query_result.h"
#include "sql/syntax/statement.h"

namespace trivet {

// Runs one parsed statement of a connection: binds, optimises, plans, and starts the query or
// carries the change out. Made for one statement; holds what is fixed at its start (time, seed,
// settings).
class StatementRunner {
 public:
  // `sql` is the whole text that was parsed; errors point into it.
  StatementRunner(Connection& connection, std::string_view sql, const ParameterValues& parameters);
  ~StatementRunner();
  StatementRunner(const StatementRunner&) = delete;
  StatementRunner& operator=(const StatementRunner&) = delete;

  Result<std::unique_ptr<QueryResult>> Run(const syntax::Statement& statement);

  // Starts the query that is the whole text by a plan kept from an earlier run, without looking at
  // the text any closer; null where there is no such plan.
  Result<std::unique_ptr<QueryResult>> RunCached();
  // As Run, for the statement that is the whole text: the plan of a query is kept.
  Result<std::unique_ptr<QueryResult>> RunAndKeep(const syntax::Statement& statement);

 private:
  struct PlannedQuery {
    PhysicalPlan plan;
    std::string logical;  // as bound; only where wanted
    std::string optimized;
    std::string trace;
  };
  // What EXPLAIN ANALYZE of a statement around a query wants of that query: its plan as it ran.
  struct Analysis {
    bool json = false;
    std::string plan;
  };

  BinderInput InputOfBinder();
  Result<BoundStatement> BindStatement(const syntax::Statement& statement);
  Result<std::unique_ptr<QueryResult>> RunBound(BoundStatement statement);
  Result<std::unique_ptr<QueryResult>> RunPrepared(const syntax::ExecuteStatement& statement);
  Result<ParameterValues> PreparedArguments(const syntax::ExecuteStatement& statement);
  Result<Value> PreparedArgument(const syntax::Expression& argument);

  Result<PlannedQuery> Plan(BoundQuery query, bool describe);
  Result<std::unique_ptr<ResultStream>> Start(PhysicalPlan plan);
  // Runs the query to its end, giving each batch to `take`.
  Status Drain(BoundQuery query, const std::function<Status(const Batch&)>& take);
  Status ReadAll(QueryResult& result, const std::function<Status(const Batch&)>& take);

  Result<std::unique_ptr<QueryResult>> RunQuery(BoundQuery query);
  Result<std::unique_ptr<QueryResult>> RunCreateTable(BoundCreateTable create);
  Result<std::unique_ptr<QueryResult>> RunInsert(BoundInsert insert);
  Result<std::unique_ptr<QueryResult>> RunCopyTo(BoundCopyTo copy);
  Result<std::unique_ptr<QueryResult>> RunSet(const BoundSet& set);
  Result<std::unique_ptr<QueryResult>> RunExplain(BoundExplain explain);
  Result<std::unique_ptr<QueryResult>> AnalyzeQuery(BoundQuery query, bool json);
  Result<std::string> Analyze(BoundStatement statement, bool json);

  // cached_queries.cc
  PlanSurroundings Surroundings() const;
  Result<std::unique_ptr<QueryResult>> StartFilled(const CachedPlan& plan);

  std::unique_ptr<QueryContext> NewContext() const;

  Connection& connection_;
  Database& database_;
  std::string_view sql_;
  const ParameterValues& parameters_;
  SettingValues settings_;
  const ExtensionSetPtr extensions_;
  QueryContext::Options options_;
  ColumnIdGenerator ids_;
  std::unique_ptr<PlanningContext> planning_context_;
  InterruptibleFileSystem planning_files_;
  std::optional<Analysis> analysis_;                 // where Drain's query is to be analysed
  std::optional<CancellationToken> outer_planning_;  // EXECUTE runs one statement inside another
};

}  // namespace trivet
