// EXECUTE of prepared statements: the kept text is bound again with the arguments as parameters.
#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "session/statement_results.h"
#include "session/statement_runner.h"
#include "sql/parser.h"
#include "sql/syntax/print.h"

namespace trivet {

Result<std::unique_ptr<QueryResult>> StatementRunner::RunPrepared(
    const syntax::ExecuteStatement& statement) {
  const auto found = connection_.prepared_.find(statement.name.text);
  if (found == connection_.prepared_.end()) {
    return Status::NotFound(StrCat("there is no prepared statement \"", statement.name.text, "\""))
        .WithPosition(statement.position);
  }
  const std::string text = found->second;
  TRIVET_ASSIGN_OR_RETURN(const syntax::StatementPtr prepared, ParseStatement(text));
  TRIVET_ASSIGN_OR_RETURN(const ParameterValues arguments, PreparedArguments(statement, *prepared));
  StatementRunner runner(connection_, text, arguments);
  return runner.Run(*prepared);
}

// Arguments are constant expressions: SELECT them, as it were, and read the row.
Result<ParameterValues> StatementRunner::PreparedArguments(
    const syntax::ExecuteStatement& statement, const syntax::Statement&) {
  ParameterValues values;
  for (const syntax::Argument& argument : statement.arguments) {
    const std::string query = "SELECT " + syntax::ToString(*argument.value);
    TRIVET_ASSIGN_OR_RETURN(const syntax::StatementPtr select, ParseStatement(query));
    StatementRunner runner(connection_, query, parameters_);
    TRIVET_ASSIGN_OR_RETURN(auto result, runner.Run(*select));
    Batch batch;
    TRIVET_RETURN_IF_ERROR(result->Next(batch).status());
    Value value = batch.column(0).GetValue(0);
    if (argument.name.empty()) {
      values.positional.push_back(std::move(value));
    } else {
      values.named[argument.name.text] = std::move(value);
    }
  }
  return values;
}

}  // namespace trivet
