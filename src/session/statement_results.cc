#include "session/statement_results.h"

namespace trivet {

namespace {
std::unique_ptr<QueryResult> OneBatch(ResultKind kind, std::vector<ResultColumn> columns,
                                      const std::vector<std::vector<Value>>& rows) {
  std::vector<LogicalType> types;
  for (const ResultColumn& column : columns) types.push_back(column.type);
  Batch batch = Batch::MakeFlat(types, rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t j = 0; j < columns.size(); ++j) batch.mutable_column(j).SetValue(i, rows[i][j]);
  }
  batch.set_row_count(rows.size());
  return std::make_unique<QueryResult>(kind, std::move(columns),
                                       std::vector<Batch>{std::move(batch)});
}
}  // namespace

std::unique_ptr<QueryResult> NothingResult() {
  return std::make_unique<QueryResult>(ResultKind::kNothing, std::vector<ResultColumn>(),
                                       std::vector<Batch>());
}

std::unique_ptr<QueryResult> CountResult(uint64_t rows) {
  return OneBatch(ResultKind::kChanged, {{"Count", TypeId::kInt64}},
                  {{Value::Int64(static_cast<int64_t>(rows))}});
}

std::unique_ptr<QueryResult> TextResult(
    const std::vector<std::pair<std::string, std::string>>& rows) {
  std::vector<std::vector<Value>> values;
  for (const auto& [key, text] : rows)
    values.push_back({Value::Varchar(key), Value::Varchar(text)});
  return OneBatch(ResultKind::kRows,
                  {{"explain_key", TypeId::kVarchar}, {"explain_value", TypeId::kVarchar}}, values);
}

CurrentResult::CurrentResult(Connection& connection, QueryResult& result)
    : connection_(connection) {
  connection_.SetRunning(&result);
}

CurrentResult::~CurrentResult() { connection_.SetRunning(nullptr); }

}  // namespace trivet
