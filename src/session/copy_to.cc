// COPY … TO: the query's rows into a file.
#include "session/statement_results.h"
#include "session/statement_runner.h"

namespace trivet {

Result<std::unique_ptr<QueryResult>> StatementRunner::RunCopyTo(BoundCopyTo copy) {
  return Status::NotImplemented("COPY TO format " + copy.format);
}

}  // namespace trivet
