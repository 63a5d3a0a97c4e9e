// EXECUTE of prepared statements: the kept text is bound again with the arguments as parameters.
#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "session/statement_results.h"
#include "session/statement_runner.h"
#include "sql/binder/literal.h"
#include "sql/parser.h"
#include "sql/syntax/print.h"

namespace trivet {

namespace {

// An error of a statement that another text holds: the caret that it has there becomes part of the
// message, and its position in the text at hand is that of what named the other.
Status AtPosition(const Status& status, std::string message, size_t position) {
  return Status(status.code(), std::move(message))
      .WithFile(status.file(), status.file_offset())
      .WithHint(status.hint())
      .WithPosition(position);
}

Status InPreparedStatement(const Status& status, std::string_view name, std::string_view text,
                           size_t position) {
  if (!status.position()) return Status(status).WithPosition(position);
  const std::string rendered = status.Render(text);
  const std::string_view caret = std::string_view(rendered).substr(status.ToString().size());
  return AtPosition(status,
                    StrCat("in the prepared statement \"", name, "\": ", status.message(), caret),
                    position);
}

}  // namespace

Result<std::unique_ptr<QueryResult>> StatementRunner::RunPrepared(
    const syntax::ExecuteStatement& statement) {
  const auto found = connection_.prepared_.find(statement.name.text);
  if (found == connection_.prepared_.end()) {
    return Status::NotFound(StrCat("there is no prepared statement \"", statement.name.text, "\""))
        .WithPosition(statement.position);
  }
  const std::string text = found->second;
  TRIVET_ASSIGN_OR_RETURN(const ParameterValues arguments, PreparedArguments(statement));
  StatementRunner runner(connection_, text, arguments);
  const auto tell = [text, name = statement.name.text,
                     position = statement.position](const Status& status) {
    return InPreparedStatement(status, name, text, position);
  };
  Result<std::unique_ptr<QueryResult>> result = runner.RunCached();
  if (result.ok() && *result == nullptr) {
    TRIVET_ASSIGN_OR_RETURN(const syntax::StatementPtr prepared, ParseStatement(text));
    result = runner.RunAndKeep(*prepared);
  }
  if (!result.ok()) return tell(result.status());
  (*result)->TellErrors(tell);
  return result;
}

// Arguments are constant expressions: SELECT them, as it were, and read the row.
Result<ParameterValues> StatementRunner::PreparedArguments(
    const syntax::ExecuteStatement& statement) {
  ParameterValues values;
  for (const syntax::Argument& argument : statement.arguments) {
    Result<Value> value = PreparedArgument(*argument.value);
    if (!value.ok()) {  // its position is one in a text that nobody has seen
      return AtPosition(value.status(), value.status().message(), argument.value->position);
    }
    if (argument.name.empty()) {
      values.positional.push_back(std::move(value).value());
    } else {
      values.named[argument.name.text] = std::move(value).value();
    }
  }
  return values;
}

Result<Value> StatementRunner::PreparedArgument(const syntax::Expression& argument) {
  if (const auto* literal = argument.TryAs<syntax::LiteralExpression>()) {
    return binder::LiteralValue(*literal);
  }
  const std::string query = "SELECT " + syntax::ToString(argument);
  TRIVET_ASSIGN_OR_RETURN(const syntax::StatementPtr select, ParseStatement(query));
  StatementRunner runner(connection_, query, parameters_);
  TRIVET_ASSIGN_OR_RETURN(auto result, runner.Run(*select));
  Batch batch;
  TRIVET_RETURN_IF_ERROR(result->Next(batch).status());
  return batch.column(0).GetValue(0);
}

}  // namespace trivet
