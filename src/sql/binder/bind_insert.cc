#include <algorithm>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "sql/binder/conversion.h"
#include "sql/binder/statement_binder.h"
#include "sql/binder/table_binder.h"

namespace trivet::binder {

namespace {

Status NoSuchColumn(const CatalogEntry& entry, const std::string& name, size_t position) {
  std::vector<std::string> names;
  for (const ColumnDefinition& column : entry.table->columns()) names.push_back(column.name);
  Status status = Status::InvalidInput(StrCat("Table \"", entry.name,
                                              "\" does not have a column with name \"", name, "\""))
                      .WithPosition(position);
  const std::string nearest = NearestName(name, names);
  if (nearest.empty()) return status;
  return std::move(status).WithHint(StrCat("Did you mean \"", nearest, "\"?"));
}

Status RejectUnsupported(const syntax::InsertStatement& statement) {
  if (statement.or_clause == syntax::OnConflictClause::kReplace) {
    return Unsupported("INSERT OR REPLACE is", statement.position);
  }
  if (statement.or_clause == syntax::OnConflictClause::kIgnore) {
    return Unsupported("INSERT OR IGNORE is", statement.position);
  }
  if (statement.on_conflict) return Unsupported("ON CONFLICT is", statement.on_conflict->position);
  if (!statement.returning.empty()) {
    return Unsupported("RETURNING is", statement.returning[0].position);
  }
  return Status::OK();
}

}  // namespace

Result<CatalogEntryPtr> StatementBinder::FindTarget(const syntax::QualifiedName& name) {
  TRIVET_ASSIGN_OR_RETURN(const CatalogName resolved, ResolveCatalogName(name));
  Result<CatalogEntryPtr> entry = state_.input().catalog->Lookup(resolved);
  if (!entry.ok()) return std::move(entry).status().WithPosition(name.back().position);
  if ((*entry)->is_view()) {
    return Status::InvalidInput(StrCat((*entry)->name, " is a view: only tables take rows"))
        .WithPosition(name.back().position);
  }
  if (dynamic_cast<const MemoryTable*>((*entry)->table.get()) == nullptr) {
    return Status::InvalidInput(StrCat((*entry)->name, " is not a table that takes rows"))
        .WithPosition(name.back().position);
  }
  return entry;
}

Result<std::vector<size_t>> StatementBinder::TargetColumns(
    const std::vector<syntax::Identifier>& names, const CatalogEntry& entry) {
  const auto& columns = entry.table->columns();
  std::vector<size_t> targets;
  for (const syntax::Identifier& name : names) {
    size_t place = 0;
    while (place < columns.size() && !syntax::EqualIgnoringCase(columns[place].name, name.text)) {
      ++place;
    }
    if (place == columns.size()) return NoSuchColumn(entry, name.text, name.position);
    if (std::ranges::find(targets, place) != targets.end()) {
      return Status::InvalidInput(StrCat("Duplicate column name \"", name.text, "\" in INSERT"))
          .WithPosition(name.position);
    }
    targets.push_back(place);
  }
  if (!names.empty()) return targets;
  for (size_t i = 0; i < columns.size(); ++i) targets.push_back(i);
  return targets;
}

Result<BoundStatement> StatementBinder::BindInsert(const syntax::InsertStatement& statement) {
  TRIVET_RETURN_IF_ERROR(RejectUnsupported(statement));
  TRIVET_ASSIGN_OR_RETURN(const CatalogEntryPtr entry, FindTarget(statement.table));
  TRIVET_ASSIGN_OR_RETURN(std::vector<size_t> targets, TargetColumns(statement.columns, *entry));
  if (statement.query == nullptr) {  // DEFAULT VALUES
    auto one_row = std::make_unique<LogicalValues>();
    one_row->rows.emplace_back();
    return InsertInto(*entry, {}, {std::move(one_row), {}}, statement.position);
  }
  InsertTarget target;
  for (size_t column : targets) {
    target.types.push_back(entry->table->columns()[column].type);
    target.defaults.push_back(column < entry->defaults.size() ? entry->defaults[column] : nullptr);
  }
  const bool is_values =
      statement.query->kind == syntax::QueryKind::kValues && statement.query->with.empty();
  if (is_values) state_.set_insert_target(&target);
  Result<BoundQuery> query = queries_.Bind(*statement.query, nullptr, nullptr);
  state_.set_insert_target(nullptr);
  if (!query.ok()) return std::move(query).status();
  if (statement.by_name) {
    std::vector<syntax::Identifier> names;
    for (const OutputColumn& column : query->columns) {
      names.push_back({column.name, statement.query->position});
    }
    TRIVET_ASSIGN_OR_RETURN(targets, TargetColumns(names, *entry));
  }
  return InsertInto(*entry, targets, std::move(query).value(), statement.query->position);
}

// A projection of the query to all columns of the table: cast, or the default where not given.
Result<BoundStatement> StatementBinder::InsertInto(const CatalogEntry& entry,
                                                   const std::vector<size_t>& targets,
                                                   BoundQuery query, size_t position) {
  const auto& columns = entry.table->columns();
  if (query.columns.size() != targets.size()) {
    return Status::InvalidInput(StrCat("table \"", entry.name, "\" has ", targets.size(),
                                       " columns but ", query.columns.size(),
                                       " values were supplied"))
        .WithPosition(position);
  }
  std::vector<ExpressionPtr> expressions;
  std::vector<OutputColumn> outputs;
  for (size_t i = 0; i < columns.size(); ++i) {
    ExpressionPtr value;
    const auto place = std::ranges::find(targets, i);
    if (place != targets.end()) {
      const OutputColumn& source = query.columns[place - targets.begin()];
      Result<ExpressionPtr> cast = AssignTo(source.Reference(), columns[i].type);
      if (!cast.ok()) return std::move(cast).status().WithPosition(position);
      value = std::move(cast).value();
    } else if (i < entry.defaults.size() && entry.defaults[i] != nullptr) {
      value = entry.defaults[i];
    } else {
      value = Expression::Constant(Value::Null(columns[i].type));
    }
    outputs.push_back({kInvalidColumn, columns[i].name, columns[i].type});
    expressions.push_back(std::move(value));
  }
  query.plan = ProjectColumns(std::move(query.plan), expressions, outputs, state_.ids());
  query.columns = std::move(outputs);
  BoundInsert bound;
  bound.table = {entry.schema, entry.name};
  bound.columns = columns;
  bound.query = std::move(query);
  return BoundStatement{std::move(bound)};
}

}  // namespace trivet::binder
