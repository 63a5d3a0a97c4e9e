#include "sql/binder/show_binder.h"

#include <algorithm>

#include "base/string_concat.h"
#include "sql/binder/system_tables.h"
#include "sql/binder/table_binder.h"
#include "sql/parser.h"
#include "sql/syntax/print.h"

namespace trivet::binder {

namespace {

using ColumnList = std::vector<std::pair<std::string, LogicalType>>;

Value Text(std::string text) { return Value::Varchar(std::move(text)); }
Value NoText() { return Value::Null(TypeId::kVarchar); }

// DESCRIBE: a row for each column; a table's own columns also tell NOT NULL and defaults.
BoundQuery DescribeColumns(const std::vector<OutputColumn>& columns, const CatalogEntry* table,
                           ColumnIdGenerator& ids) {
  std::vector<std::vector<Value>> rows;
  for (size_t i = 0; i < columns.size(); ++i) {
    const bool not_null = table != nullptr && table->table->columns()[i].not_null;
    const bool has_default =
        table != nullptr && i < table->defaults.size() && table->defaults[i] != nullptr;
    rows.push_back({Text(columns[i].name), Text(columns[i].type.ToString()),
                    Text(not_null ? "NO" : "YES"), NoText(),
                    has_default ? Text(table->defaults[i]->ToString()) : NoText(), NoText()});
  }
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"column_name", text},
                       {"column_type", text},
                       {"null", text},
                       {"key", text},
                       {"default", text},
                       {"extra", text}},
                      std::move(rows), ids);
}

// SHOW x where x is no table: the setting's value.
std::optional<BoundQuery> ShowSetting(const syntax::ShowTable& show, StatementState& state) {
  if (show.name.size() != 1 || state.input().settings == nullptr) return std::nullopt;
  for (const SettingsView::Setting& setting : state.input().settings->List()) {
    if (!syntax::EqualIgnoringCase(setting.name, show.name[0].text)) continue;
    return ConstantRows({{setting.name, setting.value.type()}}, {{setting.value}}, state.ids());
  }
  return std::nullopt;
}

Result<BoundQuery> Describe(const syntax::ShowTable& show, StatementState& state,
                            QueryBinder& queries, CteFrame* ctes) {
  CatalogEntryPtr entry;
  if (!show.name.empty()) {
    TRIVET_ASSIGN_OR_RETURN(const CatalogName name, ResolveCatalogName(show.name));
    entry = state.input().catalog->Find(name);
    if (entry == nullptr) {
      std::optional<BoundQuery> setting = ShowSetting(show, state);
      if (setting) return std::move(*setting);
    }
  }
  TRIVET_ASSIGN_OR_RETURN(BoundQuery query, queries.Bind(*show.query, nullptr, ctes));
  const bool is_table = entry != nullptr && !entry->is_view() &&
                        entry->table->columns().size() == query.columns.size();
  return DescribeColumns(query.columns, is_table ? entry.get() : nullptr, state.ids());
}

std::string ColumnNameList(const CatalogEntry& entry, bool types) {
  std::string text = "[";
  if (!entry.is_view()) {
    for (const ColumnDefinition& column : entry.table->columns()) {
      text += StrCat(text.size() > 1 ? ", " : "", types ? column.type.ToString() : column.name);
    }
  }
  return text + "]";
}

BoundQuery ShowTables(const syntax::ShowTable& show, StatementState& state) {
  std::vector<std::vector<Value>> rows;
  std::vector<std::string> names;
  for (const CatalogEntryPtr& entry : state.input().catalog->List()) {
    const bool asked =
        show.name.empty() || syntax::EqualIgnoringCase(entry->schema, show.name.back().text);
    if (asked) names.push_back(entry->name);
  }
  std::ranges::sort(names);
  for (std::string& name : names) rows.push_back({Text(std::move(name))});
  return ConstantRows({{"name", TypeId::kVarchar}}, std::move(rows), state.ids());
}

BoundQuery ShowAllTables(StatementState& state) {
  std::vector<std::vector<Value>> rows;
  for (const CatalogEntryPtr& entry : state.input().catalog->List()) {
    const bool temporary = entry->schema == Catalog::kTemporarySchema;
    rows.push_back({Text(temporary ? "temp" : Catalog::kDatabase), Text("main"), Text(entry->name),
                    Text(ColumnNameList(*entry, false)), Text(ColumnNameList(*entry, true)),
                    Value::Boolean(temporary)});
  }
  const LogicalType text(TypeId::kVarchar);
  return ConstantRows({{"database", text},
                       {"schema", text},
                       {"name", text},
                       {"column_names", text},
                       {"column_types", text},
                       {"temporary", TypeId::kBoolean}},
                      std::move(rows), state.ids());
}

}  // namespace

Result<BoundQuery> BindShow(const syntax::ShowTable& show, StatementState& state,
                            QueryBinder& queries, CteFrame* ctes) {
  const LogicalType text(TypeId::kVarchar);
  switch (show.show) {
    case syntax::ShowKind::kDescribe: return Describe(show, state, queries, ctes);
    case syntax::ShowKind::kSummarize: return BindSummarize(*show.query, state, queries, ctes);
    case syntax::ShowKind::kTables: return ShowTables(show, state);
    case syntax::ShowKind::kAllTables: return ShowAllTables(state);
    case syntax::ShowKind::kDatabases:
      return ConstantRows({{"database_name", text}}, {{Text(Catalog::kDatabase)}}, state.ids());
    case syntax::ShowKind::kSchemas:
      return ConstantRows({{"database_name", text}, {"schema_name", text}},
                          {{Text(Catalog::kDatabase), Text("main")}, {Text("temp"), Text("main")}},
                          state.ids());
    case syntax::ShowKind::kVariables: return Unsupported("SHOW VARIABLES is", show.position);
  }
  return Status::Internal("unknown kind of SHOW");
}

namespace {

// The aggregates of one column, each named by its place: a<column>_<aggregate>.
struct SummaryColumn {
  std::string name;
  std::string expression;  // over c<column>; empty: always NULL
  std::string type;
};

std::vector<SummaryColumn> SummaryOf(const LogicalType& type, const std::string& column,
                                     const FunctionRegistry& functions) {
  const bool ordered = !type.IsNested() && !type.IsNull();
  const bool numeric = type.IsNumeric();
  const bool quantiles = numeric || (type.IsTemporal() && type.id() != TypeId::kInterval);
  const std::string unique = functions.HasAggregate("approx_count_distinct")
                                 ? StrCat("approx_count_distinct(", column, ")")
                                 : StrCat("count(DISTINCT ", column, ")");
  const std::string quantile =
      functions.HasAggregate("approx_quantile") ? "approx_quantile" : "quantile_disc";
  const auto quantile_of = [&](const char* part) {
    return quantiles ? StrCat(quantile, "(", column, ", ", part, ")") : "";
  };
  return {
      {"min", ordered ? StrCat("min(", column, ")") : "", "VARCHAR"},
      {"max", ordered ? StrCat("max(", column, ")") : "", "VARCHAR"},
      {"approx_unique", ordered ? unique : "", "BIGINT"},
      {"avg", numeric ? StrCat("avg(", column, ")") : "", "VARCHAR"},
      {"std", numeric ? StrCat("stddev(CAST(", column, " AS DOUBLE))") : "", "VARCHAR"},
      {"q25", quantile_of("0.25"), "VARCHAR"},
      {"q50", quantile_of("0.5"), "VARCHAR"},
      {"q75", quantile_of("0.75"), "VARCHAR"},
      {"count", "count(*)", "BIGINT"},
      {"null_percentage", StrCat("100.0 * (count(*) - count(", column, ")) / nullif(count(*), 0)"),
       "DECIMAL(9,2)"},
  };
}

}  // namespace

Result<BoundQuery> BindSummarize(const syntax::Query& query, StatementState& state,
                                 QueryBinder& queries, CteFrame* ctes) {
  // Bound once for its columns; the text over it then reads the rows in one pass, whose one row of
  // results is dealt out to a row for each column.
  TRIVET_ASSIGN_OR_RETURN(BoundQuery probe, queries.Bind(query, nullptr, ctes));
  MakeNamesUnique(probe.columns);
  std::string aggregates;
  std::string names;
  std::string rows;
  for (size_t i = 0; i < probe.columns.size(); ++i) {
    const std::string column = StrCat("c", i);
    names += StrCat(i > 0 ? ", " : "", column);
    rows += StrCat(i > 0 ? " UNION ALL " : "", "SELECT ",
                   syntax::QuoteString(probe.columns[i].name), " AS column_name, ",
                   syntax::QuoteString(probe.columns[i].type.ToString()), " AS column_type");
    const auto summary = SummaryOf(probe.columns[i].type, column, *state.input().functions);
    for (size_t j = 0; j < summary.size(); ++j) {
      const std::string place = StrCat("a", i, "_", j);
      if (!summary[j].expression.empty()) {
        aggregates += StrCat(aggregates.empty() ? "" : ", ", summary[j].expression, " AS ", place);
      }
      rows += StrCat(", CAST(", summary[j].expression.empty() ? "NULL" : place, " AS ",
                     summary[j].type, ") AS \"", summary[j].name, "\"");
    }
    rows += " FROM summary";
  }
  const std::string sql = StrCat("WITH summary AS MATERIALIZED (SELECT ", aggregates, " FROM (",
                                 syntax::ToString(query), ") AS source(", names, ")) ", rows);
  TRIVET_ASSIGN_OR_RETURN(syntax::StatementPtr statement, ParseStatement(sql));
  return queries.Bind(*statement->As<syntax::QueryStatement>().query, nullptr, ctes);
}

}  // namespace trivet::binder
