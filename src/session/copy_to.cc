// COPY … TO: the query's rows into a file, which appears only when all of them are in it.
#include "formats/file_writer.h"
#include "session/statement_results.h"
#include "session/statement_runner.h"

namespace trivet {

Result<std::unique_ptr<QueryResult>> StatementRunner::RunCopyTo(BoundCopyTo copy) {
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
