// COPY … TO: the query's rows into a file, which appears only when all of them are in it.
#include "formats/file_writer.h"
#include "plan/logical_operators.h"
#include "session/statement_results.h"
#include "session/statement_runner.h"

namespace trivet {

namespace {

// Parquet has no integers of 128 bits, and its decimals stop at 38 digits: HUGEINT is written as
// DOUBLE, as the reference does.
void WriteHugeIntegersAsDoubles(BoundQuery& query, ColumnIdGenerator& ids) {
  std::vector<LogicalProject::Entry> entries;
  bool any = false;
  for (OutputColumn& column : query.columns) {
    ExpressionPtr expression = column.Reference();
    if (column.type.id() == TypeId::kInt128) {
      any = true;
      expression = Expression::Cast(std::move(expression), TypeId::kDouble);
      column = {ids.Next(), column.name, TypeId::kDouble};
    }
    entries.push_back({column, std::move(expression)});
  }
  if (any) {
    query.plan = std::make_unique<LogicalProject>(std::move(query.plan), std::move(entries));
  }
}

}  // namespace

Result<std::unique_ptr<QueryResult>> StatementRunner::RunCopyTo(BoundCopyTo copy) {
  if (copy.format == "parquet") WriteHugeIntegersAsDoubles(copy.query, ids_);
  FileWriterRequest request;
  request.path = copy.path;
  for (const OutputColumn& column : copy.query.columns) {
    request.columns.push_back({column.name, column.type});
  }
  request.options = copy.options;
  TRIVET_ASSIGN_OR_RETURN(auto writer, OpenFileWriter(copy.format, request, *planning_context_));
  uint64_t rows = 0;
  TRIVET_RETURN_IF_ERROR(Drain(std::move(copy.query), [&](const Batch& batch) {
    rows += batch.row_count();
    return writer->Write(batch);
  }));
  TRIVET_RETURN_IF_ERROR(writer->Close());
  return CountResult(rows);
}

}  // namespace trivet
