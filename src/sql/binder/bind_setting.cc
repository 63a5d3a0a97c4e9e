#include "base/string_concat.h"
#include "sql/binder/statement_binder.h"
#include "sql/binder/system_tables.h"
#include "sql/binder/table_binder.h"
#include "sql/syntax/compare.h"

namespace trivet::binder {

Result<BoundStatement> StatementBinder::BindSet(const syntax::SetStatement& statement) {
  if (statement.scope == syntax::SetScope::kVariable) {
    return Unsupported("SET VARIABLE is", statement.position);
  }
  BoundSet bound;
  bound.name = syntax::LowerCase(statement.name.text);
  if (statement.reset) return BoundStatement{std::move(bound)};
  if (statement.values.size() != 1) {
    return Unsupported("a list of values for a setting is", statement.position);
  }
  const syntax::Expression& value = *statement.values[0];
  if (value.kind != syntax::ExpressionKind::kDefault) {
    TRIVET_ASSIGN_OR_RETURN(bound.value, BindConstant(value, "SET statement"));
  }
  return BoundStatement{std::move(bound)};
}

Result<BoundStatement> StatementBinder::PragmaTableInfo(const syntax::PragmaStatement& statement) {
  if (statement.arguments.size() != 1) {
    return Status::InvalidInput("PRAGMA table_info takes the name of a table");
  }
  TRIVET_ASSIGN_OR_RETURN(const Value name,
                          BindConstant(*statement.arguments[0].value, "PRAGMA statement"));
  if (name.is_null() || name.type().id() != TypeId::kVarchar) {
    return Status::InvalidInput("PRAGMA table_info takes the name of a table");
  }
  syntax::NamedTable table;
  table.name = {{name.string(), statement.position}};
  table.position = statement.position;
  TableBinder tables(state_, queries_, nullptr);
  TRIVET_ASSIGN_OR_RETURN(const BoundTable bound, tables.Bind(table, nullptr));
  const CatalogEntryPtr entry = state_.input().catalog->Find({"", name.string()});
  std::vector<std::vector<Value>> rows;
  for (const StarColumn& column : bound.scope.star()) {
    const size_t i = rows.size();
    const bool not_null = entry && !entry->is_view() && entry->table->columns()[i].not_null;
    const bool has_default = entry && i < entry->defaults.size() && entry->defaults[i];
    rows.push_back({Value::Int32(static_cast<int32_t>(i)), Value::Varchar(column.name),
                    Value::Varchar(column.expression->type().ToString()), Value::Boolean(not_null),
                    has_default ? Value::Varchar(entry->defaults[i]->ToString())
                                : Value::Null(TypeId::kVarchar),
                    Value::Boolean(false)});
  }
  const LogicalType text(TypeId::kVarchar);
  return BoundStatement{ConstantRows({{"cid", TypeId::kInt32},
                                      {"name", text},
                                      {"type", text},
                                      {"notnull", TypeId::kBoolean},
                                      {"dflt_value", text},
                                      {"pk", TypeId::kBoolean}},
                                     std::move(rows), state_.ids())};
}

Result<BoundStatement> StatementBinder::BindPragma(const syntax::PragmaStatement& statement) {
  const std::string name = syntax::LowerCase(statement.name.text);
  if (statement.is_assignment) {
    if (statement.arguments.size() != 1) {
      return Status::InvalidInput("PRAGMA name = value takes one value");
    }
    BoundSet bound;
    bound.name = name;
    TRIVET_ASSIGN_OR_RETURN(bound.value,
                            BindConstant(*statement.arguments[0].value, "PRAGMA statement"));
    return BoundStatement{std::move(bound)};
  }
  if (name == "table_info") return PragmaTableInfo(statement);
  if (statement.arguments.empty()) {
    TRIVET_ASSIGN_OR_RETURN(std::optional<BoundQuery> listing,
                            BindSystemFunction("pragma_" + name, state_));
    if (listing) return BoundStatement{std::move(*listing)};
    if (name == "show_tables") {
      syntax::ShowTable show;
      show.show = syntax::ShowKind::kTables;
      TableBinder tables(state_, queries_, nullptr);
      TRIVET_ASSIGN_OR_RETURN(BoundTable bound, tables.Bind(show, nullptr));
      BoundQuery query;
      query.columns = bound.plan->Columns();
      query.plan = std::move(bound.plan);
      return BoundStatement{std::move(query)};
    }
  }
  return Unsupported(StrCat("PRAGMA ", statement.name.text, " is"), statement.position);
}

Result<BoundStatement> StatementBinder::BindExplain(const syntax::ExplainStatement& statement) {
  BoundExplain bound;
  bound.analyze = statement.analyze;
  for (const syntax::Option& option : statement.options) {
    const std::string name = syntax::LowerCase(option.name.text);
    if (name == "analyze" && option.values.empty()) {
      bound.analyze = true;
      continue;
    }
    if (name != "format" || option.values.size() != 1) {
      return Unsupported(StrCat("the option ", option.name.text, " of EXPLAIN is"),
                         option.name.position);
    }
    TRIVET_ASSIGN_OR_RETURN(const Value value, BindConstant(*option.values[0], "EXPLAIN option"));
    const std::string format = value.is_null() ? "" : syntax::LowerCase(value.ToString());
    if (format != "json" && format != "text" && format != "default") {
      return Unsupported(StrCat("the format ", format, " of EXPLAIN is"), option.name.position);
    }
    bound.json = format == "json";
  }
  if (statement.statement->kind == syntax::StatementKind::kExplain) {
    return Status::InvalidInput("EXPLAIN cannot explain an EXPLAIN")
        .WithPosition(statement.statement->position);
  }
  TRIVET_ASSIGN_OR_RETURN(BoundStatement inner, BindKind(*statement.statement));
  bound.statement = std::make_unique<BoundStatement>(std::move(inner));
  return BoundStatement{std::move(bound)};
}

// CALL f(...): the rows of a table function.
Result<BoundStatement> StatementBinder::BindCall(const syntax::FunctionExpression& function,
                                                 size_t position) {
  syntax::FunctionTable table;
  table.position = position;
  table.function = std::make_unique<syntax::FunctionExpression>();
  table.function->name = function.name;
  table.function->position = function.position;
  for (const syntax::Argument& argument : function.arguments) {
    table.function->arguments.push_back({argument.name, syntax::Clone(*argument.value)});
  }
  TableBinder tables(state_, queries_, nullptr);
  TRIVET_ASSIGN_OR_RETURN(BoundTable bound, tables.Bind(table, nullptr));
  BoundQuery query;
  query.columns = bound.plan->Columns();
  query.plan = std::move(bound.plan);
  return BoundStatement{std::move(query)};
}

}  // namespace trivet::binder
